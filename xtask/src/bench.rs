//! Measures the Worker against its peers: installs and builds everything, and runs the benchmark.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::{Session, install, locked, worker};

/// The benchmark's own command line, read here as well: a mistake in it must be known before minutes of building.
#[path = "../../bench/src/arguments.rs"]
#[expect(dead_code, reason = "only whether the options are understood")]
mod arguments;

pub use arguments::HELP;

/// Checks the benchmark's arguments, and returns them as they are. Returns `None` if help is requested.
pub fn parse(parser: &mut lexopt::Parser) -> Result<Option<Vec<OsString>>> {
    let arguments: Vec<_> = parser.raw_args()?.collect();
    let options = arguments::parse(arguments.iter().cloned())?;
    Ok(options.map(|_understood| arguments))
}

/// The time limit for a benchmark.
const LIMIT: Duration = Duration::from_hours(2);

/// Runs `cargo xtask bench`, with the benchmark's own arguments.
pub fn run(session: &Session, arguments: &[OsString]) -> Result<ExitCode> {
    worker::build(session)?;
    let tools = install::cargo_tools(session)?;
    let worker_build = install::worker_build(session)?;
    let workspace = &session.workspace;
    let mut command = workspace.cargo();
    command
        .args([
            "run",
            "--quiet",
            "--profile",
            "load",
            "--package",
            "bench",
            "--",
        ])
        .args(arguments)
        .env("PATH", workspace.path_with_node()?)
        .env("WORKER_BUILD_BIN", worker_build)
        .env("WORKER_VERSION", locked::version(workspace, "worker")?)
        .env("WASM_BINDGEN_BIN", tools.wasm_bindgen)
        .env("WASM_OPT_BIN", workspace.npm_program("wasm-opt"))
        .env("ESBUILD_BIN", workspace.npm_program("esbuild"));
    let status = session
        .processes
        .run(&mut command, LIMIT)
        .context("cannot run the benchmark")?;
    if !status.is_some_and(|status| status.success()) {
        bail!("the benchmark has failed: its reason is above");
    }
    Ok(ExitCode::SUCCESS)
}
