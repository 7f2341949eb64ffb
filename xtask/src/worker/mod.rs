//! Builds the Worker into `build/`. This is also wrangler's `[build] command`, so it does nothing when nothing changed.

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

/// `cargo xtask build`.
pub fn run(session: &Session) -> Result<ExitCode> {
    build(session)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the Worker with what this takes, unless the bundle is that of the current source and tools.
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
        // Without a stamp, a bundle that is being replaced can never pass for a complete one.
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

/// The tools are needed only once the crate is compiled, so both come about side by side.
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

/// Compiles the crate, as nothing but the module: beside a Rust library, cargo would leave link-time optimisation out,
/// which is a sixth of the bundle.
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

/// A loop in place of SHA-256's 64 rounds written out: 2 KB less of the bundle, for bodies that are short.
const COMPACT_SHA2: &str = "'--cfg=sha2_backend_soft=\"compact\"'";

/// Where the crates lie on this machine stands in the messages of their panics; without it, the bundle is the same
/// wherever it is made.
fn rustflags(directories: &[PathBuf]) -> String {
    let renamed = directories
        .iter()
        .map(|directory| format!("'--remap-path-prefix={}=crates'", directory.display()));
    let flags = std::iter::once(COMPACT_SHA2.to_owned()).chain(renamed);
    let flags = flags.collect::<Vec<_>>().join(",");
    format!("target.wasm32-unknown-unknown.rustflags=[{flags}]")
}

/// The directories into which cargo has unpacked crates, one for each registry. None when it has not yet.
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

/// The compiled crate.
fn module(workspace: &Workspace) -> PathBuf {
    workspace
        .target()
        .join("wasm32-unknown-unknown/release/participant_remover.wasm")
}

/// What the steps of the build share.
fn worker_environment(session: &Session, command: &mut Command) -> Result<()> {
    command
        .env("PATH", session.workspace.path_with_node()?)
        // The `worker` crate's macros expect it: asynchronous exports go over js-sys.
        .env("WASM_BINDGEN_USE_JS_SYS", "1");
    Ok(())
}

/// Changes whenever the bundle has to be made again.
fn stamp(session: &Session) -> Result<String> {
    let workspace = &session.workspace;
    let module = module(workspace);
    let entry = bundle::entry_module(session);
    // The versions of wasm-opt and esbuild stand in npm's lock file.
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
