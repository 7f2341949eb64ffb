//! Taking up again what an earlier alarm left: requests that were sent and have no recorded answer.

use super::Ledger;
use super::acceptance::first_row;
use super::store::{Store, StoreError};
use super::window::{Counted, WINDOW_MS};
use super::work::{Stage, Work};
use crate::realtimekit::retry::RetryPolicy;
use crate::values;

impl<S: Store> Ledger<S> {
    /// Called when an alarm begins to work: nothing of this instance is in flight then.
    pub(super) fn recover(&self, now: u64) -> Result<(), StoreError> {
        self.store.transaction(|| {
            // A delete whose answer was not seen may have worked; that of a removal that was cancelled stays unknown. A dry
            // run only looks.
            let items = self.store.run(
                "UPDATE items SET ambiguous = NOT (SELECT dry_run FROM removals WHERE seq = removal), sent_at = NULL, due_at = ?1
                 WHERE sent_at IS NOT NULL RETURNING removal, id",
                &values![now],
            )?;
            for row in &items {
                self.wait_for_kick(row.integer(1)?)?;
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
            Ok(())
        })?;
        self.load_pacing(now)
    }

    /// Requests that were interrupted count as if they were answered when they would have been given up.
    fn count_lost(&self, lost: u32, now: u64) -> Result<(), StoreError> {
        let timeout = super::brakes::after(now, RetryPolicy::ONCE.attempt_timeout);
        let counted = Counted {
            durable: lost,
            synchronous: 0,
        };
        self.store_requests(timeout.saturating_add(WINDOW_MS), counted)
    }

    /// Closes what a cancelled removal has open and not in flight. Whoever a lost delete was about may be gone: that is
    /// `unknown`, and whoever was gone before stays so.
    pub(super) fn close_cancelled(&self, removal: u64, now: u64) -> Result<(), StoreError> {
        let closed = self.store.run(
            "UPDATE items SET due_at = NULL, finished_at = ifnull(finished_at, ?2),
                state = CASE WHEN outcome IS NOT NULL THEN 'done' WHEN ambiguous THEN 'failed' ELSE 'cancelled' END,
                outcome = CASE WHEN outcome IS NULL AND ambiguous THEN 'unknown' ELSE outcome END
             WHERE removal = ?1 AND state IN ('waiting', 'pending') AND sent_at IS NULL
               AND (SELECT state FROM removals WHERE seq = ?1) = 'cancelled' RETURNING state = 'failed'",
            &values![removal, now],
        )?;
        let failed = closed.iter().map(|row| row.integer(0));
        let failed: u64 = failed.sum::<Result<_, _>>()?;
        self.store.run(
            "UPDATE removals SET failed = failed + ?2 WHERE seq = ?1",
            &values![removal, failed],
        )?;
        // Nobody runs it again.
        self.store.run(
            "DELETE FROM works WHERE removal = ?1 AND stage = 'cancelled' AND sent_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM items WHERE work = works.id AND sent_at IS NOT NULL)",
            &values![removal],
        )?;
        Ok(())
    }

    /// When the next thing is due and the pace allows it, as far as is known.
    pub(super) fn next_due(&self, now: u64) -> Result<Option<u64>, StoreError> {
        let rows = self.store.run(
            "SELECT min(wake_at) FROM removals WHERE wake_at IS NOT NULL",
            &[],
        )?;
        let Some(due) = first_row(&rows)?.maybe_integer(0)? else {
            return Ok(None);
        };
        let free = self.pacing.borrow_mut().free_at(now, &self.settings);
        Ok(free.map(|free| free.max(due)))
    }

    /// The answer came after the removal was cancelled.
    pub(super) fn close(&self, work: &Work, now: u64) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE works SET sent_at = NULL, due_at = NULL WHERE id = ?1",
            &values![work.id],
        )?;
        self.close_cancelled(work.removal, now)
    }

    /// The same request again, not before `due`; this attempt does not count.
    pub(super) fn postpone_untried(&self, work: &Work, due: u64) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE works SET sent_at = NULL, due_at = ?2, attempts = max(0, attempts - 1) WHERE id = ?1",
            &values![work.id, due],
        )?;
        Ok(())
    }

    /// The same request again after a failure.
    pub(super) fn repeat_work(
        &self,
        work: &Work,
        due: u64,
        waited: u64,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE works SET sent_at = NULL, due_at = ?2, waited = ?3, last_error = ?4 WHERE id = ?1",
            &values![work.id, due, waited, reason],
        )?;
        self.store.run(
            "UPDATE removals SET last_error = ?2 WHERE seq = ?1",
            &values![work.removal, reason],
        )?;
        Ok(())
    }

    /// Remembers when something was refused first.
    pub(super) fn note_refusal(&self, table: &str, id: u64, now: u64) -> Result<(), StoreError> {
        self.store.run(
            &format!("UPDATE {table} SET refused_at = ifnull(refused_at, ?2) WHERE id = ?1"),
            &values![id, now],
        )?;
        Ok(())
    }

    /// Remembers that the API accepted the token for a delete, or for something else. In memory only: after a restart
    /// a refusal stops everything once more, and that is harmless.
    pub(super) fn note_accepted(&self, delete: bool, now: u64) {
        let (deletes, others) = self.accepted.get();
        self.accepted.set(if delete {
            (now, others)
        } else {
            (deletes, now)
        });
    }

    /// When the API accepted the token for a delete, or for something else, last.
    pub(super) fn accepted_at(&self, delete: bool) -> u64 {
        let (deletes, others) = self.accepted.get();
        if delete { deletes } else { others }
    }
}

impl Stage {
    /// Whether an answer no longer matters.
    pub(super) fn is_closed(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}
