//! The events of `RealtimeKit` (<https://docs.realtime.cloudflare.com/guides/capabilities/webhooks>).
//!
//! A participant's record is found by `customParticipantId`. `peerId` names a connection, not the record, and is never
//! mistaken for one.

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

/// Decides what to do about a message whose signature is valid.
#[must_use]
pub fn decide(source: &Source, settings: &RealtimeKit, body: &[u8], now_ms: u64) -> Decision {
    let others = Decision::Refused(Refused::OtherOrganization);
    let decided = match event::parse(body) {
        Ok(document) if !is_of_organization(settings, &document) => Ok(others),
        Err(_) if !names_organization(settings, body) => Ok(others),
        Err(problem) => Err(format!("the body {problem}")),
        Ok(document) => Event {
            source,
            settings,
            body,
            document,
            now_ms,
        }
        .decide(),
    };
    let decision = decided.unwrap_or_else(|reason| Decision::Quarantine {
        reason,
        message: body_key(body),
    });
    let happened = decision.happened_at_ms();
    if happened.is_some_and(|at| at < now_ms.saturating_sub(KNOWN_MS)) {
        let reason = "the event is more than 7 days old: repeats are not known for longer";
        return Decision::Ignored {
            reason: reason.to_owned(),
        };
    }
    decision
}

/// How long a repetition is recognised at least, in milliseconds. The same body is not accepted for longer.
const KNOWN_MS: u64 = 7 * 24 * 60 * 60 * 1000;
/// The longest name of a connection that is used, in bytes; `RealtimeKit`'s are UUIDs.
const MAX_PEER_BYTES: usize = 128;

const LEFT: &str = "meeting.participantLeft";
const ENDED: &str = "meeting.ended";
const JOINED: &str = "meeting.participantJoined";

/// An event of the configured organization.
struct Event<'a> {
    source: &'a Source,
    settings: &'a RealtimeKit,
    body: &'a [u8],
    document: Value,
    now_ms: u64,
}

impl Event<'_> {
    /// Returns what to do, or what cannot be understood.
    fn decide(&self) -> Result<Decision, String> {
        let document = &self.document;
        let event = document.get("event").and_then(Value::as_str);
        let event = event.ok_or("/event must be a string")?;
        let settings = self.settings;
        let decision = match (event, settings.participant_left, settings.meeting_ended) {
            (LEFT, Some(rule), _) => user_in_meeting(document).map(|target| {
                let leaving = Leaving::Connection {
                    peer: peer(document),
                };
                self.remove(
                    LEFT,
                    target,
                    rule,
                    time(document, "/participant/leftAt"),
                    leaving,
                )
            }),
            (ENDED, left, ended) if left.is_some() || ended.is_some() => {
                meeting(document).map(|meeting| self.ended(meeting, ended))
            }
            (JOINED, ..) => self.joined(),
            _ => Ok(not_for_this_event()),
        };
        decision.map_err(|rule| format!("{event}: {rule}"))
    }

    fn remove(
        &self,
        event: &'static str,
        target: Target,
        rule: RealtimeKitRule,
        event_at_ms: Option<u64>,
        leaving: Leaving,
    ) -> Decision {
        let timing = (rule.kick, rule.delay_seconds);
        Decision::Remove {
            order: order(self.source, target, timing, event, self.now_ms),
            event_at_ms,
            message: body_key(self.body),
            leaving: Some(leaving),
        }
    }

    /// Handles the end of a meeting: all connections to it are over, and everyone in it is removed if a rule says so.
    fn ended(&self, meeting: MeetingId, rule: Option<RealtimeKitRule>) -> Decision {
        let ended_at_ms = time(&self.document, "/meeting/endedAt");
        match rule {
            Some(rule) => {
                let everyone = Target::EveryoneInMeeting { meeting };
                self.remove(ENDED, everyone, rule, ended_at_ms, Leaving::Meeting)
            }
            None => Decision::Ended {
                meeting,
                ended_at_ms,
            },
        }
    }

    /// Handles a join: whoever joins is back, so neither their own leaving nor the end of the meeting, both of which
    /// can be a lost connection, may still take effect.
    fn joined(&self) -> Result<Decision, String> {
        let (settings, document) = (self.settings, &self.document);
        // Even without a delay: events overtake each other, and somebody may be present on two connections. Without a
        // user id there is no removal that could be cancelled.
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
            (true, None) => Ok(not_for_this_event()),
            // Somebody with an invalid id keeps the meeting from being emptied all the same.
            (false, _) => Ok(Decision::CancelPending {
                targets,
                joined_at_ms: time(document, "/participant/joinedAt"),
                peer: peer(document),
            }),
        }
    }
}

fn not_for_this_event() -> Decision {
    Decision::Ignored {
        reason: "no rule of this source is for this event".to_owned(),
    }
}

/// Returns the name of a connection.
fn peer(document: &Value) -> Option<String> {
    let peer = document.pointer("/participant/peerId")?.as_str()?;
    (1..=MAX_PEER_BYTES)
        .contains(&peer.len())
        .then(|| peer.to_owned())
}

/// Returns whether the signed organization is the configured one, if any. A body without one is somebody else's too.
fn is_of_organization(settings: &RealtimeKit, document: &Value) -> bool {
    let Some(ours) = &settings.organization_id else {
        return true;
    };
    let theirs = document.pointer("/meeting/organizedBy/id");
    theirs.and_then(Value::as_str) == Some(ours)
}

/// Returns whether a body that cannot be parsed may be of the configured organization: it contains its id somewhere.
/// Anybody's events are signed with the same key, and must not fill the ledger.
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
    event::id_at(document.pointer(pointer)).map_err(|rule| format!("{pointer} {rule}"))
}

/// Returns a time in RFC 3339. One that cannot be parsed counts as absent: its uses, order and age, can do without it.
fn time(document: &Value, pointer: &str) -> Option<u64> {
    let text = document.pointer(pointer)?.as_str()?;
    milliseconds(text)?.try_into().ok()
}
