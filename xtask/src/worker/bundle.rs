//! Makes the bundle of the compiled crate: worker-build writes the JavaScript around it, wasm-opt makes it small.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{size, worker_environment};
use crate::Session;
use crate::install::BuildTools;
use crate::workspace::create;

/// How wasm-opt is run. The features are those that worker-build gives it: what rustc emits by default and what
/// wasm-bindgen needs, since others might not be known to the runtime.
pub const OPTIMISATIONS: [&str; 9] = [
    "-O",
    // The functions' names are a sixth of the bundle, and a panic tells its place without them.
    "--strip-debug",
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-reference-types",
    "--enable-exception-handling",
];

/// Makes the bundle and puts its files into a directory. It is complete before the first file is put there, since
/// wrangler reloads at each change.
pub fn make(session: &Session, tools: &BuildTools, directory: &Path) -> Result<()> {
    let state = session.workspace.state()?;
    let staging = state.join("bundle");
    if staging.exists() {
        // Left by a run that was interrupted: nobody else builds while we hold the lock, and worker-build would wait.
        fs::remove_dir_all(&staging)
            .with_context(|| format!("cannot remove {}", staging.display()))?;
    }
    wrap(session, tools, &staging, &state.join("worker-bundle.log"))?;
    optimise(session, &staging, &state.join("worker-optimise.log"))?;
    create(directory)?;
    for name in size::FILES {
        let file = directory.join(name);
        // A copy first: Cargo's target directory may lie on another file system. The rename is atomic.
        let copy = directory.join(format!(".{name}"));
        fs::copy(staging.join(name), &copy)
            .and_then(|_bytes| fs::rename(&copy, &file))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

fn wrap(session: &Session, tools: &BuildTools, staging: &Path, log: &Path) -> Result<()> {
    let workspace = &session.workspace;
    let mut command = Command::new(&tools.worker_build);
    command
        // Without its own wasm-opt, which is told to keep all names.
        .args(["--release", "--no-opt", "--out-dir"])
        .arg(staging)
        .current_dir(workspace.root())
        .env("WASM_BINDGEN_BIN", &tools.wasm_bindgen)
        .env("ESBUILD_BIN", workspace.npm_program("esbuild"));
    worker_environment(session, &mut command)?;
    let hint = "What worker-build printed is above.";
    let title = "bundling the Worker";
    session.steps.run(title, &mut command, log, hint)
}

fn optimise(session: &Session, staging: &Path, log: &Path) -> Result<()> {
    let module = staging.join("index_bg.wasm");
    let mut command = Command::new(session.workspace.npm_program("wasm-opt"));
    command
        .arg(&module)
        .arg("--output")
        .arg(&module)
        .args(OPTIMISATIONS);
    worker_environment(session, &mut command)?;
    let hint = "What wasm-opt printed is above.";
    let title = "optimising the Worker";
    session.steps.run(title, &mut command, log, hint)
}
