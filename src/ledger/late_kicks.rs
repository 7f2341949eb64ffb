//! Repeating kicks before deletes that leave late: whoever was kicked can come back until they are deleted.

use super::Ledger;
use super::participants::Item;
use super::stage::Stage;
use super::store::{Store, StoreError, first_row};
use super::work::{PENDING, WAITING};
use crate::values;

/// How long after its kick a delete may leave, in milliseconds: whoever was kicked can come back until they are
/// deleted.
pub(super) const FRESH_MS: u64 = 15_000;
/// The same after a kick of everyone, which is repeated one last time at the end.
pub(super) const FRESH_OF_ALL_MS: u64 = 240_000;
/// How many times in a row a kick is repeated for a delete that is late, without any delete in between.
const MAX_KICKS_IN_VAIN: u32 = 2;

impl<S: Store> Ledger<S> {
    /// Kicks a participant again, with all who are waiting in the same meeting: their delete would leave so long after
    /// the kick that they may be back. Returns `false` if that has repeatedly led to no delete: then the delete leaves
    /// anyway, and `kick_error` says so.
    pub(super) fn kick_before_late_delete(
        &self,
        item: u64,
        work: u64,
        now: u64,
    ) -> Result<bool, StoreError> {
        let rows = self.store.run(
            "SELECT stage = 'deleting', iif(EXISTS (SELECT 1 FROM items
                WHERE work = works.id AND finished_at >= works.kicked_anew_at), 0, kicked_in_vain) FROM works WHERE id = ?1",
            &values![work],
        )?;
        let row = first_row(&rows)?;
        let (deleting, in_vain) = (row.flag(0)?, row.small(1)?);
        if in_vain >= MAX_KICKS_IN_VAIN {
            let reason = "the delete left too long after the last kick, and repeated kicks had led to no delete";
            self.store.execute(
                "UPDATE items SET kick_error = ?2 WHERE id = ?1",
                &values![item, reason],
            )?;
            if deleting {
                // Nor do others wait for a kick that does not come.
                self.store.execute(
                    &format!(
                        "UPDATE items SET state = 'pending', due_at = ?2 WHERE work = ?1 AND {WAITING}"
                    ),
                    &values![work, now],
                )?;
            }
            return Ok(false);
        }
        self.store.execute(
            "UPDATE works SET kicked_anew_at = ?2, kicked_in_vain = ?3 WHERE id = ?1",
            &values![work, now, in_vain + u32::from(deleting)],
        )?;
        self.store.execute(
            "UPDATE items SET sent_at = NULL, attempts = attempts - 1 WHERE id = ?1",
            &values![item],
        )?;
        self.expect_live(work, now)?;
        self.wait_for_new_kick(work, deleting, now)?;
        Ok(true)
    }

    /// Makes those who are to be deleted, and have no request in flight, wait for a kick. It begins at `due` if their
    /// meeting is `deleting`; if others in it are still being kicked, they follow those.
    fn wait_for_new_kick(&self, work: u64, deleting: bool, due: u64) -> Result<(), StoreError> {
        self.store.execute(
            &format!(
                "UPDATE items SET state = 'waiting', due_at = NULL WHERE work = ?1 AND {PENDING} AND sent_at IS NULL
                    AND ifnull(due_at, 0) <= ?2"
            ),
            &values![work, due],
        )?;
        if deleting {
            self.begin_kicks(work, due)?;
        }
        Ok(())
    }

    /// Starts the work again with the kick, at `due`, after the token was refused for a delete: until it is fixed,
    /// those who were to be deleted may come back to the session, or were never kicked from it.
    pub(super) fn kick_again_after_refusal(&self, item: &Item, due: u64) -> Result<(), StoreError> {
        if item.cancelled {
            return Ok(());
        }
        self.expect_live(item.work, due)?;
        let work = self.work_row(item.work)?;
        if !work.kicks || work.dry_run {
            return Ok(());
        }
        self.wait_for_new_kick(work.id, work.stage == Stage::Deleting, due)
    }
}
