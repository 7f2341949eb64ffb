//! The table in `docs/ledger.md` of the breaks and what noticed them.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;

/// The lines that enclose the table in the page.
const BEGIN: &str = "<!-- written by cargo xtask simulate --breaks: begin -->";
const END: &str = "<!-- written by cargo xtask simulate --breaks: end -->";
/// The maximum length of a violation's description, in characters.
const LONGEST: usize = 110;

/// A break, and what noticed it.
pub struct Row {
    /// What is broken.
    pub name: String,
    /// What noticed it.
    pub noticed: Noticed,
}

/// What notices a break.
pub enum Noticed {
    /// The first seed that found a violation.
    Seed {
        /// Its number.
        seed: u64,
        /// What it found.
        violation: String,
    },
    /// The name of a test.
    Test(String),
    /// Nothing.
    Nothing,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.noticed {
            Noticed::Seed { seed, violation } => {
                write!(f, "| {name} | seed {seed} | {} |", short(violation))
            }
            Noticed::Test(test) => write!(f, "| {name} | test | `{test}` |"),
            Noticed::Nothing => write!(f, "| {name} | **nothing** | |"),
        }
    }
}

/// Writes the table into `docs/ledger.md` of the repository at `root`.
pub fn write(root: &Path, rows: &[Row]) -> Result<(), String> {
    let page = root.join("docs/ledger.md");
    let text = fs::read_to_string(&page)
        .map_err(|error| format!("cannot read {}: {error}", page.display()))?;
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or("docs/ledger.md has lost the marks around its table")?;
    let mut table = String::from("| broken on purpose | noticed by | as |\n|---|---|---|\n");
    for row in rows {
        writeln!(table, "{row}").map_err(|error| error.to_string())?;
    }
    fs::write(&page, format!("{before}{BEGIN}\n\n{table}\n{END}{after}"))
        .map_err(|error| format!("cannot write {}: {error}", page.display()))
}

/// Shortens a violation: drops what differs between runs, such as times, and the rows it shows, and limits the length.
fn short(violation: &str) -> String {
    let shown = violation.split_once(" { ").map(|(before, _)| before);
    let violation = shown.map_or(violation, |before| {
        let words = before.rsplit_once(' ').map_or(before, |(words, _)| words);
        words.trim_end_matches(" is").trim_end_matches(':')
    });
    let mut text = String::new();
    let mut digits = String::new();
    for character in violation.chars().chain(['\n']) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        text.push_str(if digits.len() >= 9 { "…" } else { &digits });
        digits.clear();
        text.push(if character == '|' { '/' } else { character });
    }
    let text = text.trim_end().replace("00000000-0000-4000-8000-", "");
    let Some((end, _)) = text.char_indices().nth(LONGEST) else {
        return text;
    };
    format!("{} …", text.get(..end).unwrap_or_default().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_is_shortened_to_what_says_something() {
        assert_eq!(
            short("p7 of 00000000-0000-4000-8000-000000000003 | left at 1893456000123"),
            "p7 of … / left at …"
        );
        assert_eq!(short(&"é".repeat(200)).chars().count(), LONGEST + 2);
        assert_eq!(short("p8 is there: Participant { id: 8 }"), "p8 is there");
    }
}
