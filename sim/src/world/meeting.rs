//! A meeting and its participant records: the right to join, and the tokens that grant it.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{Session, new_id};
use crate::clock::Millis;

/// The status of a meeting; nobody can join an inactive one.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum MeetingStatus {
    #[default]
    Active,
    Inactive,
}

/// A meeting, with everyone who may join it and everyone who is in its session.
#[derive(Debug)]
pub(crate) struct Meeting {
    pub(crate) id: String,
    /// Empty if none was given.
    pub(crate) title: String,
    pub(crate) status: MeetingStatus,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
    pub(crate) room_name: String,
    /// Keyed by id, oldest first.
    pub(crate) participants: IndexMap<String, Participant>,
    /// Deleted records, in order of deletion.
    pub(crate) deleted: IndexMap<String, Participant>,
    pub(crate) session: Option<Session>,
}

/// A participant record.
#[derive(Clone, Debug)]
pub(crate) struct Participant {
    pub(crate) id: String,
    pub(crate) custom_participant_id: String,
    pub(crate) preset_name: String,
    pub(crate) name: Option<String>,
    pub(crate) picture: Option<String>,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
    /// All tokens issued; older ones stay valid when a new one is issued.
    pub(crate) tokens: Vec<String>,
}

/// The fields for adding a participant.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NewParticipant {
    pub(crate) custom_participant_id: String,
    pub(crate) preset_name: String,
    pub(crate) name: Option<String>,
    pub(crate) picture: Option<String>,
}

/// Returns the preset for participants that the `/sim` routes add without naming one.
pub(crate) fn default_preset() -> String {
    "group_call_participant".to_owned()
}

impl Meeting {
    pub(crate) fn new(id: String, title: String, status: MeetingStatus, now: Millis) -> Self {
        let room_name = format!("room-{}", id.get(..8).unwrap_or_default());
        Self {
            id,
            title,
            status,
            created_at: now,
            updated_at: now,
            room_name,
            participants: IndexMap::new(),
            deleted: IndexMap::new(),
            session: None,
        }
    }

    /// Adds a record with its first token. A user may have several records in a meeting.
    pub(crate) fn add(&mut self, new: NewParticipant, now: Millis) -> &Participant {
        let participant = Participant {
            id: new_id(),
            custom_participant_id: new.custom_participant_id,
            preset_name: new.preset_name,
            name: new.name,
            picture: new.picture,
            created_at: now,
            updated_at: now,
            tokens: vec![new_id()],
        };
        let id = participant.id.clone();
        self.participants.entry(id).or_insert(participant)
    }

    /// Deletes a record and revokes its tokens. Peers in the session stay there.
    pub(crate) fn delete(&mut self, id: &str) -> Option<&Participant> {
        let participant = self.participants.shift_remove(id)?;
        Some(
            self.deleted
                .entry(id.to_owned())
                .insert_entry(participant)
                .into_mut(),
        )
    }
}
