//! Synchronous removals: answered by the Worker, then recorded here, many at a time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Ledger;
use super::store::{Store, StoreError, json};
use super::throttle::blocked_until;
use crate::realtimekit::limits::RateLimit;
use crate::removal::Outcome;
use crate::values;

/// A synchronous removal that has been answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SynchronousRemoval {
    /// Its [`super::RemovalId`], created by the Worker: a record that arrives twice counts once.
    pub id: String,
    /// When it was requested, in milliseconds since the Unix epoch.
    #[serde(default)]
    pub started_at_ms: Option<u64>,
    /// When it was answered, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The caller's name.
    pub caller: String,
    /// The meeting.
    pub meeting_id: String,
    /// The participant.
    pub participant_id: String,
    /// Whether a kick was requested.
    pub kick: bool,
    /// What happened to the participant.
    pub outcome: Outcome,
    /// API requests used, including the kick and retries: they count against the budget.
    pub api_requests: u32,
    /// Deletes among them.
    pub attempts: u32,
    /// What went wrong, without names or custom ids.
    #[serde(default)]
    pub error: Option<String>,
    /// Why the kick failed, likewise without them.
    #[serde(default)]
    pub kick_error: Option<String>,
    /// Whether the API's limit was reached.
    #[serde(default)]
    pub limited: bool,
    /// How long the API then asked to wait, in milliseconds.
    #[serde(default)]
    pub retry_after_ms: Option<u64>,
    /// When that was, in milliseconds since the Unix epoch: another attempt may have followed.
    #[serde(default)]
    pub limited_at_ms: Option<u64>,
    /// What the last response said about the API's limit.
    #[serde(default)]
    pub rate_limit: RateLimit,
}

impl<S: Store> Ledger<S> {
    /// Counts the requests of synchronous removals, applies what they learnt about the limit, and keeps them in the
    /// history if `keep` is set.
    pub fn record_synchronous(
        &self,
        done: &[SynchronousRemoval],
        keep: bool,
        now: u64,
    ) -> Result<(), StoreError> {
        self.store.transaction(|| {
            self.apply_synchronous_limits(done, now)?;
            let requests = if keep {
                let records = json(&done)?;
                let requests = self.insert_synchronous(&records)?;
                self.insert_answered(&records)?;
                requests
            } else {
                // Without a history a repeat cannot be recognised: it counts again, which errs on the safe side.
                done.iter().map(|one| one.api_requests).sum()
            };
            self.count_synchronous(requests, now)
        })
    }

    /// Applies what synchronous removals learnt about the limit and the token.
    fn apply_synchronous_limits(
        &self,
        done: &[SynchronousRemoval],
        now: u64,
    ) -> Result<(), StoreError> {
        let mut pacing = self.pacing.borrow_mut();
        let others = pacing.window.in_flight();
        for one in done {
            if one.limited {
                // From when it was reached: a record that arrives again does not prolong it.
                let asked = one.retry_after_ms.map(Duration::from_millis);
                let at = one.limited_at_ms.unwrap_or(one.at_ms);
                pacing.throttle.limit_until(blocked_until(at, asked), now);
            }
            let part = one.rate_limit.clone().shared_by(self.settings.ledgers);
            pacing.throttle.apply_headers(part, others, one.at_ms);
        }
        if done.iter().any(|one| one.outcome.is_gone()) {
            pacing.throttle.try_soon(now);
        }
        drop(pacing);
        self.save_throttle(now)
    }

    /// Inserts those that are new. Returns how many requests they took.
    fn insert_synchronous(&self, records: &str) -> Result<u32, StoreError> {
        let rows = self.store.run(
            "INSERT OR IGNORE INTO removals (id, state, source, caller, kick, dry_run, targets, accepted_at, started_at,
                finished_at, found, removed, already_absent, absent_after_ambiguous, failed, requests, last_error)
             SELECT value ->> 'id', iif(value ->> 'outcome' IN ('unknown', 'failed'), 'failed', 'succeeded'),
                'synchronous', value ->> 'caller', value ->> 'kick', 0, 1,
                ifnull(value ->> 'started_at_ms', value ->> 'at_ms'), ifnull(value ->> 'started_at_ms', value ->> 'at_ms'),
                value ->> 'at_ms', 1,
                value ->> 'outcome' = 'removed', value ->> 'outcome' = 'already_absent',
                value ->> 'outcome' = 'absent_after_ambiguous', value ->> 'outcome' IN ('unknown', 'failed'),
                value ->> 'api_requests',
                ifnull(value ->> 'error', iif(value ->> 'outcome' = 'already_absent', ?2, NULL))
             FROM json_each(?1) ORDER BY key RETURNING requests",
            &values![records, self.why_doubtful()],
        )?;
        rows.iter()
            .try_fold(0_u32, |sum, row| Ok(sum.saturating_add(row.small(0)?)))
    }

    /// Inserts the participant and the target of each that has none yet.
    fn insert_answered(&self, records: &str) -> Result<(), StoreError> {
        self.store.execute(
            "INSERT INTO items (removal, meeting, participant, state, outcome, attempts, found_at, finished_at,
                last_error, kick_error, target)
             SELECT seq, value ->> 'meeting_id', value ->> 'participant_id', iif(failed, 'failed', 'done'),
                value ->> 'outcome', value ->> 'attempts', started_at, finished_at, last_error,
                value ->> 'kick_error', 0
             FROM json_each(?1) JOIN removals ON removals.id = value ->> 'id'
             WHERE NOT EXISTS (SELECT 1 FROM targets WHERE removal = seq)",
            &values![records],
        )?;
        self.store.execute(
            "INSERT OR IGNORE INTO targets (removal, position, meeting, participant)
             SELECT seq, 0, value ->> 'meeting_id', value ->> 'participant_id'
             FROM json_each(?1) JOIN removals ON removals.id = value ->> 'id'",
            &values![records],
        )
    }
}
