//! The versions pinned in `Cargo.lock`. Tools that process a library's output must have the library's version, which is
//! thus stated only once, in `Cargo.toml`.

use std::fs;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Returns the version of a crate in this workspace's `Cargo.lock`.
pub fn version(workspace: &Workspace, name: &str) -> Result<String> {
    let path = workspace.root().join("Cargo.lock");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    find(&text, name)
        .map(str::to_owned)
        .with_context(|| format!("{} does not hold the crate {name}", path.display()))
}

fn find<'lock>(lock: &'lock str, name: &str) -> Option<&'lock str> {
    let wanted = format!("name = \"{name}\"");
    let mut lines = lock.lines().skip_while(|line| *line != wanted);
    lines.next()?;
    lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::find;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"worker-sys\"\nversion = \"0.8.6\"\n\n[[package]]\nname = \
                        \"worker\"\nversion = \"0.8.7\"\nsource = \"registry\"\ndependencies = [\n \"worker-sys\",\n]\n";

    #[test]
    fn a_crate_is_found_by_its_whole_name() {
        assert_eq!(find(LOCK, "worker"), Some("0.8.7"));
        assert_eq!(find(LOCK, "worker-sys"), Some("0.8.6"));
        assert_eq!(find(LOCK, "work"), None);
    }

    #[test]
    fn a_broken_lock_file_holds_nothing() {
        assert_eq!(find("", "worker"), None);
        assert_eq!(find("name = \"worker\"", "worker"), None);
        assert_eq!(
            find("name = \"worker\"\nsource = \"registry\"", "worker"),
            None
        );
    }
}
