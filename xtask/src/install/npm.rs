//! The npm packages of `package-lock.json`, including the Node.js that everything else runs on.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

use crate::{Session, lock};

/// The minimum Node.js version that npm needs to install the rest.
const MINIMUM_NODE: u32 = 20;

/// Installs the packages unless `node_modules` matches the lock file exactly.
pub fn ensure(session: &Session) -> Result<()> {
    let root = session.workspace.root();
    let wanted = root.join("package-lock.json");
    let installed = root.join("node_modules/.installed-package-lock.json");
    if is_current(&wanted, &installed)? {
        return Ok(());
    }
    if is_npms_own(&wanted, &root.join("node_modules/.package-lock.json")) {
        // Whoever ran `npm ci` may be running from it right now, as `npx wrangler dev` does.
        return mark(&wanted, &installed);
    }
    let _lock = lock::acquire(
        &session.workspace.lock("npm"),
        &session.steps,
        "installing npm packages",
    )?;
    if is_current(&wanted, &installed)? {
        return Ok(());
    }
    check_node()?;
    let mut command = Command::new("npm");
    command
        .args([
            "ci",
            "--include=dev",
            "--no-audit",
            "--no-fund",
            "--no-progress",
        ])
        .current_dir(root);
    let log = session.workspace.cache().join("logs/npm-ci.log");
    let hint = "Check that npm's registry can be reached, then run the command again; `npm ci` is what failed.";
    session
        .steps
        .run("installing npm packages", &mut command, &log, hint)?;
    mark(&wanted, &installed)
}

fn mark(wanted: &Path, installed: &Path) -> Result<()> {
    fs::copy(wanted, installed).with_context(|| format!("cannot write {}", installed.display()))?;
    Ok(())
}

/// Returns whether npm itself has installed everything since the lock file was written: it writes its list last.
fn is_npms_own(wanted: &Path, list: &Path) -> bool {
    let time = |path| fs::metadata(path).and_then(|data| data.modified());
    matches!((time(wanted), time(list)), (Ok(wanted), Ok(list)) if list > wanted)
}

/// Returns whether the copy of the lock file is current. It is written last, so it exists only for a complete
/// installation.
fn is_current(wanted: &Path, installed: &Path) -> Result<bool> {
    let wanted = fs::read(wanted).with_context(|| format!("cannot read {}", wanted.display()))?;
    match fs::read(installed) {
        Ok(installed) => Ok(installed == wanted),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", installed.display())),
    }
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

    #[test]
    fn only_the_same_lock_file_is_current() {
        let directory = std::env::temp_dir().join(format!("xtask-npm-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let (wanted, installed) = (directory.join("wanted"), directory.join("installed"));
        assert!(is_current(&wanted, &installed).is_err());
        fs::write(&wanted, "{\"a\": 1}").unwrap();
        assert!(!is_current(&wanted, &installed).unwrap());
        fs::write(&installed, "{\"a\": 2}").unwrap();
        assert!(!is_current(&wanted, &installed).unwrap());
        fs::write(&installed, "{\"a\": 1}").unwrap();
        assert!(is_current(&wanted, &installed).unwrap());
        let list = directory.join("list");
        assert!(!is_npms_own(&wanted, &list));
        fs::write(&list, "{}").unwrap();
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
        let set = |path, time| {
            fs::File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_modified(time)
        };
        set(&list, later).unwrap();
        assert!(is_npms_own(&wanted, &list));
        set(&wanted, later + std::time::Duration::from_secs(5)).unwrap();
        assert!(!is_npms_own(&wanted, &list));
        fs::remove_dir_all(&directory).unwrap();
    }
}
