//! The events of `RealtimeKit` (<https://docs.realtime.cloudflare.com/guides/capabilities/webhooks>).
//!
//! A participant's record is found by `customParticipantId`. `peerId` names a connection, not the record, and is never
//! taken for one.

use serde_json::Value;

use super::decision::Decision;
use super::event;
use super::mapping::{body_key, order};
use super::rules::RealtimeKitRule;
use super::source::{RealtimeKit, Source};
use super::verification::Refused;
use crate::ids::{CustomParticipantId, MeetingId};
use crate::removal::{Leaving, Target};
use crate::rfc3339::milliseconds;

/// Decides about a message whose signature holds.
#[must_use]
pub fn decide(source: &Source, settings: &RealtimeKit, body: &[u8], now_ms: u64) -> Decision {
    let effect = match event::parse(body) {
        Ok(document) => effect(settings, &document),
        Err(_) if !names_organization(settings, body) => Ok(Effect::OtherOrganization),
        Err(problem) => Err(format!("the body {problem}")),
    };
    let at_ms = match &effect {
        Ok(Effect::Remove(removal)) => removal.at_ms,
        Ok(Effect::Cancel(joined)) => joined.at_ms,
        Ok(Effect::Ended(_, at_ms)) => *at_ms,
        _ => None,
    };
    if at_ms.is_some_and(|at| at < now_ms.saturating_sub(KNOWN_MS)) {
        return Decision::Ignored {
            reason: "the event is more than 7 days old: repeats are not known for longer"
                .to_owned(),
        };
    }
    match effect {
        Ok(Effect::Remove(removal)) => {
            let timing = (removal.rule.kick, removal.rule.delay_seconds);
            Decision::Remove {
                order: order(source, removal.target, timing, removal.event, now_ms),
                event_at_ms: removal.at_ms,
                message: body_key(body),
                leaving: Some(removal.leaving),
            }
        }
        Ok(Effect::Cancel(joined)) => Decision::CancelPending {
            targets: joined.targets,
            joined_at_ms: joined.at_ms,
            peer: joined.peer,
        },
        Ok(Effect::Ended(meeting, ended_at_ms)) => Decision::Ended {
            meeting,
            ended_at_ms,
        },
        Ok(Effect::Nothing) => Decision::Ignored {
            reason: "no rule of this source is for this event".to_owned(),
        },
        Ok(Effect::OtherOrganization) => Decision::Refused(Refused::OtherOrganization),
        Err(reason) => Decision::Quarantine {
            reason,
            message: body_key(body),
        },
    }
}

enum Effect {
    Remove(Removal),
    Cancel(Joined),
    /// Nobody is to be removed, but all connections are over.
    Ended(MeetingId, Option<u64>),
    Nothing,
    OtherOrganization,
}

struct Removal {
    event: &'static str,
    target: Target,
    rule: RealtimeKitRule,
    at_ms: Option<u64>,
    leaving: Leaving,
}

struct Joined {
    targets: Vec<Target>,
    at_ms: Option<u64>,
    peer: Option<String>,
}

/// How long a repeat of an event is known at least, in milliseconds. The same body is not believed for longer.
const KNOWN_MS: u64 = 7 * 24 * 60 * 60 * 1000;
/// The longest name of a connection that is looked at; `RealtimeKit`'s are UUIDs.
const MAX_PEER_BYTES: usize = 128;

const LEFT: &str = "meeting.participantLeft";
const ENDED: &str = "meeting.ended";
const JOINED: &str = "meeting.participantJoined";

fn effect(settings: &RealtimeKit, document: &Value) -> Result<Effect, String> {
    if !is_of_organization(settings, document) {
        return Ok(Effect::OtherOrganization);
    }
    let event = document.get("event").and_then(Value::as_str);
    let event = event.ok_or("/event must be a text")?;
    let (left, ended) = (settings.participant_left, settings.meeting_ended);
    let effect = match (event, left, ended) {
        (LEFT, Some(rule), _) => user_in_meeting(document).map(|target| {
            Effect::Remove(Removal {
                event: LEFT,
                target,
                rule,
                at_ms: time(document, "/participant/leftAt"),
                leaving: Leaving::Connection {
                    peer: peer(document),
                },
            })
        }),
        (ENDED, _, Some(rule)) => meeting(document).map(|meeting| {
            Effect::Remove(Removal {
                event: ENDED,
                target: Target::EveryoneInMeeting { meeting },
                rule,
                at_ms: time(document, "/meeting/endedAt"),
                leaving: Leaving::Meeting,
            })
        }),
        (ENDED, Some(_), None) => meeting(document)
            .map(|meeting| Effect::Ended(meeting, time(document, "/meeting/endedAt"))),
        (JOINED, ..) => joined(settings, document),
        _ => Ok(Effect::Nothing),
    };
    effect.map_err(|rule| format!("{event}: {rule}"))
}

/// Whoever joins is there again: neither their own leaving nor the end of the meeting, both of which can be a lost
/// connection, may still take effect.
fn joined(settings: &RealtimeKit, document: &Value) -> Result<Effect, String> {
    // Also without a delay: events overtake each other, and somebody may be there by two connections.
    // Nobody's user has no removal that could be cancelled.
    let user = document.pointer("/participant/customParticipantId");
    let user = user.filter(|user| !user.is_null() && settings.participant_left.is_some());
    let user = user.map(|_| user_in_meeting(document));
    let everyone = settings.meeting_ended.map(|_| meeting(document));
    let (mut targets, mut problem) = (Vec::new(), None);
    let found = [
        user,
        everyone.map(|meeting| meeting.map(|meeting| Target::EveryoneInMeeting { meeting })),
    ];
    for target in found.into_iter().flatten() {
        match target {
            Ok(target) => targets.push(target),
            Err(rule) => problem = Some(rule),
        }
    }
    match (targets.is_empty(), problem) {
        (true, Some(problem)) => Err(problem),
        (true, None) => Ok(Effect::Nothing),
        // Somebody whose id is no id keeps the meeting from being emptied all the same.
        (false, _) => Ok(Effect::Cancel(Joined {
            targets,
            at_ms: time(document, "/participant/joinedAt"),
            peer: peer(document),
        })),
    }
}

/// The name of a connection.
fn peer(document: &Value) -> Option<String> {
    let peer = document.pointer("/participant/peerId")?.as_str()?;
    (1..=MAX_PEER_BYTES)
        .contains(&peer.len())
        .then(|| peer.to_owned())
}

/// The signed organization is the configured one, if one is. A body without it is somebody else's as well.
fn is_of_organization(settings: &RealtimeKit, document: &Value) -> bool {
    let Some(ours) = &settings.organization_id else {
        return true;
    };
    let theirs = document.pointer("/meeting/organizedBy/id");
    theirs.and_then(Value::as_str) == Some(ours)
}

/// Whether a body that cannot be read may be of the configured organization: it holds its id somewhere. Anybody's events
/// are signed with the same key, and must not fill the ledger.
fn names_organization(settings: &RealtimeKit, body: &[u8]) -> bool {
    let Some(ours) = &settings.organization_id else {
        return true;
    };
    let ours = format!("\"{ours}\"");
    body.windows(ours.len()).any(|part| part == ours.as_bytes())
}

fn user_in_meeting(document: &Value) -> Result<Target, String> {
    let text = text(document, "/participant/customParticipantId")?;
    let user = CustomParticipantId::parse(&text)
        .map_err(|rule| format!("/participant/customParticipantId {rule}"))?;
    let meeting = meeting(document)?;
    Ok(Target::UserInMeeting { meeting, user })
}

fn meeting(document: &Value) -> Result<MeetingId, String> {
    let text = text(document, "/meeting/id")?;
    MeetingId::parse(&text).map_err(|rule| format!("/meeting/id {rule}"))
}

fn text(document: &Value, pointer: &str) -> Result<String, String> {
    let found = document.pointer(pointer).and_then(event::id_text);
    found.ok_or_else(|| format!("{pointer} must be a string or an integer"))
}

/// A time in RFC 3339. One that cannot be read is none: what it is needed for, the order of events, can do without.
fn time(document: &Value, pointer: &str) -> Option<u64> {
    let text = document.pointer(pointer)?.as_str()?;
    milliseconds(text)?.try_into().ok()
}
