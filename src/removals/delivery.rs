//! The ledger's side of webhooks: what a verified message asks for, stored once.

use super::call::MessageKey;
use super::service::Served;
use crate::answer::{Answer, Problem};
use crate::ledger::{Acceptance, Key, Origin, Quarantined, Store, StoreError};
use crate::realtimekit::Clock;
use crate::removal::{RemovalOrder, Target, request};

impl MessageKey {
    fn key(&self, source: &str, part: usize) -> Key {
        // The first part has the message's own key: most messages have no second.
        let suffix = if part == 0 {
            String::new()
        } else {
            format!("#{part}")
        };
        Key {
            scope: source.to_owned(),
            key: format!("{}{suffix}", self.key),
            digest: self.digest.clone(),
        }
    }
}

/// Stores the removals of a message. Rules with different timing make different removals, all of them in this turn.
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
    let mut first = None;
    for (part, orders) in alike(orders).into_iter().enumerate() {
        let key = message.key(source, part);
        let origin = Origin {
            caller: None,
            source,
            event_at,
            key: Some(&key),
        };
        let acceptance = ledger.accept(&orders, &origin, clock)?;
        first.get_or_insert(acceptance);
    }
    stored(served, first.unwrap_or(Acceptance::Conflict))
}

/// Keeps a message that could not be understood.
pub fn quarantine<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    source: &str,
    problem: &str,
    message: &MessageKey,
) -> Result<Answer, StoreError> {
    let key = message.key(source, 0);
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
            "orders that are not alike were put together".to_owned(),
        )),
    }
}

/// Orders in groups that one removal can hold, each in the order of the first of its kind.
fn alike(orders: Vec<RemovalOrder>) -> Vec<Vec<RemovalOrder>> {
    let mut groups: Vec<Vec<RemovalOrder>> = Vec::new();
    for order in orders {
        let same = |group: &&mut Vec<RemovalOrder>| {
            group.first().is_some_and(|first| {
                RemovalOrder {
                    target: first.target.clone(),
                    ..order.clone()
                } == *first
            })
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(order),
            None => groups.push(vec![order]),
        }
    }
    groups
}
