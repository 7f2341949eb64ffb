//! Deliberate breaks of the ledger's guards, one at a time, to see that something notices.

use serde::Deserialize;

/// One guard, and how to break it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Break {
    /// What is broken.
    pub name: String,
    /// The file, relative to the root of the repository.
    pub file: String,
    /// The text to replace, which occurs exactly once in the file.
    pub find: String,
    /// The replacement.
    pub replace: String,
}

#[derive(Deserialize)]
struct Breaks {
    breaks: Vec<Break>,
}

impl Break {
    /// Applies the break to `source`, the content of its file.
    pub fn applied_to(&self, source: &str) -> Result<String, String> {
        match source.matches(&self.find).count() {
            1 => Ok(source.replacen(&self.find, &self.replace, 1)),
            count => Err(format!(
                "{}: what is to be broken in {} stands there {count} times, not once",
                self.name, self.file
            )),
        }
    }
}

/// Returns all breaks in `simulation/breaks.toml`.
pub fn all() -> Result<Vec<Break>, String> {
    let breaks: Breaks = toml::from_str(include_str!("../breaks.toml"))
        .map_err(|error| format!("simulation/breaks.toml: {error}"))?;
    Ok(breaks.breaks)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_break_still_finds_what_it_breaks() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let breaks = all().unwrap();
        for one in &breaks {
            let source = std::fs::read_to_string(root.join(&one.file)).unwrap();
            let broken = one.applied_to(&source).unwrap();
            assert_ne!(broken, source, "{}", one.name);
        }
        let names: HashSet<&str> = breaks.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names.len(), breaks.len(), "two have the same name");
    }
}
