//! The source `realtimekit`, and any other with that scheme: one for each app.

use serde_json::{Map, Value};

use super::table::Table;
use super::{REALTIMEKIT, RealtimeKit, Sender, Settings, text};
use crate::ids::AppId;
use crate::webhooks::public_key::RsaKey;
use crate::webhooks::realtimekit::KeySetting;
use crate::webhooks::rules::{Problem, RealtimeKitRule, delay};

struct Fields {
    scheme: Option<String>,
    app_id: Option<String>,
    organization_id: Option<String>,
    public_key: Option<String>,
    participant_left: Option<Value>,
    meeting_ended: Option<Value>,
}

impl Fields {
    fn of(value: Value, problems: &mut Vec<Problem>) -> Option<Self> {
        let mut table = Table::of("", value, problems)?;
        let fields = Self {
            scheme: table.text("scheme"),
            app_id: table.text("app_id"),
            organization_id: table.text("organization_id"),
            public_key: table.text("public_key"),
            participant_left: table.value("participant_left"),
            meeting_ended: table.value("meeting_ended"),
        };
        table.end();
        Some(fields)
    }
}

/// Reads the source. It takes no secret: its messages are signed with a private key.
pub fn read(
    value: Value,
    secret: Option<&Value>,
    settings: &Settings<'_>,
    problems: &mut Vec<Problem>,
) -> Option<(AppId, Sender)> {
    let fields = Fields::of(value, problems)?;
    if secret.is_some() {
        let rule = "takes no secret: remove it from WEBHOOK_SECRETS, or pin its `public_key` here";
        problems.push((String::new(), rule.to_owned()));
    }
    if fields.scheme.is_some_and(|scheme| scheme != REALTIMEKIT) {
        let rule = "is given by the source's name: leave it out".to_owned();
        problems.push(("scheme".to_owned(), rule));
    }
    check_organization(fields.organization_id.as_deref(), problems);
    let app = text::app(fields.app_id.as_deref(), settings, problems);
    let key = key(fields.public_key.as_deref(), settings.key_url, problems);
    let before = problems.len();
    let participant_left = rule("participant_left", fields.participant_left, problems);
    let meeting_ended = rule("meeting_ended", fields.meeting_ended, problems);
    // An invalid rule has already been reported; do not report it as missing as well.
    if problems.len() == before && participant_left.is_none() && meeting_ended.is_none() {
        let rule = "needs `meeting_ended` or `participant_left`, or both: without them no event removes anybody";
        problems.push((String::new(), rule.to_owned()));
    }
    let sender = RealtimeKit {
        key: key?,
        organization_id: fields.organization_id,
        participant_left,
        meeting_ended,
    };
    Some((app?, Sender::RealtimeKit(sender)))
}

/// Checks the id: with one that no event can have, every event would be another organization's.
fn check_organization(id: Option<&str>, problems: &mut Vec<Problem>) {
    let rule = match id {
        Some(id) if id.trim().is_empty() => {
            "must not be empty; leave it out to take every organization's"
        }
        Some(id) if id.trim() != id || id.chars().any(char::is_control) => {
            "has leading or trailing whitespace or a control character: copy it again from `meeting.organizedBy.id` of any event"
        }
        _ => return,
    };
    problems.push(("organization_id".to_owned(), rule.to_owned()));
}

fn key(pem: Option<&str>, url: &str, problems: &mut Vec<Problem>) -> Option<KeySetting> {
    let Some(pem) = pem else {
        return Some(KeySetting::Url(url.to_owned()));
    };
    match RsaKey::from_pem(pem) {
        Ok(key) => Some(KeySetting::Pinned(key)),
        Err(rule) => {
            problems.push(("public_key".to_owned(), rule.to_owned()));
            None
        }
    }
}

/// Reads a rule. A table switches an event on, and so does `true`, without a delay.
fn rule(field: &str, value: Option<Value>, problems: &mut Vec<Problem>) -> Option<RealtimeKitRule> {
    let value = match value? {
        Value::Bool(false) => return None,
        Value::Bool(true) => Value::Object(Map::new()),
        value => value,
    };
    let mut table = Table::of(field, value, problems)?;
    // Whoever has left, and a meeting that has ended, is not live: a kick would only cost a request.
    let kick = table.flag("kick").unwrap_or(false);
    let seconds = table.number("delay_seconds");
    if !table.ends_right() {
        return None;
    }
    let mut found = Vec::new();
    let delay_seconds = delay(seconds, &mut found);
    let inside = |(inner, rule)| (format!("{field}.{inner}"), rule);
    problems.extend(found.into_iter().map(inside));
    Some(RealtimeKitRule {
        kick,
        delay_seconds,
    })
}
