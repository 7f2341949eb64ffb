//! What the Worker asks of an app's ledger. Both are of one deployment, or of two neighbouring ones during a rollout:
//! fields may be added, with a default.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ledger::SynchronousRemoval;
use crate::removal::{Leaving, MessageKey};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
        /// Only those of which a target names this user.
        #[serde(default)]
        user: Option<String>,
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
        /// The name of the caller who cancels it.
        #[serde(default)]
        caller: Option<String>,
    },
    /// Run again what failed of a removal.
    Retry {
        /// Its id.
        id: String,
    },
    /// Keep synchronous removals that have been answered.
    Record {
        /// The removals.
        removals: Vec<SynchronousRemoval>,
    },
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
        /// The event of `RealtimeKit`'s that it is, if it is one of leaving a meeting.
        #[serde(default)]
        leaving: Option<Leaving>,
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
        /// Their connection.
        #[serde(default)]
        peer: Option<String>,
    },
    /// Note that a meeting has ended.
    Ended {
        /// `webhook:` and the source's name.
        source: String,
        /// Everyone in it, as a body of `POST /removals`.
        body: String,
        /// When it ended, in milliseconds since the Unix epoch.
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
    /// The ledger of another app met with the API's limit, which is the token's.
    Limited {
        /// Until when, in milliseconds since the Unix epoch.
        until_ms: u64,
    },
    /// How the ledger is.
    Health,
}

/// Why a ledger has not done what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoLedger {
    /// There is no such binding, or no answer came; says why.
    Silent(String),
    /// It answered with this status, and has logged why.
    Failed(u16),
}

impl fmt::Display for NoLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent(why) => f.write_str(why),
            Self::Failed(status) => write!(f, "the ledger answered {status}"),
        }
    }
}

/// How long a ledger may take for an answer, in milliseconds: longer than any `wait`, so that only an object that died
/// in the middle of a call is given up.
const PATIENCE_MS: u32 = 75_000;
/// The same for what is over at once, and has somebody or the runtime waiting who will not wait for long: records are
/// tried three times in the 30 seconds that there are after an answer.
const SHORT_PATIENCE_MS: u32 = 5_000;

impl LedgerCall {
    /// How long its answer is waited for, in milliseconds.
    #[must_use]
    pub fn patience_ms(&self) -> u32 {
        match self {
            Self::Record { .. }
            | Self::Limited { .. }
            | Self::Health
            | Self::Note { .. }
            | Self::SetNote { .. } => SHORT_PATIENCE_MS,
            _ => PATIENCE_MS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wait_is_cut_off_and_a_record_is_tried_three_times_in_30_seconds() {
        let show = LedgerCall::Show {
            id: String::new(),
            cursor: None,
            limit: 1,
            wait_seconds: 60,
        };
        assert!(show.patience_ms() > 60_000);
        let record = LedgerCall::Record {
            removals: Vec::new(),
        };
        assert!((1_000..10_000).contains(&record.patience_ms()));
    }
}
