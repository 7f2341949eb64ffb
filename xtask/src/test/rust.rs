//! The stages that cargo runs by itself: format, lints, and the tests on the host.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::counts::{self, Binary, Counts};
use super::summary::Kind;
use crate::Session;
use crate::steps::read_lossy;

/// `cargo fmt --check`.
pub fn format(session: &Session) -> Result<()> {
    let mut command = cargo(session);
    command.args(["fmt", "--all", "--check"]);
    let hint = "`cargo fmt` mends it.";
    session.steps.run(
        "checking the format",
        &mut command,
        &log(session, "format")?,
        hint,
    )
}

/// Clippy over everything that runs on the host.
pub fn lint_host(session: &Session) -> Result<()> {
    let mut command = cargo(session);
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

/// Clippy over the Worker as it is deployed: parts of it exist only there.
pub fn lint_worker(session: &Session) -> Result<()> {
    let mut command = cargo(session);
    command
        .args([
            "clippy",
            "--quiet",
            "--lib",
            "--target",
            "wasm32-unknown-unknown",
            "--",
            "-D",
            "warnings",
        ])
        .env("WASM_BINDGEN_USE_JS_SYS", "1");
    let hint = "`cargo clippy --target wasm32-unknown-unknown` shows it again.";
    let log = log(session, "lint-worker")?;
    session
        .steps
        .run("linting the Worker as Wasm", &mut command, &log, hint)
}

/// `cargo test`: unit tests and the simulation.
pub fn test(session: &Session, filter: Option<&str>) -> Result<Vec<(Kind, Counts)>> {
    let mut command = cargo(session);
    command
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(filter);
    let log = log(session, "cargo-test")?;
    let step = session.steps.begin("running unit tests and the simulation");
    let failure = session.steps.run_logged(&mut command, &log)?;
    let output = read_lossy(&log);
    let binaries = counts::of_cargo(&output);
    let total: Counts = binaries.iter().map(|binary| binary.counts).sum();
    let mut results: Vec<_> = binaries
        .iter()
        .map(|binary| (kind(binary), binary.counts))
        .collect();
    match failure {
        None => step.done_with(&total.to_string()),
        Some(how) => {
            step.failed();
            session
                .steps
                .print(&format!("{output}\nerror: `cargo test` failed ({how})"));
            if total.with_exit(false) != total {
                results.push((Kind::Unit, Counts::FAILED));
            }
        }
    }
    Ok(results)
}

fn kind(binary: &Binary) -> Kind {
    if binary.name.contains("simulation") {
        Kind::Simulation
    } else {
        Kind::Unit
    }
}

fn cargo(session: &Session) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(session.workspace.root());
    command
}

fn log(session: &Session, stage: &str) -> Result<PathBuf> {
    Ok(session.workspace.state()?.join(format!("{stage}.log")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_s_source_tells_its_kind() {
        let cases = [
            ("unittests src/lib.rs", Kind::Unit),
            ("tests/simulation.rs", Kind::Simulation),
            ("Doc-tests participant_remover", Kind::Unit),
        ];
        for (name, expected) in cases {
            let binary = Binary {
                name: name.to_owned(),
                counts: Counts::PASSED,
            };
            assert_eq!(kind(&binary), expected, "{name}");
        }
    }
}
