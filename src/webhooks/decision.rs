//! What is to be done about a verified message.

use super::pointer::Pointer;
use super::verification::Refused;
use crate::ids::MeetingId;
use crate::removal::{Leaving, MessageKey, RemovalOrder, Target};

/// What to do about a verified message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Store this, once, and answer 200.
    Remove {
        /// What to do.
        order: RemovalOrder,
        /// When it happened, in milliseconds since the Unix epoch, if the event says so.
        event_at_ms: Option<u64>,
        /// How a repetition of the message is recognised.
        message: MessageKey,
        /// What ended, for an event about leaving a meeting.
        leaving: Option<Leaving>,
    },
    /// Cancel this source's removals of these targets that have not begun and whose event is no later than the join.
    /// Answer 200.
    CancelPending {
        /// That user in that meeting, everyone in that meeting, or both.
        targets: Vec<Target>,
        /// When they joined, in milliseconds since the Unix epoch, if the event says so.
        joined_at_ms: Option<u64>,
        /// Their connection, if the event names it.
        peer: Option<String>,
    },
    /// Answer 200 with the reason why nothing is to be done.
    Ignored {
        /// The reason.
        reason: String,
    },
    /// Note that a meeting has ended, for which no rule removes anybody, and answer 200.
    Ended {
        /// The meeting.
        meeting: MeetingId,
        /// When it ended, in milliseconds since the Unix epoch, if the event says so.
        ended_at_ms: Option<u64>,
    },
    /// Keep it for inspection and answer 200: it is `RealtimeKit`'s, and a retry cannot help.
    Quarantine {
        /// What could not be understood.
        reason: String,
        /// How a repetition of the message is recognised.
        message: MessageKey,
    },
    /// Answer 400: the message is authentic, but cannot be understood.
    BadEvent {
        /// Where in the body, if it is one place.
        pointer: Option<Pointer>,
        /// What is wrong there, worded to follow the place's name.
        message: String,
    },
    /// Answer 401: the signature is valid, but the message is for somebody else.
    Refused(Refused),
}

impl Decision {
    /// Returns when the underlying event happened, in milliseconds since the Unix epoch, if the event says so.
    #[must_use]
    pub fn happened_at_ms(&self) -> Option<u64> {
        match self {
            Self::Remove {
                event_at_ms: at, ..
            }
            | Self::CancelPending {
                joined_at_ms: at, ..
            }
            | Self::Ended {
                ended_at_ms: at, ..
            } => *at,
            Self::Ignored { .. }
            | Self::Quarantine { .. }
            | Self::BadEvent { .. }
            | Self::Refused(_) => None,
        }
    }
}
