//! The payloads of the calls.

use serde::{Deserialize, Serialize};

use crate::removal::{Leaving, MessageKey};

/// A caller's request for removals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creation {
    /// The caller's name.
    pub caller: String,
    /// The body of `POST /removals` as the caller sent it, already checked; the ledger parses it by the same rules.
    pub body: String,
    /// `Idempotency-Key`.
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// Which removals to list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListQuery {
    /// Only those in this state.
    #[serde(default)]
    pub state: Option<String>,
    /// Only those with a target that names this user.
    #[serde(default)]
    pub user: Option<String>,
    /// Only those from this source.
    #[serde(default)]
    pub source: Option<String>,
    /// Where the previous page ended.
    #[serde(default)]
    pub cursor: Option<u64>,
    /// The maximum number of removals.
    pub limit: u32,
}

/// Which removal to show, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowQuery {
    /// Its id.
    pub id: String,
    /// Where the previous page of items ended.
    #[serde(default)]
    pub cursor: Option<u64>,
    /// The maximum number of items.
    pub limit: u32,
    /// How long to wait for the next change, in seconds.
    #[serde(default)]
    pub wait_seconds: u32,
}

/// What a webhook message asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The name under which the removals are recorded: `webhook:` and the source's name.
    pub source: String,
    /// The order, as a body of `POST /removals`.
    pub body: String,
    /// How a repetition of the message is recognised.
    pub message: MessageKey,
    /// When the event happened, in milliseconds since the Unix epoch.
    #[serde(default)]
    pub event_at_ms: Option<u64>,
    /// What ended, if this is a `RealtimeKit` event about leaving a meeting.
    #[serde(default)]
    pub leaving: Option<Leaving>,
}

/// Whose scheduled removals to cancel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingCancel {
    /// `webhook:` and the source's name.
    pub source: String,
    /// The targets, as a body of `POST /removals`.
    pub body: String,
    /// When they came back, in milliseconds since the Unix epoch.
    #[serde(default)]
    pub event_at_ms: Option<u64>,
    /// Their connection.
    #[serde(default)]
    pub peer: Option<String>,
}

/// The end of a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeetingEnd {
    /// `webhook:` and the source's name.
    pub source: String,
    /// Everyone in it, as a body of `POST /removals`.
    pub body: String,
    /// When it ended, in milliseconds since the Unix epoch.
    #[serde(default)]
    pub event_at_ms: Option<u64>,
}

/// A signed event that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// `webhook:` and the source's name.
    pub source: String,
    /// What could not be understood.
    pub problem: String,
    /// How a repetition of the message is recognised.
    pub message: MessageKey,
}
