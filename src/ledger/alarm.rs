//! When the ledger must next be woken.

use std::time::Duration;

use super::Ledger;
use super::store::{Store, StoreError, first_row};
use crate::values;

/// How long one alarm works, in milliseconds. It then sets the next one and ends, so that no runtime cuts it off.
pub const WORK_MS: u64 = 60_000;
/// How long an alarm waits at most for the next thing to fall due before it ends instead, in milliseconds.
pub(super) const IDLE_MS: u64 = 3_000;
/// How often it looks for newly stored work.
pub(super) const LOOK: Duration = Duration::from_secs(1);
/// How far ahead a working alarm sets the next one, in milliseconds: longer than a request can take, and no longer than
/// an interruption may cost.
pub const LEASE_MS: u64 = 20_000;
/// How often that one is renewed while there is work, in milliseconds.
pub(super) const RENEW_MS: u64 = 5_000;

/// The alarm of the Durable Object.
pub trait Alarm {
    /// Sets the alarm to a time in milliseconds since the Unix epoch, replacing any other.
    fn set(&self, at: u64) -> impl Future<Output = Result<(), StoreError>>;
}

impl<S: Store> Ledger<S> {
    /// Returns when the alarm must go off, or `None` when nothing is stored. Whoever changes the ledger sets the alarm
    /// to this in the same turn. It is never later than an interrupted request needs, so setting it loses nothing.
    pub fn next_alarm(&self, now: u64) -> Result<Option<u64>, StoreError> {
        let rows = self.store.run(
            "SELECT (SELECT min(wake_at) FROM removals WHERE wake_at IS NOT NULL),
                min(ifnull((SELECT min(sent_at) FROM items WHERE sent_at IS NOT NULL), ?1),
                    ifnull((SELECT min(sent_at) FROM works WHERE sent_at IS NOT NULL), ?1)),
                (SELECT min(finished_at) FROM removals WHERE finished_at IS NOT NULL),
                EXISTS (SELECT 1 FROM leftovers),
                (SELECT min(noted_at) FROM connections INDEXED BY connections_by_age)",
            &values![super::store::MAX_INTEGER],
        )?;
        let row = first_row(&rows)?;
        let mut pacing = self.pacing.borrow_mut();
        // Due work waits for the budget; when only a response can free it, the interrupted requests decide.
        let free = pacing
            .free_at(now, &self.settings)
            .unwrap_or(now.saturating_add(LEASE_MS));
        let work = row.maybe_integer(0)?.map(|due| due.max(free));
        let sent = row.integer(1)?;
        let interrupted = (sent < super::store::MAX_INTEGER).then(|| sent.saturating_add(LEASE_MS));
        let purge = row
            .maybe_integer(2)?
            .map(|finished| self.keeps_until(finished));
        let sweep = row.flag(3)?.then_some(now);
        let forget = row.maybe_integer(4)?.map(Self::connection_keeps_until);
        let earliest = [work, interrupted, purge, sweep, forget];
        let earliest = earliest.into_iter().flatten().min();
        Ok(earliest.map(|at| at.max(now)))
    }

    /// Returns when the next thing is due and the pace allows it, as far as is known.
    pub(super) fn next_due(&self, now: u64) -> Result<Option<u64>, StoreError> {
        let rows = self.store.run(
            "SELECT min(wake_at) FROM removals WHERE wake_at IS NOT NULL",
            &[],
        )?;
        let Some(due) = first_row(&rows)?.maybe_integer(0)? else {
            return Ok(None);
        };
        let free = self.pacing.borrow_mut().free_at(now, &self.settings);
        Ok(free.map(|free| free.max(due)))
    }
}
