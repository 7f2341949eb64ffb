//! What a request asks the API for, and the record of those that left.

use participant_remover::realtimekit::{ApiRequest, Method};
use serde_json::Value;

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A page of the list of meetings.
    Meetings,
    /// A page of a meeting's participants.
    Participants(String),
    /// One participant of a meeting.
    Look(String, String),
    /// That one participant of a meeting is deleted.
    Delete(String, String),
    /// Whether anybody is live in a meeting.
    Session(String),
    /// That all who are live in a meeting are kicked.
    KickAll(String),
    /// That some are kicked.
    Kick(String, Vec<String>),
    /// Nothing that the API knows.
    Nothing,
}

/// A request that has left.
#[derive(Debug, Clone)]
pub struct Departure {
    /// When it left.
    pub at: u64,
    /// When it arrived, if it did.
    pub arrived: Option<u64>,
    /// What it asks for.
    pub asked: Asked,
    /// When its answer was heard, and with which status.
    pub answered: Option<(u64, u16)>,
    /// Whether that answer shows that there is the app.
    pub shows_app: bool,
    /// Whether it is the delete of somebody who was live when it left.
    pub live: bool,
    /// Whether they had been kicked, and had come back.
    pub is_back: bool,
}

impl Asked {
    /// What `request` asks for.
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

    /// Whether it kicks that participant, alone or with others.
    #[must_use]
    pub fn kicks(&self, meeting: &str, participant: &str) -> bool {
        match self {
            Self::KickAll(m) => m == meeting,
            Self::Kick(m, ids) => m == meeting && ids.iter().any(|id| id == participant),
            _ => false,
        }
    }
}

/// The participants that the body of a kick names.
fn named(body: Option<&str>) -> Vec<String> {
    let body: Value = body
        .and_then(|body| serde_json::from_str(body).ok())
        .unwrap_or_default();
    let ids = body.get("participant_ids").and_then(Value::as_array);
    let ids = ids.into_iter().flatten().filter_map(Value::as_str);
    ids.map(str::to_owned).collect()
}
