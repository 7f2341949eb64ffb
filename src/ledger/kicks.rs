//! What comes of kicks. A kick that fails never stops a delete.

use std::time::Duration;

use super::Ledger;
use super::participants::Item;
use super::repeat::repeat_after_error;
use super::stage::Stage;
use super::store::{MAX_INTEGER, Store, StoreError, first_row};
use super::work::{PENDING, WAITING, Work};
use crate::realtimekit::ApiError;
use crate::values;

/// How often a kick is tried: the delete behind it is what counts.
const MAX_KICKS: u32 = 3;
/// How long after its kick a delete may leave, in milliseconds: whoever was kicked may come back until they are deleted.
pub(super) const FRESH_MS: u64 = 15_000;
/// The same where everyone is kicked, who are kicked a last time at the end.
pub(super) const FRESH_OF_ALL_MS: u64 = 240_000;
/// How often in a row a kick is repeated for a delete that came too late, without any delete in between.
const MAX_KICKS_IN_VAIN: u32 = 2;
/// How long the API may let a kick wait at most.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

impl<S: Store> Ledger<S> {
    /// A kick was answered: of everyone (`last` is `None`), or of those up to the row `last`, `named` in number.
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
            Ok(()) => self.kick_held(work, last, now),
            // One of several is not live: that tells nothing of the others.
            Err((error, _)) if error.is_not_found() && named > 1 => {
                self.enter(work.id, Stage::Session, Some(now))
            }
            Err((error, _)) if error.is_not_found() => self.kick_held(work, last, now),
            // What is refused for one is refused for all.
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

    /// Whether anybody is live was answered.
    pub(super) fn session_seen(
        &self,
        work: &Work,
        result: Result<(), (ApiError, Option<String>)>,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        match result {
            Err((error, _)) if error.is_not_found() => self.kick_held(work, None, now),
            Err((error, _)) if is_worth_repeating(&error) && work.attempts < MAX_KICKS => {
                self.kick_later(work, &error, random, now)
            }
            Err((error @ ApiError::TokenRefused { .. }, ray)) => {
                self.kick_failed(work, None, &error.describe(ray.as_deref()), now)
            }
            // Somebody may be live: each is kicked alone.
            Ok(()) | Err(_) => self.enter(work.id, Stage::KickingEach, Some(now)),
        }
    }

    /// A delete is about to leave so long after its kick that its participant may be back: they are kicked once more, with
    /// all who wait in the same meeting. False where that has led to no delete time after time: then it leaves as it is, and
    /// that is told.
    pub(super) fn kick_anew(&self, item: u64, work: u64, now: u64) -> Result<bool, StoreError> {
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

    /// Those who are to be deleted, and whose request is not in flight, wait for their kick. It begins at `due` where their
    /// meeting is `deleting`; where others in it are being kicked still, they follow them.
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

    /// A delete met with a refused token: until it is mended, those who were to be deleted may be back in the session, or
    /// were never put out of it. So the work begins anew with the kick, at `due`.
    pub(super) fn kick_again(&self, item: &Item, due: u64) -> Result<(), StoreError> {
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

    /// Releases those who were kicked to be deleted, and kicks the next. `last` is the row of the last one, nothing where it
    /// was everyone.
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
        // They do not wait for the others, or they would be back before their delete.
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

    /// Those who are to be deleted next, up to the row `last` or all, could not be kicked: that is told of them, and the delete
    /// follows.
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

    /// The last kick of everyone failed. Of those who were deleted one stands for all; where there is none, this kick was all
    /// that there was to do.
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

    /// Those who are to be deleted next, up to the row `last`, were kicked, or are not live. Where there is no `last`, nobody is
    /// left in the session: kicks that failed there before are made up for.
    fn kick_held(&self, work: &Work, last: Option<u64>, now: u64) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE items INDEXED BY items_unkicked SET kick_error = NULL
             WHERE removal = ?1 AND work = ?2 AND kick_error IS NOT NULL
                AND (?4 IS NULL OR state IN ('waiting', 'pending') AND id > ?3 AND id <= ?4)",
            &values![work.removal, work.id, work.kicked_up_to, last],
        )?;
        self.kick_on(work, last, now)
    }

    /// The same request again, not before the API asks for it.
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
