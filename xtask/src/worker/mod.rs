//! Builds the Worker into `build/`. Also wrangler's `[build] command`, so it does nothing if nothing has changed.

mod bundle;
mod size;

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;

use anyhow::{Context, Result};

use crate::install::{self, BuildTools, Component};
use crate::workspace::Workspace;
use crate::{Session, lock, locked};

/// Runs `cargo xtask build`.
pub fn run(session: &Session) -> Result<ExitCode> {
    build(session)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the Worker and installs what that needs, unless the bundle is up to date with source and tools.
pub fn build(session: &Session) -> Result<()> {
    let state = session.workspace.state()?;
    let lock = state.join("worker.lock");
    let _lock = lock::acquire(&lock, &session.steps, "building the Worker")?;
    let tools = compile_and_install(session, &state.join("worker-compile.log"))?;
    let directory = session.workspace.build();
    let stamp_file = state.join("worker.stamp");
    let stamp = stamp(session)?;
    let current = fs::read_to_string(&stamp_file).is_ok_and(|found| found == stamp)
        && size::gzipped(&directory).is_ok();
    if !current {
        // Without a stamp, a bundle that is being replaced can never be mistaken for a complete one.
        remove_if_there(&stamp_file)?;
        bundle::make(session, &tools, &directory)?;
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

/// Compiles the crate and installs the tools concurrently, since they are needed only once it is compiled.
fn compile_and_install(session: &Session, log: &Path) -> Result<BuildTools> {
    thread::scope(|scope| {
        let npm = scope.spawn(|| install::npm(session));
        let tools = scope.spawn(|| install::cargo_tools(session));
        let compiled =
            install::rust(session, &[Component::WasmTarget]).and_then(|()| compile(session, log));
        let npm = install::joined(npm);
        let tools = install::joined(tools);
        compiled.and(npm).and(tools)
    })
}

/// Compiles the crate as the Wasm module only: if a Rust library were built as well, cargo would skip link-time
/// optimisation, which is worth a sixth of the bundle.
fn compile(session: &Session, log: &Path) -> Result<()> {
    let mut command = Command::new("cargo");
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
        .arg(rustflags(&crate_directories()))
        .current_dir(session.workspace.root());
    worker_environment(session, &mut command)?;
    let hint = "The compiler's messages are above.";
    session
        .steps
        .run("compiling the Worker", &mut command, log, hint)
}

/// A loop instead of SHA-256's 64 rounds unrolled: makes the bundle 2 KB smaller, and the bodies are short.
const COMPACT_SHA2: &str = "'--cfg=sha2_backend_soft=\"compact\"'";

/// Panic messages contain the path of the crates on this machine; with it remapped, the bundle is the same wherever it
/// is built.
fn rustflags(directories: &[PathBuf]) -> String {
    let renamed = directories
        .iter()
        .map(|directory| format!("'--remap-path-prefix={}=crates'", directory.display()));
    let flags = std::iter::once(COMPACT_SHA2.to_owned()).chain(renamed);
    let flags = flags.collect::<Vec<_>>().join(",");
    format!("target.wasm32-unknown-unknown.rustflags=[{flags}]")
}

/// Returns the directories into which cargo has unpacked crates, one per registry; empty if it has not done so yet.
fn crate_directories() -> Vec<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
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

/// Returns the path of the compiled crate.
fn module(workspace: &Workspace) -> PathBuf {
    workspace
        .target()
        .join("wasm32-unknown-unknown/release/participant_remover.wasm")
}

/// Sets the environment shared by the build steps.
fn worker_environment(session: &Session, command: &mut Command) -> Result<()> {
    command
        .env("PATH", session.workspace.path_with_node()?)
        // The `worker` crate's macros expect this: asynchronous exports go through js-sys.
        .env("WASM_BINDGEN_USE_JS_SYS", "1");
    Ok(())
}

/// Returns a stamp that changes whenever the bundle must be rebuilt.
fn stamp(session: &Session) -> Result<String> {
    let workspace = &session.workspace;
    let module = module(workspace);
    let entry = bundle::entry_module(session);
    // npm's lock file contains the versions of wasm-opt and esbuild.
    let packages = workspace.root().join("package-lock.json");
    let contents = [module, entry, packages]
        .map(|path| fs::read(&path).with_context(|| format!("cannot read {}", path.display())));
    let [module, entry, packages] = contents;
    let bindgen = locked::version(workspace, "wasm-bindgen")?;
    Ok(digest(&module?, &entry?, &packages?, &bindgen))
}

fn digest(module: &[u8], entry: &[u8], packages: &[u8], bindgen: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (module, entry, packages, bindgen, bundle::SETTINGS).hash(&mut hasher);
    format!("{:016x}\n", hasher.finish())
}

fn remove_if_there(path: &Path) -> Result<()> {
    if path.exists() {
        fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{digest, rustflags};

    #[test]
    fn every_directory_of_crates_is_renamed() {
        let directories = ["/home/ada/.cargo/registry/src/a", "/b"].map(PathBuf::from);
        assert_eq!(
            rustflags(&directories),
            "target.wasm32-unknown-unknown.rustflags=['--cfg=sha2_backend_soft=\"compact\"',\
             '--remap-path-prefix=/home/ada/.cargo/registry/src/a=crates','--remap-path-prefix=/b=crates']"
        );
        let none = rustflags(&[]);
        assert!(!none.contains("--remap-path-prefix"), "{none}");
    }

    #[test]
    fn whatever_goes_into_the_bundle_changes_its_stamp() {
        let stamp = digest(b"module", b"entry", b"packages", "0.2.129");
        assert_eq!(stamp, digest(b"module", b"entry", b"packages", "0.2.129"));
        for changed in [
            digest(b"changed", b"entry", b"packages", "0.2.129"),
            digest(b"module", b"changed", b"packages", "0.2.129"),
            digest(b"module", b"entry", b"changed", "0.2.129"),
            digest(b"module", b"entry", b"packages", "0.2.130"),
            digest(b"modulee", b"ntry", b"packages", "0.2.129"),
        ] {
            assert_ne!(stamp, changed);
        }
    }
}
