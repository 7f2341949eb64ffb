//! The ledger's side of webhooks: what a verified message asks for, stored once.

use super::call::{Delivery, MeetingEnd, PendingCancel, Quarantine};
use super::request;
use super::served::Served;
use crate::answer::Answer;
use crate::ledger::{Connection, Key, Origin, Quarantined, Store, StoreError};
use crate::realtimekit::Clock;
use crate::removal::{Leaving, MessageKey, RemovalOrder, Target};

/// The header with the reason why a message was ignored, for the log.
pub const IGNORED_HEADER: &str = "webhook-ignored";
/// The header with the number of removals that a message cancelled, for the log.
pub const CANCELLED_HEADER: &str = "webhook-cancelled";
/// The name of a message's key in answers.
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

/// Stores the removal that a message asks for.
pub fn deliver<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    delivery: &Delivery,
) -> Result<Answer, StoreError> {
    let Delivery {
        source,
        body,
        message,
        event_at_ms: event_at,
        leaving,
    } = delivery;
    let key = message.key(source);
    let order = order(served, body)?;
    let now = served.clock.now_ms();
    if let Some(leaving) = leaving {
        // Checked before the event's time is noted: a repetition changes nothing.
        if let Some(earlier) = served.ledger.replay(Some(&key), now)? {
            return served.stored(earlier, 200, KEY_NAME);
        }
        if let Some(reason) = is_back(served, source, &order.targets, *event_at, leaving)? {
            served.ledger.remember_ignored(&key, now)?;
            return Ok(ignored_by_ledger(reason));
        }
    }
    let origin = Origin {
        caller: None,
        source,
        // Without a time, the event is about whoever has left by now, and not about anybody added later.
        event_at: event_at.or(leaving.as_ref().map(|_| now)),
        key: Some(&key),
    };
    let acceptance = served.ledger.accept(&order, &origin, served.clock)?;
    served.stored(acceptance, 200, KEY_NAME)
}

/// Notes that a meeting has ended: everybody in it has left, on whatever connection.
pub fn ended<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    end: &MeetingEnd,
) -> Result<Answer, StoreError> {
    let now = served.clock.now_ms();
    for target in order(served, &end.body)?.targets {
        // Without a time, a repetition could not be told from another end.
        if let (Target::EveryoneInMeeting { meeting }, Some(at)) = (&target, end.event_at_ms) {
            served.ledger.ended(&end.source, meeting, at, now)?;
        }
    }
    let reason = "no rule of this source removes anybody when a meeting ends";
    Ok(ignored_by_ledger(reason))
}

/// Returns why a leaving event removes nobody, if that is so.
fn is_back<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    source: &str,
    targets: &[Target],
    event_at: Option<u64>,
    leaving: &Leaving,
) -> Result<Option<&'static str>, StoreError> {
    let (ledger, now) = (served.ledger, served.clock.now_ms());
    let at = event_at.unwrap_or(now);
    for target in targets {
        let back = match (target, leaving) {
            (Target::UserInMeeting { meeting, user }, Leaving::Connection { peer }) => {
                let connection = Connection {
                    source,
                    meeting,
                    user: Some(user),
                    peer: peer.as_deref(),
                };
                ledger.left(connection, at, now)?
            }
            (Target::EveryoneInMeeting { meeting }, Leaving::Meeting) => {
                ledger.ended(source, meeting, at, now)?
            }
            _ => false,
        };
        if back {
            return Ok(Some(match leaving {
                Leaving::Connection { .. } => "the user is in the meeting by another connection",
                Leaving::Meeting => "somebody has joined the meeting since",
            }));
        }
    }
    Ok(None)
}

/// Parses an order that the Worker wrote. If that fails, another version of it did: the sender has to retry.
fn order<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    body: &str,
) -> Result<RemovalOrder, StoreError> {
    let order = request::parse(body.as_bytes(), served.config, served.clock.now_ms());
    order.map_err(|_| StoreError("an order of another version of this Worker".to_owned()))
}

/// Stores a message that could not be understood.
pub fn quarantine<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    event: &Quarantine,
) -> Result<Answer, StoreError> {
    let key = event.message.key(&event.source);
    let event = Quarantined {
        source: &event.source,
        problem: &event.problem,
        key: Some(&key),
    };
    let acceptance = served.ledger.quarantine(&event, served.clock)?;
    served.stored(acceptance, 200, KEY_NAME)
}

/// Cancels what `source` has scheduled for those who have come back.
pub fn cancel_pending<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    cancel: &PendingCancel,
) -> Result<Answer, StoreError> {
    let source = cancel.source.as_str();
    let (event_at, peer) = (cancel.event_at_ms, cancel.peer.as_deref());
    let &Served { ledger, clock, .. } = served;
    let now = clock.now_ms();
    let targets = order(served, &cancel.body)?.targets;
    let user = targets.iter().find_map(|target| match target {
        Target::UserInMeeting { user, .. } => Some(user),
        _ => None,
    });
    let mut cancelled = Vec::new();
    for target in &targets {
        let (meeting, whom) = match target {
            Target::UserInMeeting { meeting, user } => (meeting, Some(user)),
            Target::EveryoneInMeeting { meeting } => (meeting, None),
            Target::Participant { .. } | Target::UserEverywhere { .. } => continue,
        };
        let connection = Connection {
            source,
            meeting,
            user,
            peer,
        };
        let is_there = ledger.joined(connection, event_at.unwrap_or(now), now)?;
        // Whoever is present on this connection has not left, even if another connection ended after this one began.
        let before = event_at.filter(|_| whom.is_none() || !is_there);
        cancelled.extend(ledger.cancel_pending(source, meeting, whom, before, now)?);
    }
    let ids: Vec<_> = cancelled.iter().map(ToString::to_string).collect();
    let count = ids.len().to_string();
    let answer = Answer::success(200, Handled::Cancelled { cancelled: ids });
    Ok(answer.with(CANCELLED_HEADER, count))
}

/// Returns the answer to a message that asks for nothing.
#[must_use]
pub fn ignored(reason: String) -> Answer {
    Answer::success(200, Handled::Ignored { reason })
}

/// Returns the same answer where the ledger decided so, with the reason for the Worker's log.
#[must_use]
pub fn ignored_by_ledger(reason: &'static str) -> Answer {
    ignored(reason.to_owned()).with(IGNORED_HEADER, reason)
}

/// What was done about a message that stores no removal.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Handled {
    /// Nothing was to be done.
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
