//! Resuming what an earlier alarm left behind: requests that were sent and have no recorded response.

use super::Ledger;
use super::store::{Store, StoreError};
use super::window::{Counted, WINDOW_MS};
use crate::realtimekit::retry::RetryPolicy;
use crate::values;

impl<S: Store> Ledger<S> {
    /// Recovers interrupted requests when an alarm begins to work: nothing of this instance is in flight then.
    pub(super) fn recover(&self, now: u64) -> Result<(), StoreError> {
        self.store.transaction(|| {
            // A delete whose response was not seen may have taken effect; that of a cancelled removal stays unknown. A
            // dry run only looks.
            let items = self.store.run(
                "UPDATE items SET sent_at = NULL, due_at = ?1,
                    ambiguous = iif(finds_app, ambiguous, NOT (SELECT dry_run FROM removals WHERE seq = removal))
                 WHERE sent_at IS NOT NULL RETURNING removal, id",
                &values![now],
            )?;
            for row in &items {
                self.wait_for_kick(row.integer(1)?, now)?;
            }
            let works = self.store.run(
                "UPDATE works SET sent_at = NULL, attempts = max(0, attempts - 1),
                    due_at = CASE WHEN stage IN ('reading', 'kicking', 'session', 'kicking_each') THEN ?1 END
                 WHERE sent_at IS NOT NULL RETURNING removal",
                &values![now],
            )?;
            let lost = u32::try_from(items.len() + works.len()).unwrap_or(u32::MAX);
            if lost > 0 {
                self.count_lost(lost, now)?;
            }
            for row in items.iter().chain(&works) {
                self.wake(row.integer(0)?, now)?;
            }
            for row in items.iter().chain(&works) {
                self.close_cancelled(row.integer(0)?, now)?;
            }
            // Another version of this Worker may have ended removals since, without waking those that wait for room.
            self.wake_held(now)
        })?;
        self.load_pacing(now)
    }

    /// Counts interrupted requests as if they had been answered when they would have timed out.
    fn count_lost(&self, lost: u32, now: u64) -> Result<(), StoreError> {
        let timeout = super::throttle::after(now, RetryPolicy::ONCE.attempt_timeout);
        let counted = Counted {
            durable: lost,
            synchronous: 0,
        };
        self.store_requests(timeout.saturating_add(WINDOW_MS), counted)
    }

    /// Closes what a cancelled removal has open and not in flight. Whoever a lost delete was about may be gone and
    /// becomes `unknown`; whoever was already gone stays so.
    pub(super) fn close_cancelled(&self, removal: u64, now: u64) -> Result<(), StoreError> {
        let cancelled = self.store.run(
            "SELECT 1 FROM removals WHERE seq = ?1 AND state = 'cancelled'",
            &values![removal],
        )?;
        if cancelled.is_empty() {
            return Ok(());
        }
        let closed = self.store.run(
            "UPDATE items SET due_at = NULL, finished_at = ifnull(finished_at, ?2),
                state = CASE WHEN outcome IS NOT NULL THEN 'done' WHEN ambiguous THEN 'failed' ELSE 'cancelled' END,
                outcome = CASE WHEN outcome IS NULL AND ambiguous THEN 'unknown' ELSE outcome END
             WHERE removal = ?1 AND state IN ('waiting', 'pending') AND sent_at IS NULL RETURNING state = 'failed'",
            &values![removal, now],
        )?;
        let failed = closed.iter().map(|row| row.integer(0));
        let failed: u64 = failed.sum::<Result<_, _>>()?;
        self.store.execute(
            "UPDATE removals SET failed = failed + ?2 WHERE seq = ?1",
            &values![removal, failed],
        )?;
        // It is never run again.
        self.ended.borrow_mut().push(removal);
        self.drop_works(removal)
    }
}
