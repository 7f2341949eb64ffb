//! What is shown of a removal: plain data, to be put into bodies elsewhere.

use super::id::RemovalId;
use super::state::RemovalState;
use crate::removal::{Outcome, Target};

/// A removal as it stands now.
#[derive(Debug, Clone, PartialEq)]
pub struct RemovalView {
    /// Its id.
    pub id: RemovalId,
    /// Its state.
    pub state: RemovalState,
    /// `api`, `synchronous`, or `webhook:` and the source's name.
    pub source: String,
    /// The caller's name, where a caller asked.
    pub caller: Option<String>,
    /// Why, in the words of whoever asked.
    pub reason: Option<String>,
    /// Whether people are kicked before they are deleted.
    pub kick: bool,
    /// Whether people are only found.
    pub dry_run: bool,
    /// How many targets it has.
    pub targets: u32,
    /// Its first target, unless it is quarantined; in a list of a user's, the first that names them.
    pub target: Option<Target>,
    /// The earliest start that was asked for.
    pub not_before: Option<u64>,
    /// When it was accepted, in milliseconds since the Unix epoch.
    pub accepted_at: u64,
    /// When work on it began.
    pub started_at: Option<u64>,
    /// When it reached its final state.
    pub finished_at: Option<u64>,
    /// How far it is.
    pub progress: Progress,
    /// What went wrong last, for a person. It may have been overcome since.
    pub last_error: Option<String>,
    /// Why a kick failed before deletes that went ahead: whoever was live there may be in the meeting still.
    pub kick_error: Option<String>,
    /// The caller who cancelled it, or the source of webhooks that reported that the user was back.
    pub cancelled_by: Option<String>,
    /// How long it will take still, in seconds, where that can be said.
    pub estimated_seconds_left: Option<u64>,
    /// Why all durable work stands still, where it does and this removal is not final.
    pub pause: Option<Pause>,
    /// Grows with every change: whoever waits for one compares it.
    pub revision: u64,
}

/// How far a removal is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Meetings that are known to need a look.
    pub meetings_total: u64,
    /// Meetings that have been looked through, or need no further look.
    pub meetings_scanned: u64,
    /// Participants found, or named by the targets.
    pub found: u64,
    /// Participants whose deletion was confirmed.
    pub removed: u64,
    /// Participants who were gone before the first attempt.
    pub already_absent: u64,
    /// Participants who are gone after an attempt whose answer was lost.
    pub absent_after_ambiguous: u64,
    /// Participants given up on.
    pub failed: u64,
    /// API requests used.
    pub requests: u64,
}

/// Why all durable work stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub reason: PauseReason,
    /// Since when.
    pub since: u64,
    /// Until when; after that it goes on, or tries whether it may.
    pub until: u64,
}

/// What makes durable work stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseReason {
    /// `RealtimeKit` answered 429, or that none are left for now.
    RateLimited,
    /// Cloudflare refused the API token.
    TokenRefused,
}

impl PauseReason {
    /// The reason's name in bodies.
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
    /// The position of the target that it was found for, where that was kept.
    pub target: Option<u64>,
    /// The user whom that target names, where it names one.
    pub user: Option<String>,
    /// Whether there is work left on it.
    pub state: ItemState,
    /// What became of it, once that is known.
    pub outcome: Option<Outcome>,
    /// How often its deletion was sent.
    pub attempts: u32,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Why the kick before its deletion failed: they may be in the meeting still.
    pub kick_error: Option<String>,
    /// When it was found.
    pub found_at: u64,
    /// When its outcome was recorded.
    pub finished_at: Option<u64>,
}

/// Where a participant of a removal stands.
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

    /// The state's name in bodies and in the store.
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

/// A page of a list. `next` is the cursor of the page after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins, when there is one.
    pub next: Option<u64>,
}

/// How the ledger is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Why all durable work stands still, where it does.
    pub pause: Option<Pause>,
    /// Removals that are queued or running; those that are scheduled are not counted.
    pub open: u64,
    /// Requests counted in the last five minutes, those in flight included.
    pub requests_in_window: u32,
    /// What they are counted against.
    pub requests_allowed: u32,
}
