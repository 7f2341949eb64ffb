//! The ledger's side of webhooks: what a verified message asks for, stored once.

use super::call::MessageKey;
use super::service::Served;
use crate::answer::Answer;
use crate::ledger::{Key, Origin, Quarantined, Store, StoreError};
use crate::realtimekit::Clock;
use crate::removal::{Target, request};

/// What an answer calls the key of a message.
const KEY_NAME: &str = "webhook id";

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
    let key = message.key(source);
    let origin = Origin {
        caller: None,
        source,
        event_at,
        key: Some(&key),
    };
    served.store(body, &origin, 200, KEY_NAME)
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
    let acceptance = served.ledger.quarantine(&event, served.clock)?;
    served.stored(acceptance, 200, KEY_NAME)
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
