//! The stages that use only cargo: format, lints, and the tests on the host.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::counts::{self, Counts};
use super::summary::Kind;
use crate::steps::read_lossy;
use crate::{Session, worker};

/// Runs `cargo fmt --check`.
pub fn format(session: &Session) -> Result<()> {
    let mut command = session.workspace.cargo();
    command.args(["fmt", "--all", "--check"]);
    let hint = "`cargo fmt` fixes it.";
    session.steps.run(
        "checking the format",
        &mut command,
        &log(session, "format")?,
        hint,
    )
}

/// Runs Clippy on everything that runs on the host.
pub fn lint_host(session: &Session) -> Result<()> {
    let mut command = session.workspace.cargo();
    command.args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]);
    let hint = "`cargo clippy --workspace --all-targets` shows it again.";
    session
        .steps
        .run("linting", &mut command, &log(session, "lint")?, hint)
}

/// Runs Clippy on the Worker as deployed: parts of it exist only there.
pub fn lint_worker(session: &Session) -> Result<()> {
    let mut command = worker::cargo(session);
    command.args([
        "clippy",
        "--quiet",
        "--lib",
        "--target",
        "wasm32-unknown-unknown",
        "--",
        "-D",
        "warnings",
    ]);
    let hint = "`cargo clippy --target wasm32-unknown-unknown` shows it again.";
    let log = log(session, "lint-worker")?;
    session
        .steps
        .run("linting the Worker as Wasm", &mut command, &log, hint)
}

/// The package that proves the ledger, run separately so that its tests are counted separately.
const SIMULATION: &str = "simulation";

/// Runs `cargo test` for everything except the simulation.
pub fn units(session: &Session, filter: Option<&str>) -> Result<(Kind, Counts)> {
    let mut command = session.workspace.cargo();
    command.args([
        "test",
        "--no-fail-fast",
        "--workspace",
        "--exclude",
        SIMULATION,
    ]);
    let title = "running unit tests";
    test(
        session,
        Kind::Unit,
        title,
        command.args(filter),
        &log(session, "units")?,
    )
}

/// Runs `cargo test` for the simulation.
pub fn simulation(session: &Session, filter: Option<&str>) -> Result<(Kind, Counts)> {
    let mut command = session.workspace.cargo();
    command.args(["test", "--no-fail-fast", "--package", SIMULATION]);
    let title = "running the simulation";
    test(
        session,
        Kind::Simulation,
        title,
        command.args(filter),
        &log(session, "simulation")?,
    )
}

fn test(
    session: &Session,
    kind: Kind,
    title: &str,
    command: &mut Command,
    log: &Path,
) -> Result<(Kind, Counts)> {
    let step = session.steps.begin(title);
    let failure = session.steps.run_logged(command, log)?;
    let output = read_lossy(log);
    let counts = counts::of_cargo(&output).with_exit(failure.is_none());
    match failure {
        None => step.done_with(&counts.to_string()),
        Some(how) => {
            step.failed();
            session
                .steps
                .print(&format!("{output}\nerror: {title} failed ({how})"));
        }
    }
    Ok((kind, counts))
}

fn log(session: &Session, stage: &str) -> Result<PathBuf> {
    Ok(session.workspace.state()?.join(format!("{stage}.log")))
}
