//! One row of work: a meeting of a removal, or the list of meetings, and how it goes from stage to stage.

use super::Ledger;
use super::repeat::repeat_after;
use super::stage::Stage;
use super::store::{MAX_INTEGER, Store, StoreError, first_row};
use crate::values;

/// For how long a list's word counts that nobody is live in a meeting, in milliseconds.
pub(super) const LISTED_MS: u64 = 60_000;

/// Whether everyone in the meeting of a row of work `w` is kicked at once: no event is about those who were added after it.
pub(super) const KICKS_ALL: &str = "w.everyone AND r.event_at IS NULL";

/// Those who wait for their kick. Only named so are they found by the index of those who are open.
pub(super) const WAITING: &str = "state IN ('waiting', 'pending') AND state = 'waiting'";
/// Those who are to be deleted, or about whom a request is in flight.
pub(super) const PENDING: &str = "state IN ('waiting', 'pending') AND state = 'pending'";

/// A row of work, with what its removal says of it.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "columns of a row")]
pub(super) struct Work {
    pub id: u64,
    pub removal: u64,
    /// The meeting, or nothing for the list of meetings.
    pub meeting: Option<String>,
    pub lists: bool,
    pub everyone: bool,
    /// [`KICKS_ALL`]
    pub kicks_all: bool,
    pub stage: Stage,
    pub page: u32,
    /// Its list is asked for without the number of rows of a page.
    pub plain: bool,
    pub pass: u32,
    pub reading: String,
    pub unclean_passes: u32,
    /// How often a pass was begun again since another removal emptied the meeting.
    pub excused: u32,
    /// Everyone is gone: whoever came back before their delete is put out of the session.
    pub closing: bool,
    /// How many confirming passes over the list of meetings have begun: all meetings of the readings before are through.
    pub confirming: u32,
    /// Its list was given up; those who were found before are being removed.
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
                {KICKS_ALL}
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
        })
    }

    /// Puts a row of work into a stage, with its failures forgotten. `due` is when its next request may leave.
    pub(super) fn enter(
        &self,
        work: u64,
        stage: Stage,
        due: Option<u64>,
    ) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE works SET stage = ?2, due_at = ?3, sent_at = NULL, attempts = 0, waited = 0, refused_at = NULL
             WHERE id = ?1",
            &values![work, stage.as_str(), due],
        )?;
        Ok(())
    }

    /// Those who were found are next: kicked where they may be live, and deleted.
    pub(super) fn put_out(&self, id: u64, now: u64) -> Result<(), StoreError> {
        self.expect_live(id, now)?;
        let work = self.work_row(id)?;
        if work.closing {
            // Somebody was added after the last kick of everyone.
            self.store
                .run("UPDATE works SET closing = 0 WHERE id = ?1", &values![id])?;
        }
        if work.kicks && !work.dry_run {
            return self.begin_kicks(id, now);
        }
        self.release(&work, 0, now)
    }

    /// Everyone who was found and is waiting is kicked, not before `due`.
    pub(super) fn begin_kicks(&self, work: u64, due: u64) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE works SET kicked_up_to = 0 WHERE id = ?1",
            &values![work],
        )?;
        self.store.run(
            &format!(
                "UPDATE items SET kicked_at = NULL WHERE work = ?1 AND {WAITING} AND kicked_at IS NOT NULL"
            ),
            &values![work],
        )?;
        self.enter(work, Stage::Kicking, Some(due))
    }

    /// A meeting that nobody was in when it was listed may have begun since.
    pub(super) fn expect_live(&self, work: u64, now: u64) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE works SET may_be_live = 1 WHERE id = ?1 AND listed_at < ?2",
            &values![work, now.saturating_sub(LISTED_MS)],
        )?;
        Ok(())
    }

    /// Those who were found and are waiting may be deleted now. Those up to the row `kicked_up_to` were kicked before. Where
    /// everyone was kicked, these are no more than can be deleted before the kick is repeated, and one who does not count as
    /// kicked: it is repeated for that one, and for all who wait still.
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
        self.store.run(
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

    /// Reads the list of a row of work from its first page, not before `due`.
    pub(super) fn read_again(&self, work: &Work, due: u64) -> Result<(), StoreError> {
        self.store.run(
            "DELETE FROM pages WHERE work = ?1 AND pass < ?2",
            &values![work.id, work.pass],
        )?;
        self.store.run(
            "UPDATE works SET page = 1, pass = pass + 1, reading = '' WHERE id = ?1",
            &values![work.id],
        )?;
        self.enter(work.id, Stage::Reading, Some(due))
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

    /// The same request again after a failure. Where it is no refusal, what was refused before was not refused for itself.
    pub(super) fn repeat_work(
        &self,
        work: &Work,
        due: u64,
        waited: u64,
        refused: bool,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE works SET sent_at = NULL, due_at = ?2, waited = ?3, last_error = ?4,
                refused_at = iif(?5, refused_at, NULL)
             WHERE id = ?1",
            &values![work.id, due, waited, reason, refused],
        )?;
        self.note_error(work.removal, reason)
    }

    /// Looks whether all who were found in a meeting have their outcome; then reads its list once more, or is done.
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
                // At once, but for a list that contradicts itself or what became of somebody.
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
