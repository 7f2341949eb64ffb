//! Handling the results of kicks. A kick that fails never stops a delete.

use std::time::Duration;

use super::Ledger;
use super::repeat::repeat_after_error;
use super::stage::Stage;
use super::store::{MAX_INTEGER, Store, StoreError};
use super::work::{WAITING, Work};
use crate::realtimekit::ApiError;
use crate::values;

/// How many times a kick is tried: what counts is the delete that follows.
const MAX_KICKS: u32 = 3;
/// The longest that the API can make a kick wait.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

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
    if work.retries_kicks {
        DELETED_UNKICKED
    } else {
        BEFORE_DELETE
    }
}

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
                self.kick_refused(work, &error.describe(ray.as_deref()), now)
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
                self.kick_refused(work, &error.describe(ray.as_deref()), now)
            }
            // Somebody may be live: each is kicked separately.
            Ok(()) | Err(_) => self.enter(work.id, Stage::KickingEach, Some(now)),
        }
    }

    /// Goes on after a kick: kicks the next, or else deletes those who were kicked for that. `last` is the row of the
    /// last one, `None` after a kick of everyone.
    fn kick_on(&self, work: &Work, last: Option<u64>, now: u64) -> Result<(), StoreError> {
        let last = match last {
            Some(last) if self.is_anyone_left_to_kick(work, last)? => last,
            _ if work.closing => return self.end_work(work, Stage::Done, now),
            _ if work.retries_kicks => return self.kicks_retried(work, now),
            _ => return self.release(work, work.kicked_up_to, now),
        };
        if !work.retries_kicks {
            // They do not wait for the others, or they could be back before their delete.
            self.store.execute(
                &format!(
                    "UPDATE items SET state = 'pending', due_at = ?4, kicked_at = ifnull(kicked_at, ?4)
                     WHERE work = ?1 AND {WAITING} AND id > ?2 AND id <= ?3"
                ),
                &values![work.id, work.kicked_up_to, last, now],
            )?;
        }
        self.store.execute(
            "UPDATE works SET kicked_up_to = ?2 WHERE id = ?1",
            &values![work.id, last],
        )?;
        self.enter(work.id, work.stage, Some(now))
    }

    fn is_anyone_left_to_kick(&self, work: &Work, last: u64) -> Result<bool, StoreError> {
        let ToKick { index, condition } = to_kick(work);
        let rows = self.store.run(
            &format!(
                "SELECT 1 FROM items INDEXED BY {index} WHERE {condition} AND id > ?2 LIMIT 1"
            ),
            &values![work.id, last],
        )?;
        Ok(!rows.is_empty())
    }

    /// Records in `kick_error` that those whom the kick was about, up to the row `last` or all, could not be kicked.
    /// A delete follows all the same.
    pub(super) fn kick_failed(
        &self,
        work: &Work,
        last: Option<u64>,
        reason: &str,
        now: u64,
    ) -> Result<(), StoreError> {
        if work.closing {
            return self.last_kick_failed(work, reason, now);
        }
        let ToKick { index, condition } = to_kick(work);
        self.store.execute(
            &format!(
                "UPDATE items INDEXED BY {index} SET kick_error = ?2
                 WHERE {condition} AND id > ?3 AND id <= ?4 AND kick_error IS NOT ?2"
            ),
            &values![
                work.id,
                reason,
                work.kicked_up_to,
                last.unwrap_or(MAX_INTEGER)
            ],
        )?;
        let what = if work.retries_kicks {
            "a kick failed again"
        } else {
            "a kick failed, but the delete goes ahead"
        };
        self.note_error(work.removal, &format!("{what}: {reason}"))?;
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

    /// Records that those whom the kick was about, up to the row `last`, were kicked or are not live. Without `last`,
    /// nobody is left in the session, which makes up for earlier kicks that failed there.
    fn kick_succeeded(&self, work: &Work, last: Option<u64>, now: u64) -> Result<(), StoreError> {
        let condition = to_kick(work).condition;
        self.store.execute(
            &format!(
                "UPDATE items INDEXED BY items_unkicked SET kick_error = NULL
                 WHERE removal = ?2 AND work = ?1 AND kick_error IS NOT NULL
                    AND (?4 IS NULL OR {condition} AND id > ?3 AND id <= ?4)"
            ),
            &values![work.id, work.removal, work.kicked_up_to, last],
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
        self.store.execute(
            "UPDATE works SET sent_at = NULL, due_at = ?2, refused_at = NULL WHERE id = ?1",
            &values![work.id, due],
        )
    }
}

fn is_worth_repeating(error: &ApiError) -> bool {
    error.is_transient() || error.is_ambiguous()
}
