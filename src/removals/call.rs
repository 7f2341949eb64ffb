//! What the Worker asks of an app's ledger. Both are of one deployment, or of two neighbouring ones during a rollout:
//! fields may be added, with a default.

use serde::{Deserialize, Serialize};

use crate::delete::Deleted;
use crate::removal::Outcome;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum LedgerCall {
    /// Store removals. The body is the caller's own, checked already; the ledger reads it again by the same rules.
    Create {
        /// The caller's name.
        caller: String,
        /// The body of `POST /removals`.
        body: String,
        /// `Idempotency-Key`.
        #[serde(default)]
        idempotency_key: Option<String>,
    },
    /// List removals, newest first.
    List {
        /// Only those in this state.
        #[serde(default)]
        state: Option<String>,
        /// Where the page before ended.
        #[serde(default)]
        cursor: Option<u64>,
        /// How many at most.
        limit: u32,
    },
    /// Show a removal with a page of its items.
    Show {
        /// Its id.
        id: String,
        /// Where the page of items before ended.
        #[serde(default)]
        cursor: Option<u64>,
        /// How many items at most.
        limit: u32,
        /// How long to wait for the next change, in seconds.
        #[serde(default)]
        wait_seconds: u32,
    },
    /// Cancel a removal.
    Cancel {
        /// Its id.
        id: String,
    },
    /// Run again what failed of a removal.
    Retry {
        /// Its id.
        id: String,
    },
    /// Keep a synchronous removal that has been answered.
    Record(SynchronousRecord),
    /// Store the removals that a webhook asks for.
    Deliver {
        /// The name under which they are recorded: `webhook:` and the source's name.
        source: String,
        /// The orders, as a body of `POST /removals`.
        body: String,
        /// How the message is known again.
        message: MessageKey,
        /// When the event happened, in milliseconds since the Unix epoch.
        #[serde(default)]
        event_at_ms: Option<u64>,
    },
    /// Cancel what a source has scheduled for somebody who is back.
    CancelPending {
        /// `webhook:` and the source's name.
        source: String,
        /// The targets, as a body of `POST /removals`.
        body: String,
        /// When they came back, in milliseconds since the Unix epoch.
        #[serde(default)]
        event_at_ms: Option<u64>,
    },
    /// Keep a signed event that could not be understood.
    Quarantine {
        /// `webhook:` and the source's name.
        source: String,
        /// What could not be understood.
        problem: String,
        /// How the message is known again.
        message: MessageKey,
    },
    /// Read a note.
    Note {
        /// Its name.
        name: String,
    },
    /// Keep a note.
    SetNote {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// How the ledger is.
    Health,
}

/// How a webhook's message is known again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageKey {
    /// The message's id, or the digest of its body.
    pub key: String,
    /// The same for a repetition.
    pub digest: String,
}

/// A synchronous removal that has been answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SynchronousRecord {
    /// The caller's name.
    pub caller: String,
    /// The meeting.
    pub meeting_id: String,
    /// The participant.
    pub participant_id: String,
    /// Whether a kick was asked for.
    pub kick: bool,
    /// What became of the participant.
    pub outcome: Outcome,
    /// API requests used, the kick's included.
    pub api_requests: u32,
    /// Deletes among them.
    pub attempts: u32,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
    /// Whether the API's limit was reached.
    #[serde(default)]
    pub limited: bool,
    /// How long the API asked to wait then, in milliseconds.
    #[serde(default)]
    pub retry_after_ms: Option<u64>,
}

impl From<Deleted> for SynchronousRecord {
    fn from(deleted: Deleted) -> Self {
        let retry_after = deleted.limited.flatten();
        Self {
            caller: deleted.caller,
            meeting_id: deleted.order.meeting.as_str().to_owned(),
            participant_id: deleted.order.participant.as_str().to_owned(),
            kick: deleted.order.kick,
            outcome: deleted.outcome,
            api_requests: deleted.api_requests,
            attempts: deleted.attempts,
            error: deleted.error,
            limited: deleted.limited.is_some(),
            retry_after_ms: retry_after
                .map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        }
    }
}
