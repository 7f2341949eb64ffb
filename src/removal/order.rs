//! What a durable removal is asked to do.

use serde::Serialize;

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
    /// Every participant of a user in one meeting.
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
    /// Every participant of a user, in every meeting of the app.
    UserEverywhere {
        /// The user.
        user: CustomParticipantId,
    },
}

/// A target, as the fields of a body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TargetFields<'a> {
    /// The meeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting_id: Option<&'a str>,
    /// The participant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participant_id: Option<&'a str>,
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_participant_id: Option<&'a str>,
    /// Whether everyone in the meeting is meant.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
}

impl Target {
    /// Returns the target as the fields of a body.
    #[must_use]
    pub fn fields(&self) -> TargetFields<'_> {
        let none = TargetFields::default();
        match self {
            Self::Participant {
                meeting,
                participant,
            } => TargetFields {
                meeting_id: Some(meeting.as_str()),
                participant_id: Some(participant.as_str()),
                ..none
            },
            Self::UserInMeeting { meeting, user } => TargetFields {
                meeting_id: Some(meeting.as_str()),
                custom_participant_id: Some(user.as_str()),
                ..none
            },
            Self::EveryoneInMeeting { meeting } => TargetFields {
                meeting_id: Some(meeting.as_str()),
                all: true,
                ..none
            },
            Self::UserEverywhere { user } => TargetFields {
                custom_participant_id: Some(user.as_str()),
                ..none
            },
        }
    }
}

/// A requested removal, checked and complete. Everything else in it applies to each of its targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovalOrder {
    /// The app, one of those served.
    pub app: AppId,
    /// Who is to be removed: one or more targets.
    pub targets: Vec<Target>,
    /// Whether people are kicked from the live session before they are deleted.
    pub kick: bool,
    /// Whether people are only found and reported.
    pub dry_run: bool,
    /// The earliest time to start, in milliseconds since the Unix epoch.
    pub not_before_ms: Option<u64>,
    /// Why, in the requester's words: at most [`REASON_CHARS`] characters.
    pub reason: Option<String>,
}

/// The longest `reason`, in characters.
pub const REASON_CHARS: usize = 200;
