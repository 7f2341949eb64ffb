//! The end of a work row, and of a removal when its last work row has ended.

use super::Ledger;
use super::queries::{FIRST_TARGET, REMOVALS};
use super::stage::Stage;
use super::state::RemovalState;
use super::store::{Store, StoreError, first_row, json};
use super::views::RemovalView;
use super::work::Work;
use crate::values;

impl<S: Store> Ledger<S> {
    /// Ends a work row, and its removal if it was the last one.
    pub(super) fn end_work(&self, work: &Work, stage: Stage, now: u64) -> Result<(), StoreError> {
        self.enter(work.id, stage, None)?;
        self.store
            .execute("DELETE FROM pages WHERE work = ?1", &values![work.id])?;
        if work.meeting.is_some() {
            self.store.execute(
                "UPDATE removals SET meetings_scanned = meetings_scanned + 1 WHERE seq = ?1",
                &values![work.removal],
            )?;
        }
        self.confirm_or_finish(work.removal, now)
    }

    /// Gives up a work row, for the given reason.
    pub(super) fn give_up(&self, work: &Work, reason: &str, now: u64) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE works SET last_error = ?2 WHERE id = ?1",
            &values![work.id, reason],
        )?;
        self.note_error(work.removal, reason)?;
        let waiting = self.store.run(
            "UPDATE works SET given_up = 1 WHERE id = ?1
                AND EXISTS (SELECT 1 FROM items WHERE work = ?1 AND state IN ('waiting', 'pending')) RETURNING id",
            &values![work.id],
        )?;
        if waiting.is_empty() {
            return self.end_work(work, Stage::Failed, now);
        }
        // Those already found are removed anyway, and that ends it.
        self.wake(work.removal, now)?;
        self.kick_and_delete(work.id, now)
    }

    /// Once no meeting is open any more, reads the list of meetings again or finishes the removal.
    pub(super) fn confirm_or_finish(&self, removal: u64, now: u64) -> Result<(), StoreError> {
        let rows = self.store.run(
            "SELECT EXISTS (SELECT 1 FROM works WHERE removal = ?1
                    AND stage IN ('reading', 'kicking', 'session', 'kicking_each', 'deleting'))
                OR EXISTS (SELECT 1 FROM items WHERE removal = ?1 AND (due_at IS NOT NULL OR sent_at IS NOT NULL)),
                (SELECT id FROM works WHERE removal = ?1 AND stage = 'settled')",
            &values![removal],
        )?;
        let row = first_row(&rows)?;
        if row.flag(0)? {
            return Ok(());
        }
        match row.maybe_integer(1)? {
            Some(list) => {
                self.store.execute(
                    "UPDATE works SET confirmed = confirmed + 1 WHERE id = ?1",
                    &values![list],
                )?;
                let list = self.work_row(list)?;
                self.wake(removal, now)?;
                self.read_again(&list, now)
            }
            None => self.finish(removal, now),
        }
    }

    fn finish(&self, removal: u64, now: u64) -> Result<(), StoreError> {
        let rows = self.store.run(
            "SELECT removed + already_absent + absent_after_ambiguous, failed,
                EXISTS (SELECT 1 FROM works WHERE removal = ?1 AND stage = 'failed'), state
             FROM removals WHERE seq = ?1",
            &values![removal],
        )?;
        let row = first_row(&rows)?;
        if row.text(3)? != RemovalState::Running.as_str() {
            return Ok(());
        }
        let (gone, failed) = (row.integer(0)?, row.integer(1)? > 0 || row.flag(2)?);
        let state = match (failed, gone) {
            (false, _) => RemovalState::Succeeded,
            (true, 0) => RemovalState::Failed,
            (true, _) => RemovalState::PartiallyFailed,
        };
        self.store.execute(
            "UPDATE removals SET state = ?2, finished_at = ?3, wake_at = NULL, revision = revision + 1 WHERE seq = ?1",
            &values![removal, state.as_str(), now],
        )?;
        self.ended.borrow_mut().push(removal);
        self.wake_held(now)?;
        if state == RemovalState::Succeeded {
            // Only kicks that failed can be retried.
            self.drop_works(removal)?;
        }
        Ok(())
    }

    /// Takes the removals that have finished since the last call. Leaves out those whose transaction was rolled back,
    /// and cancelled ones with requests in flight: they finish with the last response.
    pub fn take_ended(&self, now: u64) -> Result<Vec<RemovalView>, StoreError> {
        let ended = self.ended.take();
        if ended.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.store.run(
            &format!(
                "{REMOVALS} {FIRST_TARGET} WHERE r.seq IN (SELECT value FROM json_each(?1)) AND r.finished_at IS NOT NULL
                    AND r.seq NOT IN (SELECT removal FROM items INDEXED BY items_sent WHERE sent_at IS NOT NULL
                        UNION ALL SELECT removal FROM works INDEXED BY works_sent WHERE sent_at IS NOT NULL)"
            ),
            &values![json(&ended)?],
        );
        let rows = rows.inspect_err(|_| self.ended.borrow_mut().extend_from_slice(&ended))?;
        rows.iter().map(|row| self.view(row, now)).collect()
    }

    /// Wakes a running removal at `due` at the latest.
    pub(super) fn wake(&self, removal: u64, due: u64) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE removals SET wake_at = min(ifnull(wake_at, ?2), ?2), revision = revision + 1
             WHERE seq = ?1 AND state = 'running'",
            &values![removal, due],
        )
    }
}
