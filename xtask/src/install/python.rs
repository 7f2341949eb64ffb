//! A Python with the official Cloudflare SDK, for the tests that drive the Worker with it. Python itself is not
//! installed: without one, those tests are skipped, with a message.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::lock::Lock;
use crate::{Session, lock};

/// The minimum version for the pinned packages.
const MINIMUM: (u32, u32) = (3, 10);

/// Returns the interpreter of an environment with the packages of `tests/requirements.txt`, or `None` if no Python can
/// create one.
pub fn ensure(session: &Session) -> Result<Option<PathBuf>> {
    let requirements = session.workspace.root().join("tests/requirements.txt");
    let wanted = fs::read(&requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let python = match find_python() {
        Ok(python) => python,
        Err(reason) => {
            let what = "the tests that use the Python SDK are skipped";
            session.steps.print(&format!("{what}: {reason}"));
            return Ok(None);
        }
    };
    let environments = session.workspace.cache().join("python");
    let environment = environments.join(name(&wanted, &python));
    let interpreter = environment.join("bin/python");
    let complete = environment.join(".complete");
    if complete.exists() {
        return Ok(Some(interpreter));
    }
    let lock = lock::acquire(
        &environments.join(".lock"),
        &session.steps,
        "installing Python packages",
    )?;
    if !complete.exists() {
        install(session, &lock, &python, &environment, &requirements)?;
        // Written last, so it exists only for a complete installation.
        fs::write(&complete, "").with_context(|| format!("cannot write {}", complete.display()))?;
    }
    Ok(Some(interpreter))
}

/// A Python that can create an environment.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Python {
    version: String,
    installer: Installer,
    executable: String,
}

/// How packages are installed into an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Installer {
    /// The environment's own pip.
    Own,
    /// This Python's pip from outside: on Debian, creating an environment with its own pip takes the package
    /// `python3-venv`.
    Outer,
}

/// Prints `3 11 own /usr/bin/python3`.
const INQUIRY: &str = "import sys
from importlib.util import find_spec
installer = 'own' if find_spec('ensurepip') else 'outer' if find_spec('pip') else 'none'
print(sys.version_info[0], sys.version_info[1], installer, sys.executable)";

fn find_python() -> Result<Python, String> {
    let output = Command::new("python3")
        .args(["-c", INQUIRY])
        .output()
        .map_err(|error| format!("python3 cannot be run ({error})"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors.trim_end().lines().last().unwrap_or_default();
        return Err(format!("python3 does not work ({last})"));
    }
    usable(&String::from_utf8_lossy(&output.stdout))
}

fn usable(printed: &str) -> Result<Python, String> {
    let words: Vec<&str> = printed.trim_end().splitn(4, ' ').collect();
    let &[major, minor, installer, executable] = words.as_slice() else {
        return Err(format!("python3 does not tell its version: {printed}"));
    };
    let version = major.parse::<u32>().ok().zip(minor.parse::<u32>().ok());
    if version.is_none_or(|version| version < MINIMUM) {
        let (needed_major, needed_minor) = MINIMUM;
        return Err(format!(
            "Python {needed_major}.{needed_minor} or newer is needed, and python3 is {major}.{minor}"
        ));
    }
    let installer = match installer {
        "own" => Installer::Own,
        "outer" => Installer::Outer,
        _ => return Err("this Python has no pip; Debian has it in python3-venv".to_owned()),
    };
    Ok(Python {
        version: format!("{major}.{minor}"),
        installer,
        executable: executable.to_owned(),
    })
}

/// Returns the name of the environment's directory, which differs for other packages or another Python.
fn name(requirements: &[u8], python: &Python) -> String {
    let mut hasher = DefaultHasher::new();
    (requirements, python).hash(&mut hasher);
    format!("{}-{:016x}", python.version, hasher.finish())
}

fn install(
    session: &Session,
    lock: &Lock,
    python: &Python,
    environment: &Path,
    requirements: &Path,
) -> Result<()> {
    let logs = session.workspace.cache().join("logs");
    let own = environment.join("bin/python");
    let mut create = Command::new(&python.executable);
    create.args(["-m", "venv", "--clear"]);
    let mut install;
    match python.installer {
        Installer::Own => {
            install = Command::new(&own);
            install.args(["-m", "pip"]);
        }
        Installer::Outer => {
            create.arg("--without-pip");
            install = Command::new(&python.executable);
            install.args(["-m", "pip", "--python"]).arg(&own);
        }
    }
    create.arg(environment);
    install
        .args([
            "install",
            "--no-input",
            "--disable-pip-version-check",
            "--requirement",
        ])
        .arg(requirements);
    let hint = "`python3 -m venv` is what failed.";
    let title = "creating a Python environment";
    let steps = session.steps.under(lock)?;
    steps.run(title, &mut create, &logs.join("python-venv.log"), hint)?;
    let hint = "Check that PyPI can be reached, then run the command again.";
    let title = "installing Python packages";
    steps.run(title, &mut install, &logs.join("python-pip.log"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(version: &str, installer: Installer, executable: &str) -> Python {
        Python {
            version: version.to_owned(),
            installer,
            executable: executable.to_owned(),
        }
    }

    #[test]
    fn a_python_is_usable_from_the_minimum_on_and_with_pip() {
        let (own, outer) = (Installer::Own, Installer::Outer);
        let cases = [
            ("3 8 own /usr/bin/python3\n", None),
            (
                "3 10 own /bin/python3\n",
                Some(python("3.10", own, "/bin/python3")),
            ),
            (
                "3 14 outer /my python\n",
                Some(python("3.14", outer, "/my python")),
            ),
            ("3 14 none /usr/bin/python3\n", None),
            ("2 7 own /usr/bin/python\n", None),
            ("3 11\n", None),
            ("three eleven own /usr/bin/python\n", None),
        ];
        for (printed, expected) in cases {
            assert_eq!(usable(printed).ok(), expected, "{printed}");
        }
    }

    #[test]
    fn other_packages_or_another_python_have_another_environment() {
        let usual = python("3.11", Installer::Own, "/usr/bin/python3");
        let other = python("3.11", Installer::Own, "/opt/bin/python3");
        let first = name(b"cloudflare==5.9.0", &usual);
        assert_eq!(first, name(b"cloudflare==5.9.0", &usual));
        assert_ne!(first, name(b"cloudflare==5.8.0", &usual));
        assert_ne!(first, name(b"cloudflare==5.9.0", &other));
    }
}
