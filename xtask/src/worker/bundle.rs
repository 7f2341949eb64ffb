//! Bundles the compiled crate: wasm-bindgen generates the JavaScript around it, esbuild joins that and our entry module
//! into one file, and wasm-opt shrinks the Wasm module.
//!
//! worker-build would do the first two as well, but with an entry module that costs a seventh of each request's CPU
//! time (see docs/benchmarks.md), and it takes minutes to install.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{module, size};
use crate::Session;
use crate::install::BuildTools;
use crate::workspace::create;

/// The arguments of wasm-opt. The features are those that rustc enables by default and that wasm-bindgen needs; the
/// runtime might not support others.
const OPTIMISATIONS: [&str; 10] = [
    "-O",
    // The first KiB is the far end of the stack: no pointer is small enough for an offset to wrap around.
    "--low-memory-unused",
    // Function names make up a sixth of the bundle, and a panic reports its location without them.
    "--strip-debug",
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-reference-types",
    "--enable-exception-handling",
];

/// Everything in this module that affects the output.
pub const SETTINGS: (&[&str], &[&str], &str, [Rewrite; 2]) =
    (&OPTIMISATIONS, &BINDING, CLOSURE_GUARD, RESTART);

/// What stands in a script, and what is to stand there.
type Rewrite = (&'static str, &'static str);

/// The arguments of wasm-bindgen: its exports create a new instance by themselves after a panic.
const BINDING: [&str; 7] = [
    "--target",
    "module",
    "--experimental-reset-state-function",
    "--force-enable-abort-handler",
    "--no-typescript",
    "--out-name",
    "index",
];

/// Creates the bundle and moves its files into a directory. It is complete before the first file is put there, since
/// wrangler reloads on every change.
pub fn make(session: &Session, tools: &BuildTools, directory: &Path) -> Result<()> {
    let state = session.workspace.state()?;
    let staging = state.join("bundle");
    if staging.exists() {
        // Left over from an earlier run: its files must not be mistaken for ours.
        fs::remove_dir_all(&staging)
            .with_context(|| format!("cannot remove {}", staging.display()))?;
    }
    let bound = staging.join("bound");
    bind(session, tools, &bound, &state.join("worker-bind.log"))?;
    guard_closures(&bound)?;
    guard_restart(&bound)?;
    join(session, &staging, &state.join("worker-join.log"))?;
    optimise(session, &staging, &state.join("worker-optimise.log"))?;
    create(directory)?;
    for name in size::FILES {
        let file = directory.join(name);
        // Copied first: Cargo's target directory may be on another file system. The rename is atomic.
        let copy = directory.join(format!(".{name}"));
        fs::copy(staging.join(name), &copy)
            .and_then(|_bytes| fs::rename(&copy, &file))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

fn bind(session: &Session, tools: &BuildTools, bound: &Path, log: &Path) -> Result<()> {
    let module = module(&session.workspace);
    let mut command = Command::new(&tools.wasm_bindgen);
    command
        .args(BINDING)
        .arg("--out-dir")
        .arg(bound)
        .arg(&module);
    let hint = format!(
        "If it is the compiled module that cannot be parsed, delete {}: cargo takes it for intact.",
        module.parent().unwrap_or(&module).display()
    );
    let title = "binding the Worker";
    session.steps.run(title, &mut command, log, &hint)
}

/// Where a closure that Rust passed to JavaScript is called: the check whether its instance is the current one.
const CLOSURE_CHECK: &str = "if (state.instance !== __wbg_instance_id)";

/// The call that creates a new instance if the last one has ended.
const CLOSURE_GUARD: &str = "__wbg_call_guard();";

/// Creates the new instance before the check. A closure of an ended instance may be the first thing called afterwards,
/// and wasm-bindgen creates the new instance only after checking whose the closure is, so it would call it there.
fn guard_closures(bound: &Path) -> Result<()> {
    rewrite(&bound.join("index.js"), |text| {
        ensure!(
            text.contains(CLOSURE_CHECK),
            "wasm-bindgen writes closures in another way: see to what CLOSURE_CHECK stands for"
        );
        Ok(text.replace(CLOSURE_CHECK, &format!("{CLOSURE_GUARD}{CLOSURE_CHECK}")))
    })
}

/// What changes in wasm-bindgen's `__wbg_reset_state`: the flag is cleared only after the new instance has started. If its
/// start traps or is stopped, the next call creates another one.
const RESTART: [Rewrite; 2] = [
    (
        "__wbg_reinit_scheduled = false;\n    wasmInstance",
        "__wbg_reinit_scheduled = true;\n    wasmInstance",
    ),
    (
        "    wasm.__wbindgen_start();\n}",
        "    wasm.__wbindgen_start();\n    __wbg_reinit_scheduled = false;\n}",
    ),
];

fn guard_restart(bound: &Path) -> Result<()> {
    rewrite(&bound.join("index.js"), |text| {
        RESTART
            .iter()
            .try_fold(text.to_owned(), |text, (from, to)| {
                ensure!(
                    text.matches(from).count() == 1,
                    "wasm-bindgen restarts in another way: see to what RESTART stands for"
                );
                Ok(text.replace(from, to))
            })
    })
}

/// Rewrites a script.
fn rewrite(script: &Path, change: impl FnOnce(&str) -> Result<String>) -> Result<()> {
    let text =
        fs::read_to_string(script).with_context(|| format!("cannot read {}", script.display()))?;
    fs::write(script, change(&text)?).with_context(|| format!("cannot write {}", script.display()))
}

fn join(session: &Session, staging: &Path, log: &Path) -> Result<()> {
    let entry = staging.join("bound/entry.js");
    fs::copy(entry_module(session), &entry)
        .with_context(|| format!("cannot write {}", entry.display()))?;
    let script = staging.join("index.js");
    let mut command = Command::new(session.workspace.npm_program("esbuild"));
    command
        .arg(&entry)
        .args(["--bundle", "--minify", "--format=esm"])
        .args(["--external:./index_bg.wasm", "--external:cloudflare:*"])
        .arg(format!("--outfile={}", script.display()))
        .env("PATH", session.workspace.path_with_node()?);
    let title = "bundling the Worker";
    session.steps.run(title, &mut command, log, "")?;
    // Wrangler does not support source phase imports yet; it treats a plain import of the file the same way.
    rewrite(&script, |text| {
        Ok(text.replacen("import source ", "import ", 1))
    })
}

fn optimise(session: &Session, staging: &Path, log: &Path) -> Result<()> {
    let mut command = Command::new(session.workspace.npm_program("wasm-opt"));
    command
        .arg(staging.join("bound/index_bg.wasm"))
        .arg("--output")
        .arg(staging.join("index_bg.wasm"))
        .args(OPTIMISATIONS)
        .env("PATH", session.workspace.path_with_node()?);
    let title = "optimising the Worker";
    session.steps.run(title, &mut command, log, "")
}

/// Returns the path of the module that the runtime loads; it calls the exports of wasm-bindgen.
pub fn entry_module(session: &Session) -> PathBuf {
    session.workspace.root().join("src/runtime/entry.js")
}
