//! Whether the bundle is the one that this source and these tools give. The stamp lies beside the bundle: a clone has
//! one bundle, however many target directories it is built in.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{bundle, module, size};
use crate::{Session, locked};

/// The stamp of a bundle.
#[derive(Debug)]
pub struct Stamp {
    directory: PathBuf,
    inputs: u64,
}

impl Stamp {
    /// Returns the stamp that the bundle has if it is made of the present source with the present tools.
    pub fn of(session: &Session) -> Result<Self> {
        let workspace = &session.workspace;
        // npm's lock file contains the versions of wasm-opt and esbuild.
        let packages = workspace.root().join("package-lock.json");
        let inputs = contents(&[module(workspace), bundle::entry_module(session), packages])?;
        let bindgen = locked::version(workspace, "wasm-bindgen")?;
        Ok(Self {
            directory: workspace.build(),
            inputs: digest(&(inputs, bindgen, bundle::SETTINGS)),
        })
    }

    /// Returns whether the bundle was made of the same and is still as it was written.
    pub fn is_current(&self) -> bool {
        // What cannot be read has to be made again.
        let expected = self.text().ok();
        expected.is_some() && fs::read_to_string(self.file()).ok() == expected
    }

    /// Removes the stamp: without one, a bundle that is being replaced is never mistaken for a complete one.
    pub fn remove(&self) -> Result<()> {
        let file = self.file();
        if file.exists() {
            fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        }
        Ok(())
    }

    /// Stamps the bundle, which has to be complete.
    pub fn write(&self) -> Result<()> {
        let file = self.file();
        let copy = self.directory.join(".stamp.new");
        fs::write(&copy, self.text()?)
            .and_then(|()| fs::rename(&copy, &file))
            .with_context(|| format!("cannot write {}", file.display()))
    }

    fn file(&self) -> PathBuf {
        self.directory.join(".stamp")
    }

    /// Returns the digests of the inputs and of the bundle that lies there.
    fn text(&self) -> Result<String> {
        let files = contents(&size::FILES.map(|name| self.directory.join(name)))?;
        Ok(format!("{:016x} {:016x}\n", self.inputs, digest(&files)))
    }
}

fn contents<const N: usize>(paths: &[impl AsRef<Path>; N]) -> Result<Vec<Vec<u8>>> {
    let read =
        |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    paths.iter().map(|path| read(path.as_ref())).collect()
}

fn digest(content: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bundle_of_the_same_inputs_is_current() {
        let directory = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let (script, module) = (directory.join("index.js"), directory.join("index_bg.wasm"));
        let of = |inputs| Stamp {
            directory: directory.clone(),
            inputs,
        };
        let stamp = of(1);
        assert!(!stamp.is_current(), "there is nothing");
        fs::write(&script, "script").unwrap();
        assert!(stamp.write().is_err(), "one file is missing");
        fs::write(&module, "module").unwrap();
        assert!(!stamp.is_current(), "there is no stamp");
        stamp.write().unwrap();
        assert!(stamp.is_current());
        assert!(!of(2).is_current(), "other inputs");
        for (changed, content, back) in [(&script, "script;", "script"), (&module, "mod", "module")]
        {
            fs::write(changed, content).unwrap();
            assert!(!stamp.is_current(), "{} changed", changed.display());
            fs::write(changed, back).unwrap();
            assert!(stamp.is_current());
        }
        fs::remove_file(&module).unwrap();
        assert!(!stamp.is_current(), "one file is gone");
        fs::write(&module, "module").unwrap();
        stamp.remove().unwrap();
        assert!(!stamp.is_current(), "the stamp is gone");
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn whatever_goes_into_the_bundle_changes_its_digest() {
        let directory = std::env::temp_dir().join(format!("xtask-digest-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let paths = ["module", "entry"].map(|name| directory.join(name));
        let digest_of = |module: &str, entry: &str| {
            fs::write(directory.join("module"), module).unwrap();
            fs::write(directory.join("entry"), entry).unwrap();
            digest(&contents(&paths).unwrap())
        };
        let first = digest_of("module", "entry");
        assert_eq!(first, digest_of("module", "entry"));
        for (module, entry) in [
            ("changed", "entry"),
            ("module", "changed"),
            ("modulee", "ntry"),
        ] {
            assert_ne!(first, digest_of(module, entry), "{module} {entry}");
        }
        fs::remove_dir_all(&directory).unwrap();
    }
}
