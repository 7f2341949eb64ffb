//! Accepting removals: accepted means stored. One call creates one removal with one or more targets, all or nothing.

use serde::Serialize;

use super::Ledger;
use super::id::RemovalId;
use super::keys::Key;
use super::state::RemovalState;
use super::store::{Store, StoreError, first_row, json};
use crate::realtimekit::Clock;
use crate::removal::{RemovalOrder, Target};
use crate::values;

/// Where a removal comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The caller's name, if a caller asked.
    pub caller: Option<&'a str>,
    /// `api`, or `webhook:` followed by the source's name.
    pub source: &'a str,
    /// When the event that asks for it happened, in milliseconds: only somebody who joined later cancels it.
    pub event_at: Option<u64>,
    /// Identifies a repeat.
    pub key: Option<&'a Key>,
}

/// The result of a request to store something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// It is stored.
    Accepted(RemovalId),
    /// Repeats an earlier request; this is its removal, which may have been purged since.
    Replayed(RemovalId),
    /// Repeats an earlier message for which there was nothing to do.
    Ignored,
    /// The key was used before with a different body.
    Conflict,
}

#[derive(Serialize)]
struct TargetRow<'a> {
    m: Option<&'a str>,
    p: Option<&'a str>,
    u: Option<&'a str>,
}

impl<'a> TargetRow<'a> {
    fn of(target: &'a Target) -> Self {
        let (m, p, u) = match target {
            Target::Participant {
                meeting,
                participant,
            } => (Some(meeting.as_str()), Some(participant.as_str()), None),
            Target::UserInMeeting { meeting, user } => {
                (Some(meeting.as_str()), None, Some(user.as_str()))
            }
            Target::EveryoneInMeeting { meeting } => (Some(meeting.as_str()), None, None),
            Target::UserEverywhere { user } => (None, None, Some(user.as_str())),
        };
        Self { m, p, u }
    }
}

impl<S: Store> Ledger<S> {
    /// Stores `order` as one removal.
    ///
    /// The caller sets the alarm (see [`Ledger::next_alarm`]) in the same turn, before awaiting anything.
    pub fn accept(
        &self,
        order: &RemovalOrder,
        origin: &Origin<'_>,
        clock: &impl Clock,
    ) -> Result<Acceptance, StoreError> {
        let now = clock.now_ms();
        self.store.transaction(|| {
            if let Some(earlier) = self.replay(origin.key, now)? {
                return Ok(earlier);
            }
            let id = RemovalId::new(now, || clock.random());
            let seq = self.insert_removal(&id, order, origin, now)?;
            self.insert_targets(seq, &order.targets)?;
            self.remember_key(origin.key, &id, now)?;
            Ok(Acceptance::Accepted(id))
        })
    }

    fn insert_removal(
        &self,
        id: &RemovalId,
        order: &RemovalOrder,
        origin: &Origin<'_>,
        now: u64,
    ) -> Result<u64, StoreError> {
        let not_before = order.not_before_ms.filter(|start| *start > now);
        let state = match not_before {
            Some(_) => RemovalState::Scheduled,
            None => RemovalState::Queued,
        };
        let is_everywhere = |target: &Target| matches!(target, Target::UserEverywhere { .. });
        let rows = self.store.run(
            "INSERT INTO removals (id, state, source, caller, reason, kick, dry_run, targets, not_before, event_at,
                accepted_at, wake_at, turn, everywhere)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?13) RETURNING seq",
            &values![
                id.as_str(),
                state.as_str(),
                origin.source,
                origin.caller,
                order.reason.as_deref(),
                order.kick,
                order.dry_run,
                u32::try_from(order.targets.len()).unwrap_or(u32::MAX),
                order.not_before_ms,
                origin.event_at,
                now,
                not_before.unwrap_or(now),
                order.targets.iter().any(is_everywhere),
            ],
        )?;
        first_row(&rows)?.integer(0)
    }

    fn insert_targets(&self, seq: u64, targets: &[Target]) -> Result<(), StoreError> {
        let rows: Vec<TargetRow<'_>> = targets.iter().map(TargetRow::of).collect();
        self.store.execute(
            "INSERT INTO targets (removal, position, meeting, participant, user, pending)
             SELECT ?1, key, value ->> 'm', value ->> 'p', value ->> 'u', ?3 FROM json_each(?2)",
            &values![seq, json(&rows)?, rows.len() == 1],
        )
    }
}
