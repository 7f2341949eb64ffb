//! Builds the Worker into `build/`. This is also wrangler's `[build] command`, so it does nothing when nothing changed.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::install::{self, BuildTools};
use crate::{Session, lock, locked, size};

/// `cargo xtask build`.
pub fn run(session: &Session) -> Result<ExitCode> {
    install_and_build(session)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the Worker, with the tools that this takes.
pub fn install_and_build(session: &Session) -> Result<()> {
    let tools = install::build_tools(session)?;
    build(session, &tools)
}

/// Builds the Worker, unless the bundle is that of the current source and tools.
fn build(session: &Session, tools: &BuildTools) -> Result<()> {
    let state = session.workspace.state()?;
    let _lock = lock::acquire(
        &state.join("worker.lock"),
        &session.steps,
        "building the Worker",
    )?;
    compile(session, &state.join("worker-compile.log"))?;
    let directory = session.workspace.build();
    let stamp_file = state.join("worker.stamp");
    let stamp = stamp(session)?;
    let current = fs::read_to_string(&stamp_file).is_ok_and(|found| found == stamp)
        && size::gzipped(&directory).is_ok();
    if !current {
        // Without a stamp, a bundle that is being replaced can never pass for a complete one.
        remove_if_there(&stamp_file)?;
        bundle(session, tools, &state.join("worker-bundle.log"))?;
        fs::write(&stamp_file, stamp)
            .with_context(|| format!("cannot write {}", stamp_file.display()))?;
    }
    let size = size::spoken(size::gzipped(&directory)?);
    let news = if current { "unchanged" } else { "built" };
    session.steps.print(&format!(
        "the Worker is {news}: {size} gzipped, index.js and Wasm together"
    ));
    Ok(())
}

/// Compiles the crate as worker-build does, so that its own compilation finds everything done.
fn compile(session: &Session, log: &Path) -> Result<()> {
    let mut command = Command::new("cargo");
    command
        .args([
            "build",
            "--lib",
            "--release",
            "--target",
            "wasm32-unknown-unknown",
        ])
        .current_dir(session.workspace.root());
    worker_environment(session, &mut command)?;
    let hint = "The compiler's messages are above.";
    session
        .steps
        .run("compiling the Worker", &mut command, log, hint)
}

/// Lets worker-build make the bundle of the compiled crate.
fn bundle(session: &Session, tools: &BuildTools, log: &Path) -> Result<()> {
    let staging = session.workspace.build().join(".tmp");
    if staging.exists() {
        // Left by a run that was interrupted: nobody else builds while we hold the lock, and worker-build would wait.
        fs::remove_dir_all(&staging)
            .with_context(|| format!("cannot remove {}", staging.display()))?;
    }
    let workspace = &session.workspace;
    let mut command = Command::new(&tools.worker_build);
    command
        .arg("--release")
        .current_dir(workspace.root())
        .env("WASM_BINDGEN_BIN", &tools.wasm_bindgen)
        .env("WASM_OPT_BIN", workspace.npm_program("wasm-opt"))
        .env("ESBUILD_BIN", workspace.npm_program("esbuild"));
    worker_environment(session, &mut command)?;
    let hint = "What worker-build printed is above.";
    session
        .steps
        .run("bundling the Worker", &mut command, log, hint)
}

/// What both compilations of the crate must share, or they would undo each other's work.
fn worker_environment(session: &Session, command: &mut Command) -> Result<()> {
    command
        .env("PATH", session.workspace.path_with_node()?)
        // worker-build sets this, and wasm-bindgen's macros read it without cargo knowing.
        .env("WASM_BINDGEN_USE_JS_SYS", "1");
    Ok(())
}

/// Changes whenever the bundle has to be made again.
fn stamp(session: &Session) -> Result<String> {
    let workspace = &session.workspace;
    let module = workspace
        .target()
        .join("wasm32-unknown-unknown/release/participant_remover.wasm");
    let mut hasher = DefaultHasher::new();
    fs::read(&module)
        .with_context(|| format!("cannot read {}", module.display()))?
        .hash(&mut hasher);
    // The versions of wasm-opt and esbuild.
    fs::read(workspace.root().join("package-lock.json"))
        .context("cannot read package-lock.json")?
        .hash(&mut hasher);
    for name in ["wasm-bindgen", "worker"] {
        locked::version(workspace, name)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

fn remove_if_there(path: &Path) -> Result<()> {
    if path.exists() {
        fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}
