//! Makes the bundle of the compiled crate: wasm-bindgen writes the JavaScript around it, esbuild puts that and our
//! entry module into one file, wasm-opt makes the module small.
//!
//! worker-build would do the first two as well, with an entry module that costs a seventh of each request's CPU time
//! (see docs/benchmarks.md), and it takes minutes to install.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{module, size, worker_environment};
use crate::Session;
use crate::install::BuildTools;
use crate::workspace::create;

/// How wasm-opt is run. The features are what rustc emits by default and what wasm-bindgen needs, since others might
/// not be known to the runtime.
const OPTIMISATIONS: [&str; 10] = [
    "-O",
    // The first KiB is the far end of the stack: no pointer is so small that an offset could wrap around it.
    "--low-memory-unused",
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

/// Everything here that changes what comes out.
pub const SETTINGS: (&[&str], &[&str], &str) = (&OPTIMISATIONS, &BINDING, CLOSURE_GUARD);

/// How wasm-bindgen is run: its exports make a new instance by themselves after a panic.
const BINDING: [&str; 7] = [
    "--target",
    "module",
    "--experimental-reset-state-function",
    "--force-enable-abort-handler",
    "--no-typescript",
    "--out-name",
    "index",
];

/// Makes the bundle and puts its files into a directory. It is complete before the first file is put there, since
/// wrangler reloads at each change.
pub fn make(session: &Session, tools: &BuildTools, directory: &Path) -> Result<()> {
    let state = session.workspace.state()?;
    let staging = state.join("bundle");
    if staging.exists() {
        // Left by an earlier run, whose files must not pass for ours.
        fs::remove_dir_all(&staging)
            .with_context(|| format!("cannot remove {}", staging.display()))?;
    }
    let bound = staging.join("bound");
    bind(session, tools, &bound, &state.join("worker-bind.log"))?;
    guard_closures(&bound)?;
    join(session, &staging, &state.join("worker-join.log"))?;
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

fn bind(session: &Session, tools: &BuildTools, bound: &Path, log: &Path) -> Result<()> {
    let mut command = Command::new(&tools.wasm_bindgen);
    command
        .args(BINDING)
        .arg("--out-dir")
        .arg(bound)
        .arg(module(&session.workspace));
    worker_environment(session, &mut command)?;
    let hint = "What wasm-bindgen printed is above.";
    let title = "binding the Worker";
    session.steps.run(title, &mut command, log, hint)
}

/// Where a closure is called that Rust has given to JavaScript, and it is seen whether its instance is the present one.
const CLOSURE_CHECK: &str = "if (state.instance !== __wbg_instance_id)";

/// What makes a new instance, where the last one has ended.
const CLOSURE_GUARD: &str = "__wbg_call_guard();";

/// A closure of an instance that has ended may be the first thing to be called after it. wasm-bindgen makes the new
/// instance only after it has seen whose the closure is, and would call it there.
fn guard_closures(bound: &Path) -> Result<()> {
    rewrite(&bound.join("index.js"), |text| {
        ensure!(
            text.contains(CLOSURE_CHECK),
            "wasm-bindgen writes closures in another way: see to what CLOSURE_CHECK stands for"
        );
        Ok(text.replace(CLOSURE_CHECK, &format!("{CLOSURE_GUARD}{CLOSURE_CHECK}")))
    })
}

/// Changes the text of a script.
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
        .arg(format!("--outfile={}", script.display()));
    worker_environment(session, &mut command)?;
    let hint = "What esbuild printed is above.";
    let title = "bundling the Worker";
    session.steps.run(title, &mut command, log, hint)?;
    // Wrangler does not know source phase imports yet; to it, importing the file means the same.
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
        .args(OPTIMISATIONS);
    worker_environment(session, &mut command)?;
    let hint = "What wasm-opt printed is above.";
    let title = "optimising the Worker";
    session.steps.run(title, &mut command, log, hint)
}

/// The module that the runtime loads; it calls what wasm-bindgen exports.
pub fn entry_module(session: &Session) -> PathBuf {
    session.workspace.root().join("src/runtime/entry.js")
}
