//! What a verified message asks for.

use serde_json::Value;

use super::decision::Decision;
use super::event;
use super::pointer::Pointer;
use super::realtimekit_events;
use super::rules::{Action, Rule};
use super::source::{Sender, Source};
use super::verification::Verified;
use crate::digest::{BODY_KEY, sha256_hex};
use crate::ids::{CustomParticipantId, MeetingId};
use crate::removal::order::REASON_CHARS;
use crate::removal::{MessageKey, RemovalOrder, Target};

/// A place in a body, and what is wrong there.
type BadPlace = (Pointer, String);

/// Decides what to do about a verified message. `now_ms` is in milliseconds since the Unix epoch.
#[must_use]
pub fn decide(source: &Source, verified: &Verified, body: &[u8], now_ms: u64) -> Decision {
    match &source.sender {
        Sender::RealtimeKit(settings) => realtimekit_events::decide(source, settings, body, now_ms),
        Sender::Signed {
            rules, message_id, ..
        } => signed(source, rules, message_id.as_ref(), verified, body, now_ms)
            .unwrap_or_else(|(pointer, message)| Decision::BadEvent { pointer, message }),
    }
}

/// Returns what the first rule that matches a message asks for, or what is wrong in the body, and where if it is one
/// place.
fn signed(
    source: &Source,
    rules: &[Rule],
    message_id: Option<&Pointer>,
    verified: &Verified,
    body: &[u8],
    now_ms: u64,
) -> Result<Decision, (Option<Pointer>, String)> {
    let document = event::parse(body).map_err(|message| (None, message))?;
    let Some(rule) = rules.iter().find(|rule| holds(rule, &document)) else {
        return Ok(Decision::Ignored {
            reason: "no rule of this source is for this event".to_owned(),
        });
    };
    let target = target(&rule.action, &document);
    let target = target.map_err(|(pointer, message)| (Some(pointer), message))?;
    let own_id = message_id.and_then(|at| at.find(&document));
    let own_id = own_id.and_then(event::id_text);
    let message = message_key(verified, own_id, &target, body);
    let timing = (rule.kick, rule.delay_seconds);
    let event = event_text(rule, &document);
    Ok(Decision::Remove {
        order: order(source, target, timing, &event, now_ms),
        event_at_ms: None,
        message,
        leaving: None,
    })
}

/// Identifies the message by the id in its signed header, else by its own id in the body, else by the body's digest.
///
/// With an id from a header, repetitions are compared by body; with one from the body, by target: Stripe counts
/// `pending_webhooks` down from one delivery of an event to the next, and a repetition must not end in a 409.
fn message_key(
    verified: &Verified,
    own_id: Option<String>,
    target: &Target,
    body: &[u8],
) -> MessageKey {
    if let Some(id) = &verified.message_id {
        return MessageKey {
            key: format!("id/{id}"),
            digest: sha256_hex(body),
        };
    }
    match own_id.filter(|id| (1..=256).contains(&id.len())) {
        None => body_key(body),
        Some(id) => MessageKey {
            key: format!("event/{id}"),
            digest: sha256_hex(target_text(target).as_bytes()),
        },
    }
}

/// Identifies a message by its body alone.
pub(super) fn body_key(body: &[u8]) -> MessageKey {
    let digest = sha256_hex(body);
    MessageKey {
        key: format!("{BODY_KEY}{digest}"),
        digest,
    }
}

/// Returns the target alone as text: times differ from one delivery to the next. Its digest is kept for days, across
/// releases, so this text must not change.
fn target_text(target: &Target) -> String {
    match target {
        Target::Participant {
            meeting,
            participant,
        } => format!("participant {meeting} {participant}"),
        Target::UserInMeeting { meeting, user } => format!("user {meeting} {user}"),
        Target::EveryoneInMeeting { meeting } => format!("everyone {meeting}"),
        Target::UserEverywhere { user } => format!("user {user}"),
    }
}

/// Returns the values at a rule's places, each of which is one of the rule's own.
fn event_text(rule: &Rule, document: &Value) -> String {
    let found = rule.when.iter().filter_map(|(at, _)| at.find(document));
    let texts = found.map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
    texts.collect::<Vec<_>>().join(" ")
}

fn holds(rule: &Rule, document: &Value) -> bool {
    rule.when.iter().all(|(pointer, values)| {
        let found = pointer.find(document);
        found.is_some_and(|found| values.contains(found))
    })
}

/// Creates an order of this source, because of that event.
pub(super) fn order(
    source: &Source,
    target: Target,
    (kick, delay_seconds): (bool, u64),
    event: &str,
    now_ms: u64,
) -> RemovalOrder {
    let delay_ms = delay_seconds.saturating_mul(1000);
    let reason = format!("webhook {}: {event}", source.name);
    RemovalOrder {
        app: source.app.clone(),
        targets: vec![target],
        kick,
        dry_run: false,
        not_before_ms: (delay_ms > 0).then(|| now_ms.saturating_add(delay_ms)),
        reason: Some(reason.chars().take(REASON_CHARS).collect()),
    }
}

fn target(action: &Action, document: &Value) -> Result<Target, BadPlace> {
    Ok(match action {
        Action::UserEverywhere { user } => Target::UserEverywhere {
            user: user_id(user, document)?,
        },
        Action::UserInMeeting { user, meeting } => Target::UserInMeeting {
            meeting: meeting_id(meeting, document)?,
            user: user_id(user, document)?,
        },
        Action::EveryoneInMeeting { meeting } => Target::EveryoneInMeeting {
            meeting: meeting_id(meeting, document)?,
        },
    })
}

fn user_id(at: &Pointer, document: &Value) -> Result<CustomParticipantId, BadPlace> {
    let text = text_at(at, document)?;
    CustomParticipantId::parse(&text).map_err(|rule| (at.clone(), rule.to_string()))
}

fn meeting_id(at: &Pointer, document: &Value) -> Result<MeetingId, BadPlace> {
    let text = text_at(at, document)?;
    MeetingId::parse(&text).map_err(|rule| (at.clone(), rule.to_string()))
}

fn text_at(at: &Pointer, document: &Value) -> Result<String, BadPlace> {
    event::id_at(at.find(document)).map_err(|rule| (at.clone(), rule.to_owned()))
}
