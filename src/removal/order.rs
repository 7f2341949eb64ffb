//! What a durable removal is asked to do.

use crate::ids::{AppId, CustomParticipantId, MeetingId, ParticipantId};

/// Who is to be removed, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One participant.
    Participant {
        /// The meeting.
        meeting: MeetingId,
        /// The participant.
        participant: ParticipantId,
    },
    /// Every participant of that user in one meeting.
    UserInMeeting {
        /// The meeting.
        meeting: MeetingId,
        /// The user.
        user: CustomParticipantId,
    },
    /// Everyone in one meeting.
    EveryoneInMeeting {
        /// The meeting.
        meeting: MeetingId,
    },
    /// Every participant of that user, in every meeting of the app.
    UserEverywhere {
        /// The user.
        user: CustomParticipantId,
    },
}

/// One removal that was asked for, checked and complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovalOrder {
    /// The app, one of those that are served.
    pub app: AppId,
    /// Who is to be removed.
    pub target: Target,
    /// Whether people are put out of the live session before they are deleted.
    pub kick: bool,
    /// Whether people are only found and reported.
    pub dry_run: bool,
    /// The earliest time to start, in milliseconds since the Unix epoch.
    pub not_before_ms: Option<u64>,
    /// Why, in the words of whoever asked: at most [`REASON_CHARS`] characters.
    pub reason: Option<String>,
}

/// The longest `reason`, in characters.
pub const REASON_CHARS: usize = 200;
