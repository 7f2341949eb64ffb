//! `wasm-bindgen`, and for the benchmark `worker-build`, built from their crates: prebuilt ones come from a host that
//! not every machine can reach. They live in the cache, so that all clones share them and `cargo clean` keeps them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::lock::Lock;
use crate::workspace::create;
use crate::{Session, lock, locked};

/// The programs that turn the Worker's source into the deployed files.
#[derive(Debug)]
pub struct BuildTools {
    /// Generates the JavaScript side of the Wasm module.
    pub wasm_bindgen: PathBuf,
}

/// A program built with `cargo install`.
#[derive(Debug)]
struct Tool {
    package: &'static str,
    program: &'static str,
    version: String,
}

impl Tool {
    fn directory(&self, tools: &Path) -> PathBuf {
        tools.join(format!("{}-{}", self.package, self.version))
    }

    fn path(&self, tools: &Path) -> PathBuf {
        self.directory(tools).join("bin").join(self.program)
    }

    /// Returns whether the program is there and runs: a file in a cache may be damaged.
    fn is_usable(&self, program: &Path) -> bool {
        let told = Command::new(program).arg("--version").output();
        told.is_ok_and(|told| told.status.success() && self.is_named_in(&told.stdout))
    }

    fn is_named_in(&self, printed: &[u8]) -> bool {
        String::from_utf8_lossy(printed)
            .split_whitespace()
            .any(|word| word == self.version)
    }
}

/// Installs what building the Worker requires, in the version that matches the library in `Cargo.lock`.
pub fn ensure(session: &Session) -> Result<BuildTools> {
    let wasm_bindgen = ensure_one(
        session,
        &Tool {
            package: "wasm-bindgen-cli",
            program: "wasm-bindgen",
            version: locked::version(&session.workspace, "wasm-bindgen")?,
        },
    )?;
    Ok(BuildTools { wasm_bindgen })
}

/// Installs worker-build: one of the benchmark's peers is built the way its users build theirs.
pub fn worker_build(session: &Session) -> Result<PathBuf> {
    ensure_one(
        session,
        &Tool {
            package: "worker-build",
            program: "worker-build",
            version: locked::version(&session.workspace, "worker")?,
        },
    )
}

fn ensure_one(session: &Session, tool: &Tool) -> Result<PathBuf> {
    let tools = session.workspace.cache().join("tools");
    let program = tool.path(&tools);
    if tool.is_usable(&program) {
        return Ok(program);
    }
    let steps = &session.steps;
    let lock = lock::acquire(&tools.join(".lock"), steps, "installing the build tools")?;
    // Another run may have installed it while we waited for the lock.
    if !tool.is_usable(&program) {
        let target = tools.join(".target");
        install(session, &lock, tool, &tools, &target)?;
        remove(&target)?;
        ensure!(
            tool.is_usable(&program),
            "`{} --version` does not tell {}, although it was just installed: see whether programs can be run from there",
            program.display(),
            tool.version
        );
    }
    Ok(program)
}

fn install(session: &Session, lock: &Lock, tool: &Tool, tools: &Path, target: &Path) -> Result<()> {
    let Tool {
        package,
        program,
        version,
    } = tool;
    let unfinished = tools.join(format!(".unfinished-{package}-{version}"));
    remove(&unfinished)?;
    create(&unfinished)?;
    let mut command = Command::new("cargo");
    command
        .args([
            "install",
            "--locked",
            "--debug",
            "--no-track",
            "--force",
            "--bin",
            program,
        ])
        .arg(format!("{package}@{version}"))
        .arg("--root")
        .arg(&unfinished)
        // Outside this repository, whose settings must not apply to the tool.
        .current_dir(tools)
        .env("CARGO_TARGET_DIR", target)
        // Nobody debugs these tools: this saves a third of the time and most of the size.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0");
    let log = session
        .workspace
        .cache()
        .join(format!("logs/{package}-{version}.log"));
    let hint = "Check that the registry of Rust crates can be reached and that a C compiler is installed (`cc --version`), then run the \
                command again.";
    let title = format!("installing {package} {version}");
    let steps = session.steps.under(lock)?;
    steps.run(&title, &mut command, &log, hint)?;
    let directory = tool.directory(tools);
    remove(&directory)?;
    // The rename is atomic: a directory with that name is always a complete installation.
    fs::rename(&unfinished, &directory)
        .with_context(|| format!("cannot move {package} to {}", directory.display()))
}

fn remove(directory: &Path) -> Result<()> {
    if !directory.exists() {
        return Ok(());
    }
    fs::remove_dir_all(directory).with_context(|| format!("cannot remove {}", directory.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_tell_its_version_is_not_usable() {
        let tool = Tool {
            package: "a",
            program: "a",
            version: "1.2.3".to_owned(),
        };
        let cases = [
            ("a 1.2.3\n", true),
            ("1.2.3", true),
            ("a 1.2.34", false),
            ("", false),
        ];
        for (printed, expected) in cases {
            assert_eq!(tool.is_named_in(printed.as_bytes()), expected, "{printed}");
        }
        assert!(!tool.is_usable(Path::new("/nowhere/a")));
    }
}
