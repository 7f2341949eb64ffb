//! Builds the Worker into `build/`. Also wrangler's `[build] command`, so it does nothing if nothing has changed.

mod bundle;
mod size;
mod stamp;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::install::{self, BuildTools, Component};
use crate::workspace::Workspace;
use crate::{Session, lock};
use stamp::Stamp;

/// Runs `cargo xtask build`.
pub fn run(session: &Session) -> Result<ExitCode> {
    build(session)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the Worker and installs what that needs, unless the bundle is up to date with source and tools.
pub fn build(session: &Session) -> Result<()> {
    let workspace = &session.workspace;
    let state = workspace.state()?;
    let what = "building the Worker";
    // The bundle is the clone's, and the module that it is made of lies in a target directory, which clones may share.
    let _bundle = lock::acquire(&workspace.lock("build"), &session.steps, what)?;
    let module = lock::acquire(&state.join("worker.lock"), &session.steps, what)?;
    // What a killed run has started must end before the next one writes to the same files.
    let session = &Session {
        workspace: workspace.clone(),
        steps: session.steps.under(&module)?,
        processes: Arc::clone(&session.processes),
    };
    let tools = compile_and_install(session, &state.join("worker-compile.log"))?;
    let directory = workspace.build();
    let stamp = Stamp::of(session)?;
    let current = stamp.is_current();
    if !current {
        stamp.remove()?;
        bundle::make(session, &tools, &directory)?;
        stamp.write()?;
    }
    let size = size::spoken(size::gzipped(&directory)?);
    let news = if current { "unchanged" } else { "built" };
    session.steps.print(&format!(
        "the Worker is {news}: {size} gzipped, index.js and Wasm together"
    ));
    Ok(())
}

/// Compiles the crate and installs the tools concurrently, since they are needed only once it is compiled.
fn compile_and_install(session: &Session, log: &Path) -> Result<BuildTools> {
    let (npm, tools, compiled) = thread::scope(|scope| {
        let npm = scope.spawn(|| told(session, install::npm(session)));
        let tools = scope.spawn(|| told(session, install::cargo_tools(session)));
        let rust = install::rust(session, &[Component::WasmTarget]);
        let compiled = told(session, rust.and_then(|()| compile(session, log)));
        (install::joined(npm), install::joined(tools), compiled)
    });
    let ready = npm.zip(tools).zip(compiled);
    ready
        .map(|(((), tools), ())| tools)
        .context("the Worker cannot be built: why is said above")
}

/// Prints an error at once: the other steps may take minutes, and may fail as well.
fn told<T>(session: &Session, outcome: Result<T>) -> Option<T> {
    outcome
        .inspect_err(|error| session.steps.print(&format!("error: {error:#}")))
        .ok()
}

/// Compiles the crate as the Wasm module only: if a Rust library were built as well, cargo would skip link-time
/// optimisation, which is worth a sixth of the bundle.
fn compile(session: &Session, log: &Path) -> Result<()> {
    let mut command = cargo(session);
    command
        .args([
            "rustc",
            "--lib",
            "--release",
            "--target",
            "wasm32-unknown-unknown",
            "--crate-type",
            "cdylib",
        ])
        .arg("--config")
        .arg(rustflags(&crate_directories()));
    session
        .steps
        .run("compiling the Worker", &mut command, log, "")
}

/// Returns cargo for what is compiled for the Worker.
pub fn cargo(session: &Session) -> Command {
    let mut command = session.workspace.cargo();
    command
        // Cargo would prefer them to our own flags; those of this machine are not meant for the Worker.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        // The `worker` crate's macros expect this: asynchronous exports go through js-sys.
        .env("WASM_BINDGEN_USE_JS_SYS", "1");
    command
}

/// A loop instead of SHA-256's 64 rounds unrolled: makes the bundle 2 KB smaller, and the bodies are short.
const COMPACT_SHA2: &str = "--cfg=sha2_backend_soft=\"compact\"";

/// Panic messages contain the path of the crates on this machine; with it remapped, the bundle is the same wherever it
/// is built.
fn rustflags(directories: &[PathBuf]) -> String {
    let renamed = directories
        .iter()
        .map(|directory| format!("--remap-path-prefix={}=crates", directory.display()));
    let flags = std::iter::once(COMPACT_SHA2.to_owned()).chain(renamed);
    // A JSON array of strings is one in TOML, too.
    let flags: Value = flags.collect();
    format!("target.wasm32-unknown-unknown.rustflags={flags}")
}

/// Returns the directories into which cargo has unpacked crates, one per registry; empty if it has not done so yet.
fn crate_directories() -> Vec<PathBuf> {
    let home = cargo_home(env::var_os("CARGO_HOME"), env::home_dir());
    let found = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    let mut directories: Vec<PathBuf> = found
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    directories.sort();
    directories
}

/// Returns cargo's directory. Like cargo, takes an empty `CARGO_HOME` for none.
fn cargo_home(set: Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    set.filter(|set| !set.is_empty())
        .map(PathBuf::from)
        .or_else(|| Some(home?.join(".cargo")))
}

/// Returns the path of the compiled crate.
fn module(workspace: &Workspace) -> PathBuf {
    workspace
        .target()
        .join("wasm32-unknown-unknown/release/participant_remover.wasm")
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::PathBuf;

    use super::{cargo_home, rustflags};

    #[test]
    fn every_directory_of_crates_is_renamed() {
        let directories = ["/home/ada/.cargo/registry/src/a", "/o'b\\\"c"].map(PathBuf::from);
        assert_eq!(
            rustflags(&directories),
            concat!(
                r#"target.wasm32-unknown-unknown.rustflags=["--cfg=sha2_backend_soft=\"compact\"","#,
                r#""--remap-path-prefix=/home/ada/.cargo/registry/src/a=crates","--remap-path-prefix=/o'b\\\"c=crates"]"#
            )
        );
        let none = rustflags(&[]);
        assert!(!none.contains("--remap-path-prefix"), "{none}");
    }

    #[test]
    fn an_empty_cargo_home_is_none() {
        let home = || Some(PathBuf::from("/home/ada"));
        let cases = [
            (Some("/cargo"), home(), Some("/cargo")),
            (Some(""), home(), Some("/home/ada/.cargo")),
            (None, home(), Some("/home/ada/.cargo")),
            (None, None, None),
        ];
        for (set, home, expected) in cases {
            let found = cargo_home(set.map(OsString::from), home);
            assert_eq!(found, expected.map(PathBuf::from));
        }
    }
}
