//! The bodies of `RealtimeKit`'s answers, and what must hold before they are trusted.
//!
//! Unknown fields are allowed everywhere: the API may grow.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::object::Object;
use crate::ids::{CustomParticipantId, MeetingId, ParticipantId};
use crate::rfc3339::milliseconds;

/// What is wrong with an answer: the end of the sentence "`RealtimeKit` answered with …".
pub type Flaw = &'static str;

/// The most rows that a page may have; 100 are requested.
const MAX_ROWS: usize = 10_000;

/// The part that all answers share.
#[derive(Deserialize)]
struct Answer<T> {
    success: bool,
    data: Option<T>,
    paging: Option<Object<Paging>>,
}

/// The record of a deleted participant. Parsed only to check its types: callers get the original text.
#[derive(Deserialize)]
#[expect(
    dead_code,
    reason = "that the fields have their types is what is asked"
)]
struct DeletedParticipant {
    created_at: Option<String>,
    custom_participant_id: Option<String>,
    preset_id: Option<String>,
    updated_at: Option<String>,
}

/// A page's position in its list. Whether offsets count from 0 or 1 is undocumented, so only the total is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Paging {
    /// How many rows the whole list has.
    pub total_count: Option<u64>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many rows the whole list has, if the answer says so.
    pub total_count: Option<u64>,
}

/// A meeting, as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Its id.
    pub id: MeetingId,
    /// Whether people may join it now.
    pub active: bool,
    /// When it was created, as sent.
    pub created_at: String,
}

/// A participant, as listed. Names and pictures are not even read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// The id, as listed.
    pub id: String,
    /// Whether the id may be used in a request: one that breaks our own rule could lead to another URL.
    pub can_be_named: bool,
    /// The customer's own id for the user.
    pub custom_participant_id: Option<CustomParticipantId>,
    /// When they were added, in milliseconds since the Unix epoch.
    pub created_at_ms: Option<u64>,
}

#[derive(Deserialize)]
struct MeetingRow {
    id: String,
    status: Option<String>,
    created_at: Option<String>,
}

#[derive(Deserialize)]
struct ParticipantRow {
    id: String,
    custom_participant_id: Option<String>,
    created_at: Option<String>,
}

fn success<'a, T: Deserialize<'a>>(body: &'a str) -> Result<Answer<T>, Flaw> {
    let Object(answer): Object<Answer<T>> = serde_json::from_str(body)
        .map_err(|_| "a body that is not the JSON of its API reference")?;
    if answer.success {
        Ok(answer)
    } else {
        Err("success:false in a successful answer")
    }
}

/// Checks the answer to a DELETE, whose `data` is optional, and returns it unchanged.
pub fn deleted(body: String) -> Result<String, Flaw> {
    success::<Object<DeletedParticipant>>(&body)?;
    Ok(body)
}

/// Checks the answer to a kick or an active-session request, where only success matters.
pub fn done(body: &str) -> Result<(), Flaw> {
    success::<IgnoredAny>(body).map(drop)
}

/// Reads a page of meetings.
pub fn meetings(body: &str) -> Result<Page<Meeting>, Flaw> {
    page(body, |row: MeetingRow| {
        Ok(Meeting {
            id: MeetingId::parse(&row.id).map_err(|_| "a meeting whose id is not a UUID")?,
            active: row.status.is_none_or(|status| status == "ACTIVE"),
            created_at: row.created_at.unwrap_or_default(),
        })
    })
}

/// Reads a page of participants. A custom id that breaks our own rule cannot be asked for, so it is dropped.
pub fn participants(body: &str) -> Result<Page<Participant>, Flaw> {
    page(body, |row: ParticipantRow| {
        Ok(Participant {
            can_be_named: ParticipantId::parse(&row.id).is_ok(),
            id: row.id,
            custom_participant_id: row
                .custom_participant_id
                .and_then(|id| CustomParticipantId::parse(&id).ok()),
            created_at_ms: row
                .created_at
                .and_then(|time| milliseconds(&time)?.try_into().ok()),
        })
    })
}

fn page<'a, R, T>(body: &'a str, row: impl Fn(R) -> Result<T, Flaw>) -> Result<Page<T>, Flaw>
where
    R: Deserialize<'a>,
{
    let answer = success::<Vec<Object<R>>>(body)?;
    let rows = answer.data.ok_or("a list without data")?;
    if rows.len() > MAX_ROWS {
        return Err("a page of more rows than any page has");
    }
    Ok(Page {
        rows: rows
            .into_iter()
            .map(|Object(one)| row(one))
            .collect::<Result<_, _>>()?,
        total_count: answer.paging.and_then(|Object(paging)| paging.total_count),
    })
}

#[cfg(test)]
mod tests;
