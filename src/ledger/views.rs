//! What is shown of a removal: plain data, put into bodies elsewhere.

use super::id::RemovalId;
use super::state::RemovalState;
use crate::removal::{Outcome, Target};

/// A removal in its current state.
#[derive(Debug, Clone, PartialEq)]
pub struct RemovalView {
    /// Its id.
    pub id: RemovalId,
    /// Its state.
    pub state: RemovalState,
    /// `api`, `synchronous`, or `webhook:` followed by the source's name.
    pub source: String,
    /// The caller's name, if a caller asked.
    pub caller: Option<String>,
    /// Why, in the words of whoever asked.
    pub reason: Option<String>,
    /// Whether people are kicked before they are deleted.
    pub kick: bool,
    /// Whether people are only found.
    pub dry_run: bool,
    /// How many targets it has.
    pub targets: u32,
    /// Its first target, unless it is quarantined; in a list for a user, the first that names them.
    pub target: Option<Target>,
    /// The earliest start requested.
    pub not_before: Option<u64>,
    /// When it was accepted, in milliseconds since the Unix epoch.
    pub accepted_at: u64,
    /// When work on it began.
    pub started_at: Option<u64>,
    /// When it reached its final state.
    pub finished_at: Option<u64>,
    /// How far it has got.
    pub progress: Progress,
    /// What went wrong last, in words. It may have been overcome since.
    pub last_error: Option<String>,
    /// Why a kick failed before deletes that went ahead: whoever was live there may still be in the meeting.
    pub kick_error: Option<String>,
    /// The caller who cancelled it, or the webhook source that reported that the user was back.
    pub cancelled_by: Option<String>,
    /// The caller who retried it last.
    pub retried_by: Option<String>,
    /// How much longer it will take, in seconds, if that can be said.
    pub estimated_seconds_left: Option<u64>,
    /// Why all durable work is paused, if it is and this removal is not final.
    pub pause: Option<Pause>,
    /// Grows with every change, for those who wait for one.
    pub revision: u64,
}

/// How far a removal has got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Meetings known to need a search.
    pub meetings_total: u64,
    /// Meetings that have been searched, or need no further search.
    pub meetings_scanned: u64,
    /// Participants found, or named by the targets.
    pub found: u64,
    /// Participants whose deletion was confirmed.
    pub removed: u64,
    /// Participants who were gone before the first attempt.
    pub already_absent: u64,
    /// Participants who are gone after an attempt whose response was lost.
    pub absent_after_ambiguous: u64,
    /// Participants given up on.
    pub failed: u64,
    /// API requests used.
    pub requests: u64,
}

/// A pause of all durable work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub reason: PauseReason,
    /// Since when.
    pub since: u64,
    /// Until when; then work resumes, or tests whether it may.
    pub until: u64,
}

/// What pauses durable work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseReason {
    /// `RealtimeKit` responded with 429, or reported that none are left for now.
    RateLimited,
    /// Cloudflare refused the API token.
    TokenRefused,
}

impl PauseReason {
    /// Returns the reason's name in bodies.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::TokenRefused => "token_refused",
        }
    }
}

/// One participant of a removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemView {
    /// The meeting.
    pub meeting: String,
    /// The participant.
    pub participant: String,
    /// The position of the target for which it was found, if recorded.
    pub target: Option<u64>,
    /// The user whom that target names, if any.
    pub user: Option<String>,
    /// Whether there is work left on it.
    pub state: ItemState,
    /// What happened to it, once known.
    pub outcome: Option<Outcome>,
    /// How many times its deletion was sent.
    pub attempts: u32,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Why the kick before its deletion failed: they may still be in the meeting.
    pub kick_error: Option<String>,
    /// When it was found.
    pub found_at: u64,
    /// When its outcome was recorded.
    pub finished_at: Option<u64>,
}

/// The state of a participant of a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemState {
    /// Found; its meeting is still being read or kicked.
    Waiting,
    /// To be deleted.
    Pending,
    /// Gone.
    Done,
    /// Given up on; can be retried.
    Failed,
    /// Found by a dry run.
    Found,
    /// Its removal was cancelled first.
    Cancelled,
}

impl ItemState {
    const ALL: [Self; 6] = [
        Self::Waiting,
        Self::Pending,
        Self::Done,
        Self::Failed,
        Self::Found,
        Self::Cancelled,
    ];

    /// Returns the state's name in bodies and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Found => "found",
            Self::Cancelled => "cancelled",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// A page of a list. `next` is the cursor of the following page.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<u64>,
}

/// The ledger's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Why all durable work is paused, if it is.
    pub pause: Option<Pause>,
    /// Removals that are queued or running, not those that are scheduled.
    pub open: u64,
    /// Requests counted in the last five minutes, including those in flight.
    pub requests_in_window: u32,
    /// What they are counted against.
    pub requests_allowed: u32,
}
