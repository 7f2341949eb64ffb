//! Where things are: the repository, its build output, and the cache shared by all clones.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The directories that the commands work in.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
    cache: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Finds the repository that this program was built from, and the user's cache.
    pub fn find() -> Result<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest
            .parent()
            .context("xtask must lie in a directory of the repository")?
            .to_path_buf();
        let cache = cache_directory(env::var_os("XDG_CACHE_HOME"), env::var_os("HOME")).context(
            "neither XDG_CACHE_HOME nor HOME is set: set one, tools are installed below it",
        )?;
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |directory| root.join(directory));
        Ok(Self {
            root,
            cache,
            target,
        })
    }

    /// Returns the root of the repository.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the cache of this project, shared by all its clones.
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// Returns Cargo's target directory.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Returns the directory of the built Worker: `index.js` and `index_bg.wasm`.
    pub fn build(&self) -> PathBuf {
        self.root.join("build")
    }

    /// Returns a lock file of this clone: runs with different target directories share its bundle and its packages.
    pub fn lock(&self, name: &str) -> PathBuf {
        self.build().join(format!(".{name}.lock"))
    }

    /// Returns cargo, to be run in this clone. It builds into our target directory, where the results are looked for,
    /// even if its configuration names another one.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new("cargo");
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// Returns the directory for logs, generated secrets and what is built on the way to the bundle.
    pub fn state(&self) -> Result<PathBuf> {
        let directory = self.target.join("xtask");
        create(&directory)?;
        Ok(directory)
    }

    /// Returns the path of a program that npm installed into this clone.
    pub fn npm_program(&self, name: &str) -> PathBuf {
        self.root.join("node_modules/.bin").join(name)
    }

    /// Returns `PATH` with this clone's own Node.js first: wrangler needs a newer one than many machines have.
    pub fn path_with_node(&self) -> Result<OsString> {
        let inherited = env::var_os("PATH").unwrap_or_default();
        let ours = self.root.join("node_modules/.bin");
        env::join_paths(std::iter::once(ours).chain(env::split_paths(&inherited)))
            .context("the repository's path holds a ':', which PATH cannot express: move the clone")
    }
}

/// Creates a directory and its parents.
pub fn create(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot create the directory {}", directory.display()))
}

fn cache_directory(xdg: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    // A relative XDG_CACHE_HOME must be ignored (XDG Base Directory Specification).
    let base = xdg
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| {
            home.filter(|home| !home.is_empty())
                .map(|home| PathBuf::from(home).join(".cache"))
        })?;
    Some(base.join("participant-remover"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_below_xdg_cache_home_where_that_is_absolute() {
        let home = || Some(OsString::from("/home/ada"));
        let cases = [
            (
                Some("/var/cache"),
                home(),
                Some("/var/cache/participant-remover"),
            ),
            (
                Some("relative"),
                home(),
                Some("/home/ada/.cache/participant-remover"),
            ),
            (
                Some(""),
                home(),
                Some("/home/ada/.cache/participant-remover"),
            ),
            (None, home(), Some("/home/ada/.cache/participant-remover")),
            (None, Some(OsString::new()), None),
            (None, None, None),
        ];
        for (xdg, home, expected) in cases {
            let found = cache_directory(xdg.map(OsString::from), home);
            assert_eq!(found, expected.map(PathBuf::from));
        }
    }
}
