//! The answer to a synchronous removal: `RealtimeKit`'s own if it succeeded, else an error that says what is known.

use std::time::Duration;

use serde::Serializer;
use serde_json::value::{RawValue, to_raw_value};

use super::{Answer, KICK_HEADER, Notice, OUTCOME_HEADER};
use crate::json::object_entries;
use crate::realtimekit::errors::ray_note;
use crate::realtimekit::{ApiError, Call, TransportError};
use crate::removal::{Kick, KickResult, Outcome, ParticipantRemoval};

/// The field of an envelope that holds messages.
const MESSAGES: &str = "messages";
/// The code of the message about a failed kick.
const KICK_FAILED: i64 = 1201;
/// The code of the message that explains `absent_after_ambiguous`.
const ABSENT_AFTER_AMBIGUOUS: i64 = 1202;
/// The code of the message that adds to an error whose own message is `RealtimeKit`'s.
const MORE: i64 = 1203;
/// The code of the message that somebody was kicked although `RealtimeKit` did not confirm the deletion.
const KICKED: i64 = 1204;

/// Returns the answer to the removal of one participant.
#[must_use]
pub fn participant_removal(removal: ParticipantRemoval) -> Answer {
    let outcome = removal.outcome;
    let kicked = removal.kick.as_ref().map(|kick| kick.result.as_str());
    let confirmed = removal.delete.result.is_ok();
    let kick = removal
        .kick
        .as_ref()
        .and_then(|kick| kick_message(kick, confirmed));
    let answer = match removal.delete.result {
        Ok(body) => success(body, kick),
        Err(_) if outcome == Outcome::AbsentAfterAmbiguous => absent_after_ambiguous(kick),
        Err(ref error) => failure(error, &removal.delete, kick),
    };
    let answer = answer.with(OUTCOME_HEADER, outcome.as_str());
    match kicked {
        Some(kicked) => answer.with(KICK_HEADER, kicked),
        None => answer,
    }
}

/// Passes on `RealtimeKit`'s answer unchanged; only a failed kick is added to its `messages`.
fn success(body: String, kick: Option<Notice>) -> Answer {
    let body = match kick {
        None => body,
        Some(notice) => with_message(&body, &notice).unwrap_or(body),
    };
    Answer {
        status: 200,
        headers: Vec::new(),
        body,
    }
}

/// Adds a message. Every other field stays exactly as sent.
fn with_message(body: &str, notice: &Notice) -> Option<String> {
    let mut fields: Vec<(String, &RawValue)> = object_entries(body)?;
    let sent = fields.iter().find(|(name, _)| name == MESSAGES);
    let sent = sent.and_then(|(_, value)| serde_json::from_str(value.get()).ok());
    let mut messages: Vec<Box<RawValue>> = sent.unwrap_or_default();
    messages.push(to_raw_value(notice).ok()?);
    let messages = to_raw_value(&messages).ok()?;
    fields.retain(|(name, _)| name != MESSAGES);
    fields.push((MESSAGES.to_owned(), &messages));
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut text);
    serializer.collect_map(fields).ok()?;
    String::from_utf8(text).ok()
}

fn absent_after_ambiguous(kick: Option<Notice>) -> Answer {
    let notice = Notice::new(
        ABSENT_AFTER_AMBIGUOUS,
        "the answer to an earlier attempt was lost, and now there is no such participant: most likely that attempt \
         removed it",
    );
    let messages: Vec<_> = std::iter::once(notice).chain(kick).collect();
    Answer::enveloped::<()>(200, true, &[], &messages, None)
}

/// Returns the message about a kick, if any. With a `confirmed` deletion, only a failed kick changes the answer.
fn kick_message(kick: &Kick, confirmed: bool) -> Option<Notice> {
    match &kick.result {
        KickResult::Failed(error) => {
            let message = format!(
                "the participant could not be kicked from the live session: {}{}",
                describe(error),
                ray_note(kick.cf_ray.as_deref())
            );
            Some(Notice::new(KICK_FAILED, message))
        }
        KickResult::Kicked if !confirmed => {
            let message = "the participant was kicked from the live session";
            Some(Notice::new(KICKED, message))
        }
        KickResult::Kicked | KickResult::NotLive => None,
    }
}

fn failure<T>(error: &ApiError, call: &Call<T>, kick: Option<Notice>) -> Answer {
    let (status, code, retry_helps) = status_and_code(error);
    let mut message = describe(error);
    let more = more(call);
    let mut messages = Vec::new();
    if let ApiError::Rejected { .. } = error {
        // The message is RealtimeKit's own and stays unchanged.
        let ray = ray_note(call.cf_ray.as_deref());
        if error.is_no_route() {
            let message = format!("{}{more}{ray}", error.sentence());
            messages.push(Notice::new(MORE, message));
        } else if !more.is_empty() || !ray.is_empty() {
            let message = format!("this is RealtimeKit's response{more}{ray}");
            messages.push(Notice::new(MORE, message));
        }
    } else {
        message.push_str(&more);
        message.push_str(&ray_note(call.cf_ray.as_deref()));
    }
    messages.extend(kick);
    let answer = Answer::failure(status, Notice::new(code, message), &messages);
    let answer = match error.retry_after() {
        Some(time) => answer
            .with("retry-after", whole_seconds(time).to_string())
            .with("retry-after-ms", time.as_millis().to_string()),
        None => answer,
    };
    if retry_helps {
        answer
    } else {
        answer.with("x-should-retry", "false")
    }
}

/// Describes a failed call beyond its last error.
fn more<T>(call: &Call<T>) -> String {
    let mut more = String::new();
    if call.attempts > 1 {
        more = format!("; {} attempts were made", call.attempts);
    }
    if Outcome::of(&call.result, call.ambiguous) == Outcome::Unknown {
        more.push_str(
            "; the outcome is unknown: the participant may or may not be removed, retrying is safe",
        );
    }
    more
}

/// Returns seconds, rounded up: a client that waits no longer than told must not retry too early.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs()
        .saturating_add(u64::from(time.subsec_nanos() > 0))
}

/// Returns the status, the code, and whether a retry may help.
fn status_and_code(error: &ApiError) -> (u16, i64, bool) {
    match error {
        ApiError::Rejected { status, code, .. } => (*status, *code, *status == 408),
        ApiError::RateLimited { .. } => (429, 1108, true),
        ApiError::InvalidResponse { .. } => (502, 1109, false),
        // "Not Implemented" will not change.
        ApiError::ServerError { status, .. } => (502, 1109, *status != 501),
        ApiError::NoAnswer(TransportError::Broken) => (502, 1109, true),
        ApiError::TokenRefused { .. } => (502, 1110, false),
        ApiError::NoAnswer(TransportError::TimedOut) => (504, 1112, true),
    }
}

/// Tells the caller what went wrong, in `RealtimeKit`'s own words if it has any.
fn describe(error: &ApiError) -> String {
    match error {
        ApiError::Rejected { message, .. } => message.clone(),
        ApiError::RateLimited {
            retry_after: Some(time),
        } => format!(
            "{}: try again in {} s",
            error.sentence(),
            whole_seconds(*time)
        ),
        ApiError::RateLimited { retry_after: None } => {
            format!("{}: it resets within five minutes", error.sentence())
        }
        _ => error.sentence(),
    }
}

#[cfg(test)]
mod tests;
