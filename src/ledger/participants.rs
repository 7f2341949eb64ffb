//! Handling the results for a participant: one outcome, recorded once.

use super::Ledger;
use super::late_kicks::FRESH_OF_ALL_MS;
use super::repeat::{Next, next};
use super::store::{Store, StoreError, first_row};
use crate::realtimekit::ApiError;
use crate::removal::Outcome;
use crate::values;

/// A participant of a removal, as read when a response arrives.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub id: u64,
    pub removal: u64,
    pub work: u64,
    pub outcome: Option<Outcome>,
    pub ambiguous: bool,
    pub failures: u32,
    pub waited: u64,
    pub refused_at: Option<u64>,
    /// Its request deletes nobody.
    pub looks: bool,
    /// Its removal was cancelled while its request was in flight.
    pub cancelled: bool,
}

impl<S: Store> Ledger<S> {
    pub(super) fn item_row(&self, id: u64) -> Result<Item, StoreError> {
        let rows = self.store.run(
            "SELECT i.removal, i.work, i.outcome, i.ambiguous, i.failures, i.waited, i.refused_at, r.state = 'cancelled',
                r.dry_run
             FROM items i JOIN removals r ON r.seq = i.removal WHERE i.id = ?1",
            &values![id],
        )?;
        let row = first_row(&rows)?;
        Ok(Item {
            id,
            removal: row.integer(0)?,
            work: row.integer(1)?,
            outcome: stored_outcome(row.maybe_text(2)?)?,
            ambiguous: row.flag(3)?,
            failures: row.small(4)?,
            waited: row.integer(5)?,
            refused_at: row.maybe_integer(6)?,
            cancelled: row.flag(7)?,
            looks: row.flag(8)?,
        })
    }

    /// Handles the response to a delete.
    pub(super) fn deleted(
        &self,
        item: &Item,
        result: Result<(), (ApiError, Option<String>)>,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        match result {
            Ok(()) => self.record(item, Outcome::Removed, None, now),
            Err((error, _)) if error.is_not_found() => {
                let result: Result<(), ApiError> = Err(error);
                self.record(item, Outcome::of(&result, item.ambiguous), None, now)
            }
            Err((error, ray)) => self.failed(item, &error, ray.as_deref(), random, now),
        }
    }

    /// Handles the response to a dry run's look-up.
    pub(super) fn looked(
        &self,
        item: &Item,
        result: Result<(), (ApiError, Option<String>)>,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        match result {
            Ok(()) => {
                self.store.execute(
                    "UPDATE items SET state = 'found', sent_at = NULL WHERE id = ?1",
                    &values![item.id],
                )?;
                self.settle(item.work, now)
            }
            Err((error, _)) if error.is_not_found() => {
                self.record(item, Outcome::AlreadyAbsent, None, now)
            }
            Err((error, ray)) => self.failed(item, &error, ray.as_deref(), random, now),
        }
    }

    pub(super) fn failed(
        &self,
        item: &Item,
        error: &ApiError,
        ray: Option<&str>,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        let reason = error.describe(ray);
        let ambiguous = item.ambiguous || error.is_ambiguous() && !item.looks;
        let failures = item.failures + 1;
        let limit = self.settings.give_up_after_ms;
        let next = next(error, failures, item.waited, limit, random, now);
        if let (Next::Repeat { due, waited }, false) = (next, item.cancelled) {
            self.store.execute(
                "UPDATE items SET sent_at = NULL, finds_app = 0, due_at = ?2, waited = ?3, failures = ?4, ambiguous = ?5,
                    last_error = ?6, refused_at = iif(?7, refused_at, NULL)
                 WHERE id = ?1",
                &values![
                    item.id,
                    due,
                    waited,
                    failures,
                    ambiguous,
                    reason.as_str(),
                    error.is_refusal()
                ],
            )?;
            self.wait_for_kick(item.id, now)?;
            return self.note_error(item.removal, &reason);
        }
        self.store.execute(
            "UPDATE items SET ambiguous = ?2, failures = ?3 WHERE id = ?1",
            &values![item.id, ambiguous, failures],
        )?;
        self.note_error(item.removal, &reason)?;
        let outcome = if ambiguous {
            Outcome::Unknown
        } else {
            Outcome::Failed
        };
        self.record(item, outcome, Some(&reason), now)
    }

    pub(super) fn note_error(&self, removal: u64, reason: &str) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE removals SET last_error = ?2 WHERE seq = ?1",
            &values![removal, reason],
        )
    }

    /// Sends a participant's request again, not before `due`, without counting a failure.
    pub(super) fn postpone_item(&self, item: &Item, due: u64, now: u64) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE items SET sent_at = NULL, due_at = ?2, finds_app = 0 WHERE id = ?1",
            &values![item.id, due],
        )?;
        self.wait_for_kick(item.id, now)?;
        if item.cancelled {
            self.close_cancelled(item.removal, now)?;
        }
        Ok(())
    }

    /// Makes a participant who was in flight when their meeting went back to kicking wait for that kick, unless they
    /// are due more than [`FRESH_OF_ALL_MS`] from now.
    pub(super) fn wait_for_kick(&self, item: u64, now: u64) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE items SET state = 'waiting', due_at = NULL WHERE id = ?1 AND state = 'pending'
                AND ifnull(due_at, 0) <= ?2
                AND (SELECT stage FROM works WHERE works.id = items.work) IN ('kicking', 'session', 'kicking_each')",
            &values![item, now.saturating_add(FRESH_OF_ALL_MS)],
        )
    }

    /// Records an outcome. Somebody who was already gone, was listed anyway and is not found now keeps the first one.
    fn record(
        &self,
        item: &Item,
        outcome: Outcome,
        reason: Option<&str>,
        now: u64,
    ) -> Result<(), StoreError> {
        let outcome = match (outcome, item.outcome) {
            (Outcome::AbsentAfterAmbiguous, Some(earlier)) => earlier,
            _ => outcome,
        };
        let state = if outcome.is_gone() { "done" } else { "failed" };
        self.store.execute(
            "UPDATE items SET state = ?2, outcome = ?3, last_error = ?4, finished_at = ?5, sent_at = NULL, due_at = NULL
             WHERE id = ?1",
            &values![item.id, state, outcome.as_str(), reason, now],
        )?;
        if let Some(earlier) = item.outcome {
            self.add(item.removal, counter(earlier), false)?;
        }
        self.add(item.removal, counter(outcome), true)?;
        self.settle(item.work, now)
    }

    fn add(&self, removal: u64, counter: &str, one_more: bool) -> Result<(), StoreError> {
        let sign = if one_more { '+' } else { '-' };
        self.store.execute(
            &format!("UPDATE removals SET {counter} = {counter} {sign} 1 WHERE seq = ?1"),
            &values![removal],
        )
    }
}

fn counter(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Removed => "removed",
        Outcome::AlreadyAbsent => "already_absent",
        Outcome::AbsentAfterAmbiguous => "absent_after_ambiguous",
        Outcome::Unknown | Outcome::Failed => "failed",
    }
}

/// Parses a stored outcome, if there is one.
pub(super) fn stored_outcome(name: Option<String>) -> Result<Option<Outcome>, StoreError> {
    let parsed = name.map(|name| {
        Outcome::parse(&name)
            .ok_or_else(|| StoreError(format!("a participant has the unknown outcome {name}")))
    });
    parsed.transpose()
}
