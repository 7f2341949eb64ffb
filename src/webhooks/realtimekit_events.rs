//! The events of `RealtimeKit` (<https://docs.realtime.cloudflare.com/guides/capabilities/webhooks>).
//!
//! A participant's record is found by `customParticipantId`. `peerId` names a connection, not the record, and is never
//! taken for one.

use chrono::DateTime;
use serde_json::Value;

use super::event;
use super::mapping::{Decision, body_dedupe, order};
use super::rules::RealtimeKitRule;
use super::source::{RealtimeKit, Source};
use super::verification::Refused;
use crate::ids::{CustomParticipantId, MeetingId};
use crate::removal::Target;

/// Decides about a message whose signature holds.
#[must_use]
pub fn decide(source: &Source, settings: &RealtimeKit, body: &[u8], now_ms: u64) -> Decision {
    let effect = event::parse(body).and_then(|document| effect(settings, &document));
    match effect {
        Ok(Effect::Remove {
            event,
            target,
            rule,
            event_at_ms,
        }) => {
            let timing = (rule.kick, rule.delay_seconds);
            Decision::Remove {
                event_at_ms,
                orders: vec![order(source, target, timing, event, now_ms)],
                dedupe: body_dedupe(source, body),
            }
        }
        Ok(Effect::Cancel {
            targets,
            event_at_ms,
        }) => Decision::CancelPending {
            app: source.app.clone(),
            targets,
            event_at_ms,
        },
        Ok(Effect::Nothing) => Decision::Ignored {
            reason: "no rule of this source is for this event".to_owned(),
        },
        Ok(Effect::OtherOrganization) => Decision::Refused(Refused::OtherOrganization),
        Err(reason) => Decision::Quarantine {
            reason,
            dedupe: body_dedupe(source, body),
        },
    }
}

enum Effect {
    Remove {
        event: &'static str,
        target: Target,
        rule: RealtimeKitRule,
        event_at_ms: Option<u64>,
    },
    Cancel {
        targets: Vec<Target>,
        event_at_ms: Option<u64>,
    },
    Nothing,
    OtherOrganization,
}

const LEFT: &str = "meeting.participantLeft";
const ENDED: &str = "meeting.ended";
const JOINED: &str = "meeting.participantJoined";

fn effect(settings: &RealtimeKit, document: &Value) -> Result<Effect, String> {
    if !is_of_organization(settings, document) {
        return Ok(Effect::OtherOrganization);
    }
    let event = document.get("event").and_then(Value::as_str);
    let (left, ended) = (settings.participant_left, settings.meeting_ended);
    Ok(match (event.ok_or("/event must be a text")?, left, ended) {
        (LEFT, Some(rule), _) => Effect::Remove {
            event: LEFT,
            target: user_in_meeting(document)?,
            rule,
            event_at_ms: time(document, "/participant/leftAt"),
        },
        (ENDED, _, Some(rule)) => {
            let meeting = meeting(document)?;
            Effect::Remove {
                event: ENDED,
                target: Target::EveryoneInMeeting { meeting },
                rule,
                event_at_ms: time(document, "/meeting/endedAt"),
            }
        }
        (JOINED, ..) => joined(settings, document)?,
        _ => Effect::Nothing,
    })
}

/// Whoever joins is there again: neither their own leaving nor the end of the meeting, both of which can be a lost
/// connection, may still take effect.
fn joined(settings: &RealtimeKit, document: &Value) -> Result<Effect, String> {
    let delayed = |rule: Option<RealtimeKitRule>| rule.is_some_and(|rule| rule.delay_seconds > 0);
    let mut targets = Vec::new();
    if delayed(settings.participant_left) {
        targets.push(user_in_meeting(document)?);
    }
    if delayed(settings.meeting_ended) {
        let meeting = meeting(document)?;
        targets.push(Target::EveryoneInMeeting { meeting });
    }
    Ok(if targets.is_empty() {
        Effect::Nothing
    } else {
        Effect::Cancel {
            targets,
            event_at_ms: time(document, "/participant/joinedAt"),
        }
    })
}

/// The signed organization is the configured one, if one is. A body without it is somebody else's as well.
fn is_of_organization(settings: &RealtimeKit, document: &Value) -> bool {
    let Some(ours) = &settings.organization_id else {
        return true;
    };
    let theirs = document.pointer("/meeting/organizedBy/id");
    theirs.and_then(Value::as_str) == Some(ours)
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

/// When something happened, where the message says so (RFC 3339).
fn time(document: &Value, pointer: &str) -> Option<u64> {
    let text = document.pointer(pointer)?.as_str()?;
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    u64::try_from(time.timestamp_millis()).ok()
}

fn text(document: &Value, pointer: &str) -> Result<String, String> {
    let found = document.pointer(pointer).and_then(event::id_text);
    found.ok_or_else(|| format!("{pointer} must be a text or a whole number"))
}
