//! What verified messages ask for.

mod connections;
mod presets;
mod realtimekit;
mod repetitions;
mod rules;

use super::signers::NOW_S;
use super::sources::{ready, ready_realtimekit};
use crate::digest::sha256_hex;
use crate::ids::{CustomParticipantId, MeetingId};
use crate::removal::{MessageKey, RemovalOrder, Target};
use crate::webhooks::verification::Refused;
use crate::webhooks::{Decision, Source, Verified, decide};
use serde_json::{Value, json};

const NOW: u64 = NOW_S * 1000;

const MEETING: &str = "497f6eca-6276-4993-bfeb-53cbbbba6f08";

const TOKEN: &str = "\"0123456789abcdef0123456789abcdef\"";

const WHSEC: &str = "\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"";

fn preset(name: &str) -> Source {
    let secret = if matches!(name, "auth0" | "supabase" | "workos") {
        TOKEN
    } else {
        WHSEC
    };
    ready(name, &format!(r#"{{"preset": "{name}"}}"#), secret)
}

fn user(id: &str) -> CustomParticipantId {
    CustomParticipantId::parse(id).unwrap()
}

fn meeting() -> MeetingId {
    MeetingId::parse(MEETING).unwrap()
}

fn everywhere(id: &str) -> Target {
    Target::UserEverywhere { user: user(id) }
}

fn decision(source: &Source, body: &Value) -> Decision {
    decide(
        source,
        &Verified::default(),
        body.to_string().as_bytes(),
        NOW,
    )
}

fn removal(source: &Source, body: &Value) -> (Target, MessageKey) {
    match decision(source, body) {
        Decision::Remove { order, message, .. } => (the_target(order), message),
        other => panic!("{other:?}"),
    }
}

/// A message has one target.
fn the_target(mut order: RemovalOrder) -> Target {
    assert_eq!(order.targets.len(), 1);
    order.targets.remove(0)
}

fn order(source: &Source, body: &Value) -> RemovalOrder {
    match decision(source, body) {
        Decision::Remove { order, .. } => order,
        other => panic!("{other:?}"),
    }
}
