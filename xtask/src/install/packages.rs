//! Whether the npm packages of `package-lock.json` are installed.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The programs that the commands run. `node` itself is put there by a script of its package.
const PROGRAMS: [&str; 6] = ["node", "wrangler", "workerd", "esbuild", "wasm-opt", "tsc"];

/// The packages of the lock file.
#[derive(Debug)]
pub struct Packages<'a> {
    root: &'a Path,
    wanted: Vec<u8>,
    /// The paths of everything that has to be there.
    needed: Vec<String>,
}

impl<'a> Packages<'a> {
    /// Reads what the lock file of a repository lists.
    pub fn of(root: &'a Path) -> Result<Self> {
        let path = root.join("package-lock.json");
        let wanted = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let lock = serde_json::from_slice(&wanted)
            .with_context(|| format!("{} is not JSON", path.display()))?;
        Ok(Self {
            root,
            wanted,
            needed: needed(&lock),
        })
    }

    /// Returns whether everything is installed, by us or by whoever ran `npm ci`.
    pub fn are_installed(&self) -> Result<bool> {
        if !self.missing().is_empty() {
            return Ok(false);
        }
        if self.is_marked()? {
            return Ok(true);
        }
        let installed = self.is_npms_own();
        if installed {
            // Whoever ran `npm ci` may be running from it right now, as `npx wrangler dev` does.
            self.mark()?;
        }
        Ok(installed)
    }

    fn missing(&self) -> Vec<&str> {
        let missing = |path: &&str| !self.root.join(path).exists();
        self.needed
            .iter()
            .map(String::as_str)
            .filter(missing)
            .collect()
    }

    /// Fails if something is missing, and tells what.
    pub fn check(&self) -> Result<()> {
        let missing = self.missing();
        ensure!(
            missing.is_empty(),
            "`npm ci` has not installed {}: see whether npm's settings (`npm config list`) leave it out, or a script of \
             the package has failed",
            missing.join(", ")
        );
        Ok(())
    }

    /// Notes that everything is installed.
    pub fn mark(&self) -> Result<()> {
        let file = self.mark_file();
        fs::write(&file, &self.wanted).with_context(|| format!("cannot write {}", file.display()))
    }

    /// Returns whether the copy of the lock file is current. It is written last, so it exists only for a complete
    /// installation.
    fn is_marked(&self) -> Result<bool> {
        let file = self.mark_file();
        match fs::read(&file) {
            Ok(installed) => Ok(installed == self.wanted),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
        }
    }

    fn mark_file(&self) -> PathBuf {
        self.root.join("node_modules/.installed-package-lock.json")
    }

    /// Returns whether npm itself has installed everything since the lock file was written: it writes its list last.
    fn is_npms_own(&self) -> bool {
        let time = |path| fs::metadata(self.root.join(path)).and_then(|data| data.modified());
        let wanted = time("package-lock.json");
        let list = time("node_modules/.package-lock.json");
        matches!((wanted, list), (Ok(wanted), Ok(list)) if list > wanted)
    }
}

/// Returns the paths that an installation of this lock file always has: packages that are not for other platforms, and
/// the programs.
fn needed(lock: &Value) -> Vec<String> {
    let packages = lock.get("packages").and_then(Value::as_object);
    packages
        .into_iter()
        .flatten()
        .filter(|(path, package)| !path.is_empty() && package.get("optional").is_none())
        .map(|(path, _)| format!("{path}/package.json"))
        .chain(PROGRAMS.map(|program| format!("node_modules/.bin/{program}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    /// Creates a repository with a lock file, and with all programs.
    fn repository(name: &str, lock: &str) -> PathBuf {
        let root = std::env::temp_dir().join(format!("xtask-npm-{name}-{}", std::process::id()));
        fs::create_dir_all(root.join("node_modules/.bin")).unwrap();
        fs::write(root.join("package-lock.json"), lock).unwrap();
        for program in PROGRAMS {
            fs::write(root.join("node_modules/.bin").join(program), "").unwrap();
        }
        root
    }

    fn set_age(path: &Path, seconds: u64) {
        let time = SystemTime::now() - Duration::from_secs(seconds);
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(time).unwrap();
    }

    #[test]
    fn only_the_same_lock_file_is_current() {
        let root = repository("lock", "{\"a\": 1}");
        let lock = root.join("package-lock.json");
        let are_installed = || Packages::of(&root).unwrap().are_installed().unwrap();
        assert!(!are_installed(), "nothing tells that it is complete");
        Packages::of(&root).unwrap().mark().unwrap();
        assert!(are_installed());
        fs::write(&lock, "{\"a\": 2}").unwrap();
        assert!(!are_installed(), "it was another lock file");
        let list = root.join("node_modules/.package-lock.json");
        fs::write(&list, "{}").unwrap();
        set_age(&list, 9);
        assert!(
            !are_installed(),
            "npm installed before the lock file changed"
        );
        set_age(&lock, 99);
        assert!(are_installed(), "npm installed it by itself");
        set_age(&list, 999);
        assert!(are_installed(), "it was marked");
        fs::remove_file(&lock).unwrap();
        assert!(Packages::of(&root).is_err());
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn what_is_gone_is_installed_again() {
        let lock = r#"{"packages": {"": {}, "node_modules/a": {}, "node_modules/for-windows": {"optional": true}}}"#;
        let root = repository("missing", lock);
        let packages = Packages::of(&root).unwrap();
        packages.mark().unwrap();
        let error = packages.check().unwrap_err().to_string();
        assert!(
            error.contains("installed node_modules/a/package.json:"),
            "{error}"
        );
        assert!(!packages.are_installed().unwrap());
        fs::create_dir_all(root.join("node_modules/a")).unwrap();
        fs::write(root.join("node_modules/a/package.json"), "{}").unwrap();
        packages.check().unwrap();
        assert!(packages.are_installed().unwrap());
        let node = root.join("node_modules/.bin/node");
        fs::remove_file(&node).unwrap();
        std::os::unix::fs::symlink("../node/bin/node", &node).unwrap();
        assert_eq!(
            packages.missing(),
            ["node_modules/.bin/node"],
            "a link to nothing"
        );
        fs::remove_dir_all(&root).unwrap();
    }
}
