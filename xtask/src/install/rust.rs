//! Parts of the Rust toolchain that a fresh rustup does not include: the Wasm target, and for the tests the formatter
//! and the linter.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

use crate::{Session, lock};

/// A part of the Rust toolchain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// The standard library for the Worker's target.
    WasmTarget,
    /// `cargo clippy`.
    Clippy,
    /// `cargo fmt`.
    Rustfmt,
}

impl Component {
    /// Returns a path below the toolchain's directory that exists once the part is installed.
    fn evidence(self) -> &'static str {
        match self {
            Self::WasmTarget => "lib/rustlib/wasm32-unknown-unknown/lib",
            Self::Clippy => "bin/cargo-clippy",
            Self::Rustfmt => "bin/rustfmt",
        }
    }

    fn rustup_arguments(self) -> [&'static str; 3] {
        match self {
            Self::WasmTarget => ["target", "add", "wasm32-unknown-unknown"],
            Self::Clippy => ["component", "add", "clippy"],
            Self::Rustfmt => ["component", "add", "rustfmt"],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::WasmTarget => "Rust's wasm32-unknown-unknown target",
            Self::Clippy => "clippy",
            Self::Rustfmt => "rustfmt",
        }
    }
}

/// Installs the parts that are missing.
pub fn ensure(session: &Session, wanted: &[Component]) -> Result<()> {
    let sysroot = sysroot(session)?;
    if missing(&sysroot, wanted).is_empty() {
        return Ok(());
    }
    let path = session.workspace.cache().join("rustup.lock");
    let lock = lock::acquire(
        &path,
        &session.steps,
        "installing parts of the Rust toolchain",
    )?;
    let steps = session.steps.under(&lock)?;
    for component in missing(&sysroot, wanted) {
        let [subject, verb, name] = component.rustup_arguments();
        let mut command = Command::new("rustup");
        command
            .args([subject, verb, name])
            .current_dir(session.workspace.root());
        let log = session
            .workspace
            .cache()
            .join(format!("logs/rustup-{name}.log"));
        let hint = format!(
            "Install it by hand: `rustup {subject} {verb} {name}`, or with your system's packages where Rust does \
             not come from rustup (https://rustup.rs)."
        );
        let title = format!("installing {}", component.name());
        steps.run(&title, &mut command, &log, &hint)?;
    }
    Ok(())
}

fn missing(sysroot: &Path, wanted: &[Component]) -> Vec<Component> {
    wanted
        .iter()
        .copied()
        .filter(|component| !sysroot.join(component.evidence()).exists())
        .collect()
}

/// Returns the directory of the toolchain that cargo uses in this repository.
fn sysroot(session: &Session) -> Result<PathBuf> {
    let output = Command::new("rustc")
        .args(["--print", "sysroot"])
        .current_dir(session.workspace.root())
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                anyhow!("rustc is not on PATH: install Rust with rustup (https://rustup.rs)")
            }
            _ => anyhow!(error).context("cannot run rustc"),
        })?;
    if !output.status.success() {
        bail!(
            "rustc does not work: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let text = String::from_utf8(output.stdout).context("rustc's directory is not UTF-8")?;
    Ok(PathBuf::from(text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_the_toolchain_is_not_missing() {
        let sysroot = std::env::temp_dir().join(format!("xtask-sysroot-{}", std::process::id()));
        std::fs::create_dir_all(sysroot.join("lib/rustlib/wasm32-unknown-unknown/lib")).unwrap();
        let all = [Component::WasmTarget, Component::Clippy, Component::Rustfmt];
        assert_eq!(
            missing(&sysroot, &all),
            [Component::Clippy, Component::Rustfmt]
        );
        assert_eq!(missing(&sysroot, &[Component::WasmTarget]), []);
        std::fs::remove_dir_all(&sysroot).unwrap();
        assert_eq!(missing(&sysroot, &all), all);
    }
}
