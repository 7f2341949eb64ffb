//! Expensive estimates, cached for some seconds: whoever follows a removal asks for it again and again.

use std::collections::HashMap;

/// How long an estimate is kept, in milliseconds.
const KEPT_MS: u64 = 5_000;
/// How many are kept at most.
const MOST: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Estimate {
    made_at: u64,
    /// The seconds left, if known.
    pub seconds: Option<u64>,
}

/// Estimates by the row number of their removal.
#[derive(Debug, Default)]
pub(super) struct Estimates(HashMap<u64, Estimate>);

impl Estimates {
    /// Returns a recent estimate, less the time since.
    pub fn get(&self, removal: u64, now: u64) -> Option<Estimate> {
        let Estimate { made_at, seconds } = *self.0.get(&removal)?;
        let age = now.checked_sub(made_at).filter(|age| *age < KEPT_MS)?;
        let seconds = seconds.map(|seconds| seconds.saturating_sub(age / 1000));
        Some(Estimate { made_at, seconds })
    }

    /// Caches an estimate, if there is room for it.
    pub fn keep(&mut self, removal: u64, seconds: Option<u64>, now: u64) {
        self.0
            .retain(|_, kept| now.saturating_sub(kept.made_at) < KEPT_MS);
        if self.0.len() < MOST {
            let made_at = now;
            self.0.insert(removal, Estimate { made_at, seconds });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_kept_for_five_seconds() {
        let mut estimates = Estimates::default();
        estimates.keep(1, Some(60), 10_000);
        estimates.keep(2, None, 10_000);
        let seconds = |removal, at| estimates.get(removal, at).map(|kept| kept.seconds);
        assert_eq!(seconds(1, 14_999), Some(Some(56)));
        assert_eq!(seconds(2, 14_999), Some(None));
        assert_eq!(seconds(3, 14_999), None);
        assert_eq!(seconds(1, 15_000), None);
        assert_eq!(seconds(1, 9_999), None);
    }

    #[test]
    fn no_more_than_a_thousand_are_kept() {
        let mut estimates = Estimates::default();
        for removal in 0..1_001 {
            estimates.keep(removal, None, 0);
        }
        assert!(estimates.get(999, 0).is_some());
        assert_eq!(estimates.get(1_000, 0), None);
        estimates.keep(1_000, None, 5_000);
        assert!(estimates.get(1_000, 5_000).is_some());
    }
}
