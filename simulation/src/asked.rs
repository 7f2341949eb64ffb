//! What a request asks the API for, and the record of requests sent.

use participant_remover::realtimekit::{ApiRequest, Method};
use serde_json::Value;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A page of the list of meetings.
    Meetings,
    /// A page of a meeting's participants.
    Participants(String),
    /// One participant of a meeting.
    Look(String, String),
    /// The deletion of one participant of a meeting.
    Delete(String, String),
    /// Whether anybody is live in a meeting.
    Session(String),
    /// A kick of everyone live in a meeting.
    KickAll(String),
    /// A kick of some participants of a meeting.
    Kick(String, Vec<String>),
    /// Nothing the API knows.
    Nothing,
}

/// A request that was sent.
#[derive(Debug, Clone)]
pub struct Departure {
    /// When it was sent.
    pub at: u64,
    /// When it arrived, if it did.
    pub arrived: Option<u64>,
    /// What it asks for.
    pub asked: Asked,
    /// When its response was received, and the status.
    pub answered: Option<(u64, u16)>,
    /// Whether that response shows that the app exists.
    pub shows_app: bool,
    /// Whether it is the delete of somebody who was live when it was sent.
    pub live: bool,
    /// Whether they had been kicked and had come back.
    pub is_back: bool,
}

impl Asked {
    /// Returns what `request` asks for.
    #[must_use]
    pub fn of(request: &ApiRequest) -> Self {
        let path = request.url.split_once("/kit/app/");
        let path = path.map_or(request.url.as_str(), |(_, path)| path);
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        let parts: Vec<&str> = path.split('/').collect();
        match (request.method, parts.as_slice()) {
            (Method::Get, ["meetings"]) => Self::Meetings,
            (Method::Get, ["meetings", meeting, "participants"]) => {
                Self::Participants((*meeting).to_owned())
            }
            (Method::Get, ["meetings", meeting, "participants", id]) => {
                Self::Look((*meeting).to_owned(), (*id).to_owned())
            }
            (Method::Delete, ["meetings", meeting, "participants", id]) => {
                Self::Delete((*meeting).to_owned(), (*id).to_owned())
            }
            (Method::Get, ["meetings", meeting, "active-session"]) => {
                Self::Session((*meeting).to_owned())
            }
            (Method::Post, ["meetings", meeting, "active-session", "kick-all"]) => {
                Self::KickAll((*meeting).to_owned())
            }
            (Method::Post, ["meetings", meeting, "active-session", "kick"]) => {
                Self::Kick((*meeting).to_owned(), named(request.body.as_deref()))
            }
            _ => Self::Nothing,
        }
    }

    /// Returns whether it kicks this participant, alone or with others.
    #[must_use]
    pub fn kicks(&self, meeting: &str, participant: &str) -> bool {
        match self {
            Self::KickAll(m) => m == meeting,
            Self::Kick(m, ids) => m == meeting && ids.iter().any(|id| id == participant),
            _ => false,
        }
    }
}

/// Returns the participants named in the body of a kick.
fn named(body: Option<&str>) -> Vec<String> {
    let body: Value = body
        .and_then(|body| serde_json::from_str(body).ok())
        .unwrap_or_default();
    let ids = body.get("participant_ids").and_then(Value::as_array);
    let ids = ids.into_iter().flatten().filter_map(Value::as_str);
    ids.map(str::to_owned).collect()
}
