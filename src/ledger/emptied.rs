//! Lists whose pages shift because another removal is deleting the people on them.

use super::Ledger;
use super::stage::Stage;
use super::store::{Store, StoreError, first_row};
use super::work::Work;
use crate::values;

/// How long until such a list is read again, in milliseconds.
pub(super) const EMPTIED_MS: u64 = 60_000;

impl<S: Store> Ledger<S> {
    /// Restarts a list from its first page after a while, as if the pass had not begun.
    pub(super) fn restart_pass(&self, work: &Work, now: u64) -> Result<(), StoreError> {
        self.forget_pass(work)?;
        self.store.execute(
            "UPDATE works SET page = 1, reading = '', excused = excused + 1 WHERE id = ?1",
            &values![work.id],
        )?;
        self.enter(
            work.id,
            Stage::Reading,
            Some(now.saturating_add(EMPTIED_MS)),
        )
    }

    /// Returns whether another removal is deleting participants of the same meeting about now.
    pub(super) fn is_being_emptied(&self, work: &Work, now: u64) -> Result<bool, StoreError> {
        let rows = self.store.run(
            "SELECT EXISTS (SELECT 1 FROM removals r INDEXED BY removals_by_state JOIN works w INDEXED BY works_by_meeting
                ON w.removal = r.seq AND ifnull(w.meeting, '') = ?1
             WHERE r.state = 'running' AND NOT r.dry_run AND r.seq <> ?2 AND w.stage IN ('kicking', 'kicking_each', 'deleting')
                AND EXISTS (SELECT 1 FROM items i WHERE i.work = w.id AND i.state = 'pending'
                    AND (i.sent_at IS NOT NULL OR i.due_at <= ?3)))",
            &values![
                work.meeting.as_deref(),
                work.removal,
                now.saturating_add(EMPTIED_MS)
            ],
        )?;
        first_row(&rows)?.flag(0)
    }
}
