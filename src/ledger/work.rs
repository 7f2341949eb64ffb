//! One work row: a meeting of a removal, or the list of meetings, and how it moves from stage to stage.

use super::Ledger;
use super::repeat::repeat_after;
use super::stage::Stage;
use super::store::{MAX_INTEGER, Store, StoreError, first_row};
use crate::values;

/// How long a list is trusted that nobody is live in a meeting, in milliseconds.
pub(super) const LISTED_MS: u64 = 60_000;

/// SQL for whether everyone in the meeting of a work row `w` is kicked at once. Not for an event: it is about nobody
/// added after it.
pub(super) const KICKS_ALL: &str = "w.everyone AND r.event_at IS NULL";

/// Those waiting for their kick. Repeats the condition of the index `items_open`, so that it is used.
pub(super) const WAITING: &str = "state IN ('waiting', 'pending') AND state = 'waiting'";
/// Those who are to be deleted, or have a request in flight.
pub(super) const PENDING: &str = "state IN ('waiting', 'pending') AND state = 'pending'";

/// A work row, with what its removal says about it.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "columns of a row")]
pub(super) struct Work {
    pub id: u64,
    pub removal: u64,
    /// The meeting, or `None` for the list of meetings.
    pub meeting: Option<String>,
    pub lists: bool,
    pub everyone: bool,
    /// [`KICKS_ALL`]
    pub kicks_all: bool,
    pub stage: Stage,
    pub page: u32,
    /// Its list is requested without a number of rows per page.
    pub plain: bool,
    /// Which reading of its list this is; 0 if it is not to be read, since a retry is about kicks alone.
    pub pass: u32,
    pub reading: String,
    pub unclean_passes: u32,
    /// How many times a pass was restarted because another removal was emptying the meeting.
    pub excused: u32,
    /// Everyone is gone: whoever came back before their delete is being kicked.
    pub closing: bool,
    /// The removal is retried, and those who were deleted although their kick had failed are being kicked.
    pub retries_kicks: bool,
    /// How many confirming passes over the list of meetings have begun: all meetings of earlier readings are done.
    pub confirming: u32,
    /// Its list was given up; those already found are being removed.
    pub given_up: bool,
    pub kicked_up_to: u64,
    pub attempts: u32,
    pub waited: u64,
    pub refused_at: Option<u64>,
    pub sent_at: Option<u64>,
    /// Whether people are kicked here before they are deleted.
    pub kicks: bool,
    pub dry_run: bool,
}

impl<S: Store> Ledger<S> {
    pub(super) fn work_row(&self, id: u64) -> Result<Work, StoreError> {
        let rows = self.store.run(
            &format!("SELECT w.removal, w.meeting, w.lists, w.everyone, w.stage, w.page, w.pass, w.reading, w.unclean_passes,
                w.kicked_up_to, w.attempts, w.waited, w.refused_at, w.sent_at, r.kick AND w.may_be_live, r.dry_run, w.given_up,
                iif(w.meeting IS NULL, w.confirmed, 0), w.plain, w.excused, w.closing,
                {KICKS_ALL}, w.retries_kicks
             FROM works w JOIN removals r ON r.seq = w.removal WHERE w.id = ?1"),
            &values![id],
        )?;
        let row = first_row(&rows)?;
        Ok(Work {
            id,
            removal: row.integer(0)?,
            meeting: row.maybe_text(1)?,
            lists: row.flag(2)?,
            everyone: row.flag(3)?,
            stage: Stage::parse(row.text(4)?)?,
            page: row.small(5)?,
            pass: row.small(6)?,
            reading: row.text(7)?.to_owned(),
            unclean_passes: row.small(8)?,
            kicked_up_to: row.integer(9)?,
            attempts: row.small(10)?,
            waited: row.integer(11)?,
            refused_at: row.maybe_integer(12)?,
            sent_at: row.maybe_integer(13)?,
            kicks: row.flag(14)?,
            dry_run: row.flag(15)?,
            given_up: row.flag(16)?,
            confirming: row.small(17)?,
            plain: row.flag(18)?,
            excused: row.small(19)?,
            closing: row.flag(20)?,
            kicks_all: row.flag(21)?,
            retries_kicks: row.flag(22)?,
        })
    }

    /// Moves a work row to a stage and clears its failures. `due` is when its next request may leave.
    pub(super) fn enter(
        &self,
        work: u64,
        stage: Stage,
        due: Option<u64>,
    ) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE works SET stage = ?2, due_at = ?3, sent_at = NULL, attempts = 0, waited = 0, refused_at = NULL
             WHERE id = ?1",
            &values![work, stage.as_str(), due],
        )
    }

    /// Starts removing those who were found: kicks them if they may be live, then deletes them.
    pub(super) fn kick_and_delete(&self, id: u64, now: u64) -> Result<(), StoreError> {
        self.expect_live(id, now)?;
        let work = self.work_row(id)?;
        if work.closing {
            // Somebody was added after the last kick of everyone.
            self.store
                .execute("UPDATE works SET closing = 0 WHERE id = ?1", &values![id])?;
        }
        if work.kicks && !work.dry_run {
            return self.begin_kicks(id, now);
        }
        self.release(&work, 0, now)
    }

    /// Returns whether anybody in the meeting is still to be deleted and has no kick yet.
    pub(super) fn is_anyone_waiting(&self, work: u64) -> Result<bool, StoreError> {
        let rows = self.store.run(
            &format!("SELECT EXISTS (SELECT 1 FROM items WHERE work = ?1 AND {WAITING})"),
            &values![work],
        )?;
        first_row(&rows)?.flag(0)
    }

    /// Starts kicking everyone who was found and is waiting, not before `due`.
    pub(super) fn begin_kicks(&self, work: u64, due: u64) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE works SET kicked_up_to = 0 WHERE id = ?1",
            &values![work],
        )?;
        self.store.execute(
            &format!(
                "UPDATE items SET kicked_at = NULL WHERE work = ?1 AND {WAITING} AND kicked_at IS NOT NULL"
            ),
            &values![work],
        )?;
        self.enter(work, Stage::Kicking, Some(due))
    }

    /// Marks a meeting as possibly live, since it may have started after it was listed.
    pub(super) fn expect_live(&self, work: u64, now: u64) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE works SET may_be_live = 1 WHERE id = ?1 AND listed_at < ?2",
            &values![work, now.saturating_sub(LISTED_MS)],
        )
    }

    /// Releases those who were found and are waiting for deletion. Those up to the row `kicked_up_to` were kicked
    /// earlier. After a kick of everyone, as many are released as can be deleted before it is repeated, and one more
    /// who does not count as kicked: for that one, and for all who still wait, it is repeated.
    pub(super) fn release(
        &self,
        work: &Work,
        kicked_up_to: u64,
        now: u64,
    ) -> Result<(), StoreError> {
        let next = if work.kicks && work.kicks_all && !work.dry_run {
            let most = self.pacing.borrow().allowed(&self.settings).durable;
            let rows = self.store.run(
                &format!(
                    "SELECT id FROM items WHERE work = ?1 AND {WAITING} ORDER BY id LIMIT 1 OFFSET ?2"
                ),
                &values![work.id, most],
            )?;
            rows.first().map(|row| row.integer(0)).transpose()?
        } else {
            None
        };
        self.store.execute(
            &format!(
                "UPDATE items SET state = 'pending', due_at = ?2,
                    kicked_at = CASE WHEN id = ?4 THEN NULL WHEN id > ?3 THEN ifnull(kicked_at, ?2) ELSE kicked_at END
                 WHERE work = ?1 AND {WAITING} AND id <= ?4"
            ),
            &values![work.id, now, kicked_up_to, next.unwrap_or(MAX_INTEGER)],
        )?;
        self.enter(work.id, Stage::Deleting, None)?;
        self.settle(work.id, now)
    }

    /// Reads the list of a work row again from its first page, not before `due`.
    pub(super) fn read_again(&self, work: &Work, due: u64) -> Result<(), StoreError> {
        self.store.execute(
            "DELETE FROM pages WHERE work = ?1 AND pass < ?2",
            &values![work.id, work.pass],
        )?;
        self.store.execute(
            "UPDATE works SET page = 1, pass = pass + 1, reading = '' WHERE id = ?1",
            &values![work.id],
        )?;
        self.enter(work.id, Stage::Reading, Some(due))
    }

    /// Handles a response that came after the removal, or the retry of its kicks, was cancelled. Its end is told once
    /// nothing is in flight.
    pub(super) fn close(&self, work: &Work, now: u64) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE works SET sent_at = NULL, due_at = NULL WHERE id = ?1",
            &values![work.id],
        )?;
        self.ended.borrow_mut().push(work.removal);
        self.close_cancelled(work.removal, now)
    }

    /// Repeats the request, not before `due`, without counting this attempt.
    pub(super) fn postpone_untried(&self, work: &Work, due: u64) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE works SET sent_at = NULL, due_at = ?2, attempts = max(0, attempts - 1) WHERE id = ?1",
            &values![work.id, due],
        )
    }

    /// Repeats the request after a failure. If that is not a refusal, earlier refusals were not about this request.
    pub(super) fn repeat_work(
        &self,
        work: &Work,
        due: u64,
        waited: u64,
        refused: bool,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE works SET sent_at = NULL, due_at = ?2, waited = ?3, last_error = ?4,
                refused_at = iif(?5, refused_at, NULL)
             WHERE id = ?1",
            &values![work.id, due, waited, reason, refused],
        )?;
        self.note_error(work.removal, reason)
    }

    /// Reads a meeting's list again, or ends its work, once all who were found in it have their outcome.
    pub(super) fn settle(&self, work: u64, now: u64) -> Result<(), StoreError> {
        let open = self.store.run(
            "SELECT 1 FROM items WHERE work = ?1 AND state IN ('waiting', 'pending') LIMIT 1",
            &values![work],
        )?;
        if !open.is_empty() {
            return Ok(());
        }
        let work = self.work_row(work)?;
        match work.stage {
            Stage::Deleting if work.given_up => self.end_work(&work, Stage::Failed, now),
            Stage::Deleting if work.lists && !work.dry_run => {
                // At once, unless the list contradicted itself or a recorded outcome.
                let unclean = work.unclean_passes;
                let due = if unclean == 0 {
                    now
                } else {
                    repeat_after(unclean, 1.0, now)
                };
                self.read_again(&work, due)
            }
            Stage::Deleting => self.end_work(&work, Stage::Done, now),
            Stage::Cancelled => self.close_cancelled(work.removal, now),
            _ => Ok(()),
        }
    }
}
