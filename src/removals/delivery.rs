//! The ledger's side of webhooks: what a verified message asks for, stored once.

use super::call::MessageKey;
use super::service::Served;
use crate::answer::{Answer, Problem};
use crate::ledger::{Acceptance, Key, Origin, Quarantined, Store, StoreError};
use crate::realtimekit::Clock;
use crate::removal::{Target, request};

impl MessageKey {
    fn key(&self, source: &str) -> Key {
        Key {
            scope: source.to_owned(),
            key: self.key.clone(),
            digest: self.digest.clone(),
        }
    }
}

/// Stores the removal of a message.
pub fn deliver<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    source: &str,
    body: &str,
    message: &MessageKey,
    event_at: Option<u64>,
) -> Result<Answer, StoreError> {
    let &Served {
        ledger,
        config,
        clock,
        ..
    } = served;
    let orders = match request::parse(body.as_bytes(), config, clock.now_ms()) {
        Ok(orders) => orders,
        Err(problem) => return Ok(problem.answer()),
    };
    let key = message.key(source);
    let origin = Origin {
        caller: None,
        source,
        event_at,
        key: Some(&key),
    };
    let acceptance = ledger.accept(&orders, &origin, clock)?;
    stored(served, acceptance)
}

/// Keeps a message that could not be understood.
pub fn quarantine<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    source: &str,
    problem: &str,
    message: &MessageKey,
) -> Result<Answer, StoreError> {
    let key = message.key(source);
    let event = Quarantined {
        source,
        problem,
        key: Some(&key),
    };
    stored(served, served.ledger.quarantine(&event, served.clock)?)
}

/// Cancels what `source` has scheduled for those who are back.
pub fn cancel_pending<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    source: &str,
    body: &str,
    event_at: Option<u64>,
) -> Result<Answer, StoreError> {
    let &Served {
        ledger,
        config,
        clock,
        ..
    } = served;
    let now = clock.now_ms();
    let orders = match request::parse(body.as_bytes(), config, now) {
        Ok(orders) => orders,
        Err(problem) => return Ok(problem.answer()),
    };
    let mut cancelled = Vec::new();
    for order in orders {
        let (meeting, user) = match &order.target {
            Target::UserInMeeting { meeting, user } => (meeting, Some(user)),
            Target::EveryoneInMeeting { meeting } => (meeting, None),
            Target::Participant { .. } | Target::UserEverywhere { .. } => continue,
        };
        cancelled.extend(ledger.cancel_pending(source, meeting, user, event_at, now)?);
    }
    let ids = cancelled.iter().map(ToString::to_string).collect();
    Ok(Answer::success(200, Handled::Cancelled { cancelled: ids }))
}

/// What became of a message that stores no removal.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Handled {
    /// No rule is for it.
    Ignored {
        /// Why.
        reason: String,
    },
    /// Pending removals were cancelled.
    Cancelled {
        /// Their ids.
        cancelled: Vec<String>,
    },
}

fn stored<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    acceptance: Acceptance,
) -> Result<Answer, StoreError> {
    match acceptance {
        Acceptance::Accepted(id) => served.accepted(200, &id),
        Acceptance::Replayed(id) => Ok(served
            .accepted(200, &id)?
            .with("idempotent-replayed", "true")),
        Acceptance::Conflict => Ok(Problem::KeyReused("webhook id").answer()),
        Acceptance::Mixed { .. } => Err(StoreError(
            "a message with orders that are not alike".to_owned(),
        )),
    }
}
