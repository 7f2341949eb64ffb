//! List rows, as returned by the API.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use crate::population::{Meeting, Participant};

pub(super) fn meeting(meeting: &Meeting) -> Value {
    let created = time(meeting.created_at);
    json!({
        "id": meeting.id,
        "title": "secret",
        "status": if meeting.active { "ACTIVE" } else { "INACTIVE" },
        "created_at": created,
        "updated_at": created,
    })
}

pub(super) fn participant(participant: &Participant) -> Value {
    let created = time(participant.added_at);
    json!({
        "id": participant.id,
        "created_at": created,
        "updated_at": created,
        "custom_participant_id": participant.user,
        "preset_name": "host",
        "name": "secret",
    })
}

/// Formats a time as the API does: `2019-12-27T18:11:19.117Z`.
fn time(at: u64) -> Option<String> {
    let time = DateTime::from_timestamp_millis(i64::try_from(at).ok()?)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Millis, true))
}
