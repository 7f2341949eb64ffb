//! Kicks that no delete follows: the last one of everyone, and those that a retry sends for people who were deleted
//! although their kick had failed.

use super::Ledger;
use super::stage::Stage;
use super::store::{Store, StoreError};
use super::work::{WAITING, Work};
use crate::values;

/// Whom the kicks of a work row are about: an index of the items, and an SQL condition.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToKick {
    pub index: &'static str,
    /// `?1` is the work row.
    pub condition: &'static str,
}

/// Those who are to be deleted.
const BEFORE_DELETE: ToKick = ToKick {
    index: "items_open",
    condition: "work = ?1 AND state IN ('waiting', 'pending') AND sent_at IS NULL",
};
/// Those who were deleted although their kick had failed.
const DELETED_UNKICKED: ToKick = ToKick {
    index: "items_unkicked",
    condition: "work = ?1 AND removal = (SELECT removal FROM works WHERE id = ?1)
        AND kick_error IS NOT NULL AND state = 'done'",
};

/// Returns whom the next kick of a work row is about.
pub(super) fn to_kick(work: &Work) -> ToKick {
    if work.closing {
        DELETED_UNKICKED
    } else {
        BEFORE_DELETE
    }
}

impl<S: Store> Ledger<S> {
    /// Kicks those who were deleted although their kick had failed; what else the work row has to do follows.
    pub(super) fn kick_the_deleted(&self, work: u64, now: u64) -> Result<(), StoreError> {
        self.store
            .execute("UPDATE works SET closing = 1 WHERE id = ?1", &values![work])?;
        self.begin_kicks(work, now)
    }

    /// Goes on after the last kick of everyone, or after that of those who had been deleted unkicked: then whoever
    /// could not be deleted is next, or the list is read again.
    pub(super) fn closing_kicked(&self, work: &Work, now: u64) -> Result<(), StoreError> {
        if work.kicks_all {
            return self.end_work(work, Stage::Done, now);
        }
        self.store.execute(
            "UPDATE works SET closing = 0 WHERE id = ?1",
            &values![work.id],
        )?;
        let waiting = self.store.run(
            &format!("SELECT 1 FROM items WHERE work = ?1 AND {WAITING} LIMIT 1"),
            &values![work.id],
        )?;
        if !waiting.is_empty() {
            return self.kick_and_delete(work.id, now);
        }
        if work.lists && work.pass > 0 {
            return self.read_again(work, now);
        }
        self.end_work(work, Stage::Done, now)
    }

    /// Handles a failed last kick of everyone. One of those deleted records it for all; if there is none, this kick was
    /// all there was to do.
    pub(super) fn last_kick_failed(
        &self,
        work: &Work,
        reason: &str,
        now: u64,
    ) -> Result<(), StoreError> {
        let told = self.store.run(
            "UPDATE items SET kick_error = ?2
             WHERE id = (SELECT max(id) FROM items WHERE work = ?1 AND state = 'done') RETURNING id",
            &values![work.id, reason],
        )?;
        if told.is_empty() {
            let reason = format!("nobody has a record, and the kick of everyone failed: {reason}");
            return self.give_up(work, &reason, now);
        }
        let reason = format!("everyone is deleted, but the last kick of everyone failed: {reason}");
        self.note_error(work.removal, &reason)?;
        self.end_work(work, Stage::Done, now)
    }

    pub(super) fn is_anyone_left_to_kick(
        &self,
        work: &Work,
        last: u64,
    ) -> Result<bool, StoreError> {
        let ToKick { index, condition } = to_kick(work);
        let rows = self.store.run(
            &format!(
                "SELECT 1 FROM items INDEXED BY {index} WHERE {condition} AND id > ?2 LIMIT 1"
            ),
            &values![work.id, last],
        )?;
        Ok(!rows.is_empty())
    }
}
