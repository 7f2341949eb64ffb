//! The npm packages of `package-lock.json`, including the Node.js that everything else runs on.

use std::io::ErrorKind;
use std::process::Command;

use anyhow::{Result, anyhow, bail};

use super::packages::Packages;
use crate::lock::Lock;
use crate::{Session, lock};

/// The minimum Node.js version that npm needs to install the rest.
const MINIMUM_NODE: u32 = 20;

/// Installs the packages unless `node_modules` matches the lock file exactly.
pub fn ensure(session: &Session) -> Result<()> {
    let packages = Packages::of(session.workspace.root())?;
    if packages.are_installed()? {
        return Ok(());
    }
    let lock = lock::acquire(
        &session.workspace.lock("npm"),
        &session.steps,
        "installing npm packages",
    )?;
    // Another run may have installed them while we waited for the lock.
    if packages.are_installed()? {
        return Ok(());
    }
    check_node()?;
    install(session, &lock)?;
    packages.check()?;
    packages.mark()
}

/// Runs `npm ci`, whatever npm's settings leave out.
fn install(session: &Session, lock: &Lock) -> Result<()> {
    let mut command = Command::new("npm");
    command
        .args([
            "ci",
            "--include=dev",
            "--include=optional",
            "--ignore-scripts=false",
            "--no-audit",
            "--no-fund",
            "--no-progress",
        ])
        .current_dir(session.workspace.root());
    let log = session.workspace.cache().join("logs/npm-ci.log");
    let hint = "Check that npm's registry can be reached, then run the command again; `npm ci` is what failed.";
    let title = "installing npm packages";
    session
        .steps
        .under(lock)?
        .run(title, &mut command, &log, hint)
}

fn check_node() -> Result<()> {
    let found = version_of("node")?;
    version_of("npm")?;
    match major(&found) {
        Some(version) if version >= MINIMUM_NODE => Ok(()),
        _ => bail!(
            "Node.js {MINIMUM_NODE} or newer is needed, and `node` is {found}: install it from https://nodejs.org"
        ),
    }
}

fn version_of(program: &str) -> Result<String> {
    let output = Command::new(program)
        .arg("--version")
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => anyhow!(
                "{program} is not on PATH: install Node.js {MINIMUM_NODE} or newer with npm (https://nodejs.org)"
            ),
            _ => anyhow!(error).context(format!("cannot run {program}")),
        })?;
    if !output.status.success() {
        bail!(
            "`{program} --version` fails: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Returns the major version of a version such as `v22.12.0`.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        let cases = [
            ("v24.21.0", Some(24)),
            ("v8.0.0", Some(8)),
            ("24.21.0", None),
            ("v", None),
            ("", None),
        ];
        for (version, expected) in cases {
            assert_eq!(major(version), expected, "{version}");
        }
    }
}
