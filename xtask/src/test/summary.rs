//! The summary at the end of a test run.

use std::fmt::Write;
use std::time::Duration;

use super::counts::Counts;
use crate::steps::spoken;

/// The kind of a test, by what runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Format, lints, and whether everything builds.
    Check,
    /// `cargo test`: plain functions on the host.
    Unit,
    /// `cargo test`: the ledger's whole life on the host.
    Simulation,
    /// The stand-in by itself.
    StandIn,
    /// The Worker in its runtime, beside the stand-in.
    Wrangler,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Check => "checks and builds",
            Self::Unit => "unit",
            Self::Simulation => "simulation",
            Self::StandIn => "stand-in",
            Self::Wrangler => "under wrangler dev",
        }
    }
}

/// The outcomes of a whole run.
#[derive(Debug, Default)]
pub struct Summary {
    results: Vec<(Kind, Counts)>,
}

impl Summary {
    /// Adds outcomes.
    pub fn add(&mut self, kind: Kind, counts: Counts) {
        self.results.push((kind, counts));
    }

    /// Returns the sum of all outcomes.
    pub fn total(&self) -> Counts {
        self.results.iter().map(|(_, counts)| *counts).sum()
    }

    /// Returns whether nothing failed and something ran: with a filter, a test that matches it.
    pub fn is_success(&self, filtered: bool) -> bool {
        let counts = |(kind, _): &&(Kind, Counts)| !filtered || *kind != Kind::Check;
        let ran: Counts = self
            .results
            .iter()
            .filter(counts)
            .map(|(_, counts)| *counts)
            .sum();
        ran.passed > 0 && self.total().failed == 0
    }

    /// Returns a table by kind, with the total alone on the last line: tools parse that line, so its format is fixed.
    pub fn table(&self, took: Duration) -> String {
        let mut kinds: Vec<Kind> = self.results.iter().map(|(kind, _)| *kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let mut text = format!(
            "\n{:20} {:>7} {:>7} {:>7}\n",
            "", "passed", "failed", "skipped"
        );
        for kind in kinds {
            let of_kind = self.results.iter().filter(|(other, _)| *other == kind);
            let Counts {
                passed,
                failed,
                skipped,
            } = of_kind.map(|(_, counts)| *counts).sum();
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{:20} {passed:>7} {failed:>7} {skipped:>7}",
                kind.name()
            );
        }
        let _ = write!(text, "in {}\n\n{}", spoken(took), self.total());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_adds_up_by_kind_and_ends_with_the_total() {
        let mut summary = Summary::default();
        summary.add(Kind::Wrangler, Counts::new(80, 1, 2));
        summary.add(Kind::Check, Counts::PASSED);
        summary.add(Kind::Unit, Counts::new(100, 0, 0));
        summary.add(Kind::Check, Counts::PASSED);
        let expected = "
                      passed  failed skipped
checks and builds          2       0       0
unit                     100       0       0
under wrangler dev        80       1       2
in 4 min 02 s

182 passed, 1 failed, 2 skipped";
        assert_eq!(summary.table(Duration::from_secs(242)), expected);
    }

    #[test]
    fn success_takes_a_test_that_ran_and_none_that_failed() {
        let cases = [
            (Counts::default(), false),
            (Counts::new(0, 0, 5), false),
            (Counts::new(1, 0, 5), true),
            (Counts::new(9, 1, 0), false),
        ];
        for (counts, expected) in cases {
            let mut summary = Summary::default();
            summary.add(Kind::Unit, counts);
            assert_eq!(summary.is_success(false), expected, "{counts}");
        }
    }

    #[test]
    fn a_filter_that_names_no_test_is_no_success() {
        let mut summary = Summary::default();
        summary.add(Kind::Check, Counts::PASSED);
        assert!(summary.is_success(false) && !summary.is_success(true));
        summary.add(Kind::Unit, Counts::PASSED);
        assert!(summary.is_success(true));
    }
}
