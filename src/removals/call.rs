//! What the Worker asks of an app's ledger. Both are from one deployment, or from consecutive ones during a rollout:
//! fields may be added, with a default.

mod payload;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use payload::{
    Creation, Delivery, ListQuery, MeetingEnd, PendingCancel, Quarantine, ShowQuery,
};

use crate::ledger::SynchronousRemoval;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerCall {
    /// Store removals.
    Create(Creation),
    /// List removals, newest first.
    List(ListQuery),
    /// Show a removal with a page of its items.
    Show(ShowQuery),
    /// Cancel a removal.
    Cancel {
        /// Its id.
        id: String,
        /// The name of the caller who cancels it.
        #[serde(default)]
        caller: Option<String>,
    },
    /// Retry what failed of a removal.
    Retry {
        /// Its id.
        id: String,
        /// The name of the caller who retries it.
        #[serde(default)]
        caller: Option<String>,
    },
    /// Record synchronous removals that have been answered.
    Record {
        /// The removals.
        removals: Vec<SynchronousRemoval>,
    },
    /// Store the removals that a webhook asks for.
    Deliver(Delivery),
    /// Cancel what a source has scheduled for somebody who has come back.
    CancelPending(PendingCancel),
    /// Note that a meeting has ended.
    Ended(MeetingEnd),
    /// Keep a signed event that could not be understood.
    Quarantine(Quarantine),
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
    /// Note that another app's ledger hit the API's limit, which is the token's.
    Limited {
        /// Until when, in milliseconds since the Unix epoch.
        until_ms: u64,
    },
    /// Report the ledger's health.
    Health,
}

/// Why a ledger did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerCallError {
    /// There is no such binding, or no answer arrived; holds the reason.
    Unreachable(String),
    /// It answered with this status, and has logged why.
    Failed(u16),
}

impl fmt::Display for LedgerCallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => f.write_str(why),
            Self::Failed(status) => write!(f, "the ledger answered {status}"),
        }
    }
}

/// How long a ledger may take to answer, in milliseconds: longer than any `wait`, so that only an object that died in
/// the middle of a call is given up.
const WAIT_TIMEOUT_MS: u32 = 75_000;
/// The same for calls that wait for nothing. A busy object may take some seconds.
const TIMEOUT_MS: u32 = 30_000;
/// The same for calls that finish at once, where the caller or the runtime waits only briefly: records are tried three
/// times in the 30 seconds allowed after an answer.
const SHORT_TIMEOUT_MS: u32 = 5_000;
/// The same for what a ledger tells another one before it answers a record.
const SHORTEST_TIMEOUT_MS: u32 = 2_000;

impl LedgerCall {
    /// Returns how long to wait for the answer, in milliseconds.
    #[must_use]
    pub fn timeout_ms(&self) -> u32 {
        match self {
            Self::Limited { .. } => SHORTEST_TIMEOUT_MS,
            Self::Record { .. } | Self::Health | Self::Note { .. } | Self::SetNote { .. } => {
                SHORT_TIMEOUT_MS
            }
            Self::Show(query) if query.wait_seconds > 0 => WAIT_TIMEOUT_MS,
            Self::Show(_)
            | Self::Create(_)
            | Self::List(_)
            | Self::Cancel { .. }
            | Self::Retry { .. }
            | Self::Deliver(_)
            | Self::CancelPending(_)
            | Self::Ended(_)
            | Self::Quarantine(_) => TIMEOUT_MS,
        }
    }

    /// Returns whether the call changes nothing, so that the alarm stays as it is.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        match self {
            Self::List(_) | Self::Show(_) | Self::Health | Self::Note { .. } => true,
            Self::Create(_)
            | Self::Cancel { .. }
            | Self::Retry { .. }
            | Self::Record { .. }
            | Self::Deliver(_)
            | Self::CancelPending(_)
            | Self::Ended(_)
            | Self::Quarantine(_)
            | Self::SetNote { .. }
            | Self::Limited { .. } => false,
        }
    }

    /// Returns the id of the removal that the caller names, if any.
    #[must_use]
    pub fn removal_id(&self) -> Option<&str> {
        match self {
            Self::Show(ShowQuery { id, .. }) | Self::Cancel { id, .. } | Self::Retry { id, .. } => {
                Some(id)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::removals::query::MAX_WAIT_SECONDS;
    use crate::removals::recorder::ATTEMPT_DELAYS;

    /// Every call as sent to the ledger, whether it only reads, and how long to wait for its answer.
    const CALLS: [(&str, bool, u32); 15] = [
        (r#"{"create":{"caller":"","body":""}}"#, false, 30_000),
        (r#"{"list":{"limit":1}}"#, true, 30_000),
        (r#"{"show":{"id":"","limit":1}}"#, true, 30_000),
        (
            r#"{"show":{"id":"","limit":1,"wait_seconds":1}}"#,
            true,
            75_000,
        ),
        (r#"{"cancel":{"id":""}}"#, false, 30_000),
        (r#"{"retry":{"id":""}}"#, false, 30_000),
        (r#"{"record":{"removals":[]}}"#, false, 5_000),
        (
            r#"{"deliver":{"source":"","body":"","message":{"key":"","digest":""}}}"#,
            false,
            30_000,
        ),
        (
            r#"{"cancel_pending":{"source":"","body":""}}"#,
            false,
            30_000,
        ),
        (r#"{"ended":{"source":"","body":""}}"#, false, 30_000),
        (
            r#"{"quarantine":{"source":"","problem":"","message":{"key":"","digest":""}}}"#,
            false,
            30_000,
        ),
        (r#"{"note":{"name":""}}"#, true, 5_000),
        (r#"{"set_note":{"name":"","value":""}}"#, false, 5_000),
        (r#"{"limited":{"until_ms":1}}"#, false, 2_000),
        (r#""health""#, true, 5_000),
    ];

    #[test]
    fn every_call_tells_whether_it_only_reads_and_how_long_it_may_take() {
        for (json, is_read_only, timeout_ms) in CALLS {
            let call: LedgerCall = serde_json::from_str(json).unwrap();
            let found = (call.is_read_only(), call.timeout_ms());
            assert_eq!(found, (is_read_only, timeout_ms), "{json}");
        }
    }

    #[test]
    fn no_wait_is_cut_off_and_a_record_is_tried_three_times_in_30_seconds() {
        let show = LedgerCall::Show(ShowQuery {
            id: String::new(),
            cursor: None,
            limit: 1,
            wait_seconds: MAX_WAIT_SECONDS,
        });
        assert!(show.timeout_ms() > 1_000 * MAX_WAIT_SECONDS);
        let record = LedgerCall::Record {
            removals: Vec::new(),
        };
        let patience = Duration::from_millis(record.timeout_ms().into());
        let longest: Duration = ATTEMPT_DELAYS.iter().map(|wait| *wait + patience).sum();
        assert!(longest < Duration::from_secs(30), "{longest:?}");
        assert_eq!(ATTEMPT_DELAYS.len(), 3);
    }
}
