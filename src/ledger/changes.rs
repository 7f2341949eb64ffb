//! Changing stored removals: cancelling them, and retrying what failed.

use super::Ledger;
use super::id::RemovalId;
use super::state::RemovalState;
use super::store::{Store, StoreError, count};
use crate::ids::{CustomParticipantId, MeetingId};
use crate::values;

/// The work rows of the removal `?1` with somebody who is to be deleted, if `?3` says that there is anybody.
const TO_DELETE: &str = "(SELECT work FROM items INDEXED BY items_by_removal
    WHERE ?3 AND removal = ?1 AND state = 'waiting')";

/// The work rows of the removal `?1` with somebody who was deleted although their kick had failed.
const UNKICKED: &str = "(SELECT work FROM items INDEXED BY items_unkicked
    WHERE removal = ?1 AND kick_error IS NOT NULL AND state = 'done')";

/// The result of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was made.
    Done,
    /// There was nothing to change: the removal is in this state.
    NotPossible(RemovalState),
}

impl<S: Store> Ledger<S> {
    /// Cancels a removal that is not final; a cancelled one stays cancelled. Requests already sent run to completion
    /// and are recorded. One whose failed kicks are all that is retried becomes again what it was. `by` is the caller's
    /// name. Returns `None` if there is no such removal.
    pub fn cancel(
        &self,
        id: &RemovalId,
        by: Option<&str>,
        now: u64,
    ) -> Result<Option<Change>, StoreError> {
        self.store.transaction(|| {
            let Some((seq, state)) = self.find(id)? else {
                return Ok(None);
            };
            if state == RemovalState::Cancelled {
                return Ok(Some(Change::Done));
            }
            if state.is_final() {
                return Ok(Some(Change::NotPossible(state)));
            }
            if !self.end_retry_of_kicks(seq, now)? {
                self.cancel_removal(seq, by, now)?;
            }
            Ok(Some(Change::Done))
        })
    }

    /// Cancels the pending removals of `user` (or else of everyone) from `meeting` that `source` asked for: somebody
    /// came back in time. Those whose event is later than `joined_at` stay. Returns the ids of the cancelled ones.
    pub fn cancel_pending(
        &self,
        source: &str,
        meeting: &MeetingId,
        user: Option<&CustomParticipantId>,
        joined_at: Option<u64>,
        now: u64,
    ) -> Result<Vec<RemovalId>, StoreError> {
        self.store.transaction(|| {
            // Those still scheduled or queued. An event without a time is dated at its receipt, and anybody may have
            // joined before that.
            let rows = self.store.run(
                "SELECT r.seq, r.id FROM targets t INDEXED BY targets_pending JOIN removals r ON r.seq = t.removal
                 WHERE t.pending AND t.meeting = ?2 AND t.user IS ?1 AND t.participant IS NULL
                    AND r.source = ?3 AND r.state IN ('scheduled', 'queued')
                    AND (ifnull(r.event_at, r.accepted_at) >= r.accepted_at OR ?4 IS NULL OR r.event_at <= ?4)",
                &values![
                    user.map(CustomParticipantId::as_str),
                    meeting.as_str(),
                    source,
                    joined_at
                ],
            )?;
            rows.iter()
                .map(|row| {
                    self.cancel_removal(row.integer(0)?, Some(source), now)?;
                    RemovalId::stored(row.text(1)?)
                })
                .collect()
        })
    }

    fn cancel_removal(&self, seq: u64, by: Option<&str>, now: u64) -> Result<(), StoreError> {
        self.pacing.borrow_mut().throttle.forget_deletes();
        self.save_throttle(now)?;
        self.store.execute(
            "UPDATE removals SET state = 'cancelled', cancelled_by = ?3, finished_at = ?2, wake_at = NULL,
                revision = revision + 1
             WHERE seq = ?1",
            &values![seq, now, by],
        )?;
        self.store.execute(
            "UPDATE works SET stage = 'cancelled', due_at = NULL WHERE removal = ?1",
            &values![seq],
        )?;
        self.begin_targets(seq)?;
        self.forget_pages(seq)?;
        self.wake_held(now)?;
        // What is in flight keeps its state: its response, or the loss of it, decides.
        self.close_cancelled(seq, now)
    }

    /// Retries what failed in a removal, kicks included. `by` is the caller's name. Returns `None` if there is no such
    /// removal.
    pub fn retry(
        &self,
        id: &RemovalId,
        by: Option<&str>,
        now: u64,
    ) -> Result<Option<Change>, StoreError> {
        self.store.transaction(|| {
            let Some((seq, state)) = self.find(id)? else {
                return Ok(None);
            };
            let is_done = matches!(
                state,
                RemovalState::Failed | RemovalState::PartiallyFailed | RemovalState::Succeeded
            );
            if !is_done || !self.reopen(seq, by, now)? {
                return Ok(Some(Change::NotPossible(state)));
            }
            Ok(Some(Change::Done))
        })
    }

    /// Reopens what failed. Returns `false` if nothing can be: a synchronous removal is retried by its caller.
    fn reopen(&self, seq: u64, by: Option<&str>, now: u64) -> Result<bool, StoreError> {
        let items = self.store.run(
            "UPDATE items SET state = 'waiting', outcome = NULL, finished_at = NULL, due_at = NULL, waited = 0,
                failures = 0, refused_at = NULL, kicked_at = NULL
             WHERE removal = ?1 AND state = 'failed' AND work IS NOT NULL
                AND (SELECT failed FROM removals WHERE seq = ?1) > 0
             RETURNING 1",
            &values![seq],
        )?;
        let Some(meetings) = self.reopen_works(seq, !items.is_empty(), now)? else {
            return Ok(false);
        };
        // What is left of its work is needed again.
        self.store
            .execute("DELETE FROM leftovers WHERE removal = ?1", &values![seq])?;
        self.store.execute(
            "UPDATE removals SET state = 'queued', finished_at = NULL, wake_at = ?2, revision = revision + 1,
                failed = max(0, failed - ?3), meetings_scanned = max(0, meetings_scanned - ?4), retried_by = ?5
             WHERE seq = ?1",
            &values![seq, now, count(items.len()), meetings, by],
        )?;
        Ok(true)
    }

    /// Reopens the work rows with something that failed. If it `deletes`, a meeting with a participant who is to be
    /// deleted starts again with the kick, and is read again once they are gone. A list that could not be read is read
    /// again at once, and so is that of a dry run, which removes nobody. Before that, those who were deleted although
    /// their kick had failed are kicked; where nothing else failed, nothing is read (`pass` is 0), since whoever was
    /// added meanwhile is none of this. Returns the number of meetings, or `None` if nothing had failed.
    fn reopen_works(&self, seq: u64, deletes: bool, now: u64) -> Result<Option<u64>, StoreError> {
        let works = self.store.run(
            &format!("UPDATE works SET stage = 'reading', page = 1, reading = '', unclean_passes = 0, excused = 0, given_up = 0,
                pass = stage = 'failed' OR id IN {TO_DELETE},
                closing = 0, retries_kicks = 0, kicked_in_vain = 0,
                attempts = 0, waited = 0, refused_at = NULL, due_at = ?2
             WHERE removal = ?1 AND (stage = 'failed' OR id IN {TO_DELETE} OR id IN {UNKICKED})
             RETURNING id, meeting IS NOT NULL,
                id IN {TO_DELETE} AND NOT (lists AND (SELECT dry_run FROM removals WHERE seq = ?1)),
                id IN {UNKICKED}"),
            &values![seq, now, deletes],
        )?;
        let mut meetings = 0;
        for work in &works {
            let id = work.integer(0)?;
            meetings += work.integer(1)?;
            let (deletes, kicks) = (work.flag(2)?, work.flag(3)?);
            if kicks {
                self.kick_the_deleted(id, now)?;
            } else if deletes {
                self.kick_and_delete(id, now)?;
            }
        }
        Ok((!works.is_empty()).then_some(meetings))
    }

    /// Returns a removal's row number and state.
    pub(super) fn find(&self, id: &RemovalId) -> Result<Option<(u64, RemovalState)>, StoreError> {
        let rows = self.store.run(
            "SELECT seq, state FROM removals WHERE id = ?1",
            &values![id.as_str()],
        )?;
        rows.first()
            .map(|row| Ok((row.integer(0)?, state_of(row.text(1)?)?)))
            .transpose()
    }
}

pub(super) fn state_of(name: &str) -> Result<RemovalState, StoreError> {
    RemovalState::parse(name)
        .ok_or_else(|| StoreError(format!("a removal is in the unknown state {name}")))
}
