//! How many tests passed, failed and were skipped, as counted by the test runners themselves.

use std::iter::Sum;
use std::ops::Add;

/// The outcomes of a number of tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed, whatever the reason.
    pub failed: u64,
    /// Tests that were not run.
    pub skipped: u64,
}

impl Counts {
    /// One passed test.
    pub const PASSED: Self = Self::new(1, 0, 0);
    /// One failed test.
    pub const FAILED: Self = Self::new(0, 1, 0);

    /// Creates counts from the three numbers, in this order.
    pub const fn new(passed: u64, failed: u64, skipped: u64) -> Self {
        Self {
            passed,
            failed,
            skipped,
        }
    }

    /// Reconciles the counts with the runner's exit status: a failing runner has at least one failure, even if it broke
    /// off before counting it.
    pub fn with_exit(self, success: bool) -> Self {
        if success || self.failed > 0 {
            self
        } else {
            self + Self::FAILED
        }
    }

    /// Returns the number of all tests.
    pub fn total(self) -> u64 {
        self.passed + self.failed + self.skipped
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Self::add)
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(
            formatter,
            "{passed} passed, {failed} failed, {skipped} skipped"
        )
    }
}

/// Parses the output of `cargo test`: each test binary ends with its own result line.
pub fn of_cargo(output: &str) -> Counts {
    output.lines().filter_map(cargo_result).sum()
}

/// Parses `test result: ok. 9 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s`.
fn cargo_result(line: &str) -> Option<Counts> {
    let (_verdict, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |what: &str| {
        counts
            .split("; ")
            .find_map(|part| part.strip_suffix(what)?.trim_end().parse().ok())
    };
    Some(Counts::new(
        number("passed")?,
        number("failed")?,
        number("ignored")?,
    ))
}

/// Parses the closing lines of the TAP output of Node's test runner. Returns `None` if it broke off before them.
pub fn of_node(tap: &str) -> Option<Counts> {
    // Test output may contain lines of the same form, but earlier: the last line of each kind is the runner's own.
    let last = |what: &str| {
        let prefix = format!("# {what} ");
        tap.lines()
            .rev()
            .find_map(|line| line.strip_prefix(&prefix)?.parse::<u64>().ok())
    };
    let tests = last("tests")?;
    let counts = Counts::new(
        last("pass")?,
        last("fail")? + last("cancelled")?,
        last("skipped")? + last("todo")?,
    );
    (counts.total() == tests).then_some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARGO: &str = "\
   Compiling xtask v0.1.0 (/somewhere/xtask)
    Finished `test` profile [unoptimized] target(s) in 3.05s
     Running unittests src/lib.rs (target/debug/deps/participant_remover-0123456789abcdef)

running 3 tests
test ids::tests::one ... ok
test ids::tests::two ... FAILED
test ids::tests::three ... ignored, slow

failures:

---- ids::tests::two stdout ----
test result: so-so

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.02s

error: test failed, to rerun pass `-p participant-remover --lib`
     Running tests/simulation.rs (target/debug/deps/simulation-0123456789abcdef)

running 1 test
test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 9.81s

   Doc-tests participant_remover

running 0 tests

test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    #[test]
    fn the_results_of_all_binaries_add_up() {
        assert_eq!(of_cargo(CARGO), Counts::new(13, 1, 1));
        let broken = "error: could not compile `xtask`\n";
        assert_eq!(of_cargo(broken), Counts::default());
    }

    const TAP: &str = "\
TAP version 13
# pass 77
# Subtest: removes
ok 1 - removes
1..6
# tests 6
# suites 1
# pass 2
# fail 1
# cancelled 1
# skipped 1
# todo 1
# duration_ms 130.6
";

    #[test]
    fn node_s_closing_lines_are_read_and_no_test_s_own_output() {
        assert_eq!(of_node(TAP), Some(Counts::new(2, 2, 2)));
    }

    #[test]
    fn a_node_run_that_broke_off_counts_nothing() {
        let begun = TAP.split("# cancelled").next().unwrap();
        assert_eq!(of_node(begun), None);
        assert_eq!(of_node(""), None);
        let contradictory = TAP.replace("# tests 6", "# tests 60");
        assert_eq!(of_node(&contradictory), None);
    }

    #[test]
    fn a_failing_exit_is_at_least_one_failure() {
        let (good, bad) = (Counts::new(3, 0, 0), Counts::new(3, 2, 0));
        assert_eq!(good.with_exit(true), good);
        assert_eq!(good.with_exit(false), Counts::new(3, 1, 0));
        assert_eq!(bad.with_exit(false), bad);
        assert_eq!(Counts::default().with_exit(false), Counts::FAILED);
    }
}
