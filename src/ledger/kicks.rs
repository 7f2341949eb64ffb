//! Handling the results of kicks. A kick that fails never stops a delete.

use std::time::Duration;

use super::Ledger;
use super::participants::Item;
use super::repeat::repeat_after_error;
use super::stage::Stage;
use super::store::{MAX_INTEGER, Store, StoreError, first_row};
use super::work::{PENDING, WAITING, Work};
use crate::realtimekit::ApiError;
use crate::values;

/// How many times a kick is tried: what counts is the delete that follows.
const MAX_KICKS: u32 = 3;
/// How long after its kick a delete may leave, in milliseconds: whoever was kicked can come back until they are
/// deleted.
pub(super) const FRESH_MS: u64 = 15_000;
/// The same after a kick of everyone, which is repeated one last time at the end.
pub(super) const FRESH_OF_ALL_MS: u64 = 240_000;
/// How many times in a row a kick is repeated for a delete that is late, without any delete in between.
const MAX_KICKS_IN_VAIN: u32 = 2;
/// The longest that the API can make a kick wait.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

impl<S: Store> Ledger<S> {
    /// Handles the response to a kick: of everyone (`last` is `None`), or of `named` participants up to the row `last`.
    pub(super) fn kicked(
        &self,
        work: &Work,
        named: usize,
        last: Option<u64>,
        result: Result<(), (ApiError, Option<String>)>,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        match result {
            Ok(()) => self.kick_succeeded(work, last, now),
            // One of several is not live: that says nothing about the others.
            Err((error, _)) if error.is_not_found() && named > 1 => {
                self.enter(work.id, Stage::Session, Some(now))
            }
            Err((error, _)) if error.is_not_found() => self.kick_succeeded(work, last, now),
            // A token that is refused for one is refused for all.
            Err((error @ ApiError::TokenRefused { .. }, ray)) => {
                self.kick_failed(work, None, &error.describe(ray.as_deref()), now)
            }
            Err((error, ray)) => {
                if is_worth_repeating(&error) && work.attempts < MAX_KICKS {
                    return self.kick_later(work, &error, random, now);
                }
                self.kick_failed(work, last, &error.describe(ray.as_deref()), now)
            }
        }
    }

    /// Handles the response to whether anybody is live.
    pub(super) fn session_seen(
        &self,
        work: &Work,
        result: Result<(), (ApiError, Option<String>)>,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        match result {
            Err((error, _)) if error.is_not_found() => self.kick_succeeded(work, None, now),
            Err((error, _)) if is_worth_repeating(&error) && work.attempts < MAX_KICKS => {
                self.kick_later(work, &error, random, now)
            }
            Err((error @ ApiError::TokenRefused { .. }, ray)) => {
                self.kick_failed(work, None, &error.describe(ray.as_deref()), now)
            }
            // Somebody may be live: each is kicked separately.
            Ok(()) | Err(_) => self.enter(work.id, Stage::KickingEach, Some(now)),
        }
    }

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
            self.store.run(
                "UPDATE items SET kick_error = ?2 WHERE id = ?1",
                &values![item, reason],
            )?;
            if deleting {
                // Nor do others wait for a kick that does not come.
                self.store.run(
                    &format!(
                        "UPDATE items SET state = 'pending', due_at = ?2 WHERE work = ?1 AND {WAITING}"
                    ),
                    &values![work, now],
                )?;
            }
            return Ok(false);
        }
        self.store.run(
            "UPDATE works SET kicked_anew_at = ?2, kicked_in_vain = ?3 WHERE id = ?1",
            &values![work, now, in_vain + u32::from(deleting)],
        )?;
        self.store.run(
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
        self.store.run(
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

    /// Releases those who were kicked for deletion, and kicks the next. `last` is the row of the last one, `None` after
    /// a kick of everyone.
    fn kick_on(&self, work: &Work, last: Option<u64>, now: u64) -> Result<(), StoreError> {
        if work.closing {
            return self.end_work(work, Stage::Done, now);
        }
        let before = work.kicked_up_to;
        let Some(last) = last else {
            return self.release(work, before, now);
        };
        let more = self.store.run(
            "SELECT 1 FROM items WHERE work = ?1 AND state IN ('waiting', 'pending') AND sent_at IS NULL AND id > ?2 LIMIT 1",
            &values![work.id, last],
        )?;
        if more.is_empty() {
            return self.release(work, before, now);
        }
        // They do not wait for the others, or they could be back before their delete.
        self.store.run(
            &format!(
                "UPDATE items SET state = 'pending', due_at = ?4, kicked_at = ifnull(kicked_at, ?4)
                 WHERE work = ?1 AND {WAITING} AND id > ?2 AND id <= ?3"
            ),
            &values![work.id, before, last, now],
        )?;
        self.store.run(
            "UPDATE works SET kicked_up_to = ?2 WHERE id = ?1",
            &values![work.id, last],
        )?;
        self.enter(work.id, work.stage, Some(now))
    }

    /// Records in `kick_error` that those to be deleted next, up to the row `last` or all, could not be kicked. The
    /// delete follows.
    fn kick_failed(
        &self,
        work: &Work,
        last: Option<u64>,
        reason: &str,
        now: u64,
    ) -> Result<(), StoreError> {
        if work.closing {
            return self.last_kick_failed(work, reason, now);
        }
        self.store.run(
            "UPDATE items SET kick_error = ?2
             WHERE work = ?1 AND state IN ('waiting', 'pending') AND sent_at IS NULL AND id > ?3 AND id <= ?4
                AND kick_error IS NOT ?2",
            &values![
                work.id,
                reason,
                work.kicked_up_to,
                last.unwrap_or(MAX_INTEGER)
            ],
        )?;
        let reason = format!("a kick failed, but the delete goes ahead: {reason}");
        self.note_error(work.removal, &reason)?;
        self.kick_on(work, last, now)
    }

    /// Handles a failed last kick of everyone. One of those deleted records it for all; if there is none, this kick was
    /// all there was to do.
    fn last_kick_failed(&self, work: &Work, reason: &str, now: u64) -> Result<(), StoreError> {
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

    /// Records that those to be deleted next, up to the row `last`, were kicked or are not live. Without `last`, nobody
    /// is left in the session, which makes up for earlier kicks that failed there.
    fn kick_succeeded(&self, work: &Work, last: Option<u64>, now: u64) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE items INDEXED BY items_unkicked SET kick_error = NULL
             WHERE removal = ?1 AND work = ?2 AND kick_error IS NOT NULL
                AND (?4 IS NULL OR state IN ('waiting', 'pending') AND id > ?3 AND id <= ?4)",
            &values![work.removal, work.id, work.kicked_up_to, last],
        )?;
        self.kick_on(work, last, now)
    }

    /// Repeats the request, no earlier than the API asks.
    fn kick_later(
        &self,
        work: &Work,
        error: &ApiError,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        let due = repeat_after_error(error, work.attempts, LONGEST_WAIT, random, now);
        self.store.run(
            "UPDATE works SET sent_at = NULL, due_at = ?2, refused_at = NULL WHERE id = ?1",
            &values![work.id, due],
        )?;
        Ok(())
    }
}

fn is_worth_repeating(error: &ApiError) -> bool {
    error.is_transient() || error.is_ambiguous()
}
