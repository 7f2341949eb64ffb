//! A retry kicks those who were deleted although their kick had failed. No delete follows these kicks.

use super::Ledger;
use super::stage::Stage;
use super::store::{Store, StoreError, count, first_row};
use super::work::Work;
use crate::values;

impl<S: Store> Ledger<S> {
    /// Kicks those who were deleted although their kick had failed; what else the work row has to do follows.
    pub(super) fn kick_the_deleted(&self, work: u64, now: u64) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE works SET retries_kicks = 1 WHERE id = ?1",
            &values![work],
        )?;
        self.begin_kicks(work, now)
    }

    /// Goes on after the retried kicks: whoever could not be deleted is next, or the list is read again.
    pub(super) fn kicks_retried(&self, work: &Work, now: u64) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE works SET retries_kicks = 0 WHERE id = ?1",
            &values![work.id],
        )?;
        if self.is_anyone_waiting(work.id)? {
            return self.kick_and_delete(work.id, now);
        }
        if work.lists && work.pass > 0 {
            return self.read_again(work, now);
        }
        self.end_work(work, Stage::Done, now)
    }

    /// Handles a kick for which the token was refused: a token that is refused for one is refused for all. In a retry,
    /// that ends the kicks of the other meetings as well.
    pub(super) fn kick_refused(
        &self,
        work: &Work,
        reason: &str,
        now: u64,
    ) -> Result<(), StoreError> {
        if work.retries_kicks {
            self.store.execute(
                "UPDATE items INDEXED BY items_unkicked SET kick_error = ?2
                 WHERE removal = ?1 AND kick_error IS NOT NULL AND state = 'done'",
                &values![work.removal, reason],
            )?;
            self.end_retried_kicks(work.removal, false)?;
        }
        self.kick_failed(work, None, reason, now)
    }

    /// Ends a retry that is about kicks alone: the removal is again what it was before. Returns `false` if there is
    /// more to it.
    pub(super) fn end_retry_of_kicks(&self, removal: u64, now: u64) -> Result<bool, StoreError> {
        let rows = self.store.run(
            "SELECT count(*) FILTER (WHERE retries_kicks AND pass = 0) > 0
                AND count(*) FILTER (WHERE pass > 0 AND stage NOT IN ('done', 'failed')) = 0
             FROM works INDEXED BY works_open WHERE removal = ?1",
            &values![removal],
        )?;
        if !first_row(&rows)?.flag(0)? {
            return Ok(false);
        }
        self.end_retried_kicks(removal, true)?;
        self.store.execute(
            "UPDATE removals SET state = 'running' WHERE seq = ?1",
            &values![removal],
        )?;
        self.confirm_or_finish(removal, now)?;
        Ok(true)
    }

    /// Ends the work rows of a removal that are about retried kicks alone, those with a request in flight only if
    /// `all` are to end.
    fn end_retried_kicks(&self, removal: u64, all: bool) -> Result<(), StoreError> {
        let ended = self.store.run(
            "UPDATE works INDEXED BY works_open SET stage = 'done', due_at = NULL, retries_kicks = 0
             WHERE removal = ?1 AND retries_kicks AND pass = 0 AND (?2 OR sent_at IS NULL) RETURNING 1",
            &values![removal, all],
        )?;
        self.store.execute(
            "UPDATE removals SET meetings_scanned = meetings_scanned + ?2 WHERE seq = ?1",
            &values![removal, count(ended.len())],
        )
    }
}
