//! How long a removal will take still: the requests that it needs, at the pace that the budget allows.

use super::Ledger;
use super::acceptance::first_row;
use super::store::{Store, StoreError};
use super::views::RemovalView;
use crate::values;

/// How long one request takes in the middle, with six at a time, in milliseconds. Counts only while there is budget.
const REQUEST_MS: u64 = 60;
const FIVE_MINUTES_MS: u64 = 300_000;

/// What an estimate is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outlook {
    /// Requests that this removal still needs.
    pub requests: u64,
    /// Removals that share the budget with it, itself included.
    pub sharers: u64,
    /// Requests that may leave at once.
    pub free: u64,
    /// Requests that durable work may send in five minutes.
    pub per_5_minutes: u64,
    /// How long everything stands still, in milliseconds.
    pub standstill_ms: u64,
}

impl Outlook {
    /// The time left in seconds, rounded up.
    pub fn seconds(self) -> u64 {
        let shared = self.requests.saturating_mul(self.sharers.max(1));
        let beyond = shared.saturating_sub(self.free);
        let waiting = beyond.saturating_mul(FIVE_MINUTES_MS) / self.per_5_minutes.max(1);
        let sending = shared.saturating_mul(REQUEST_MS);
        self.standstill_ms
            .saturating_add(waiting.max(sending))
            .div_ceil(1000)
    }
}

impl<S: Store> Ledger<S> {
    pub(super) fn estimate(
        &self,
        seq: u64,
        view: &RemovalView,
        now: u64,
    ) -> Result<Option<u64>, StoreError> {
        let rows = self.store.run(
            "SELECT (SELECT count(*) FROM items WHERE removal = ?1 AND state IN ('waiting', 'pending')),
                (SELECT count(*) FROM works WHERE removal = ?1 AND stage = 'deleting' AND lists = 1),
                (SELECT count(*) FROM works WHERE removal = ?1 AND meeting IS NULL AND stage NOT IN ('done', 'failed')),
                (SELECT count(*) FROM removals WHERE state IN ('queued', 'running') AND seq <> ?1)",
            &values![seq],
        )?;
        let row = first_row(&rows)?;
        let progress = view.progress;
        let unread = progress
            .meetings_total
            .saturating_sub(progress.meetings_scanned);
        // The list of meetings is read twice, by 100 as far as is known.
        let lists = row.integer(2)? * (1 + progress.meetings_total.div_ceil(100));
        // As many will be found in the rest as so far: each is deleted, its meeting confirmed, and perhaps kicked.
        let ahead = progress.found.saturating_mul(unread) / progress.meetings_scanned.max(1);
        let to_find = if lists > 0 {
            ahead * (2 + u64::from(view.kick))
        } else {
            0
        };
        let requests = row.integer(0)? + row.integer(1)? + unread + lists + to_find;
        let start = view.not_before.unwrap_or(0).saturating_sub(now);
        let pause = view
            .pause
            .map_or(0, |pause| pause.until.saturating_sub(now));
        let mut pacing = self.pacing.borrow_mut();
        let allowed = pacing.allowed(&self.settings);
        let outlook = Outlook {
            requests: requests.max(u64::from(view.targets.min(1))),
            sharers: 1 + row.integer(3)?,
            free: u64::from(pacing.window.free(now, allowed)),
            per_5_minutes: u64::from(allowed.durable),
            standstill_ms: start.max(pause),
        };
        Ok(Some(outlook.seconds()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTLOOK: Outlook = Outlook {
        requests: 960,
        sharers: 1,
        free: 960,
        per_5_minutes: 960,
        standstill_ms: 0,
    };

    #[test]
    fn the_budget_decides_once_it_is_used_up() {
        assert_eq!(OUTLOOK.seconds(), 58);
        assert_eq!(Outlook { free: 0, ..OUTLOOK }.seconds(), 300);
        assert_eq!(
            Outlook {
                requests: 2880,
                ..OUTLOOK
            }
            .seconds(),
            600
        );
    }

    #[test]
    fn others_and_a_standstill_count() {
        assert_eq!(
            Outlook {
                sharers: 2,
                ..OUTLOOK
            }
            .seconds(),
            300
        );
        assert_eq!(
            Outlook {
                standstill_ms: 60_000,
                ..OUTLOOK
            }
            .seconds(),
            118
        );
        assert_eq!(
            Outlook {
                requests: 0,
                ..OUTLOOK
            }
            .seconds(),
            0
        );
    }
}
