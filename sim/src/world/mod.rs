//! The content of the account: apps, their meetings, participants and live sessions.
//! Plain data and plain functions; the time is passed in.

mod event;
mod fill;
mod meeting;
mod session;

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::Serialize;
use uuid::Uuid;

use crate::answer::KitError;
use crate::clock::Millis;
use crate::settings::ListOrder;

pub(crate) use event::{Event, Organization};
pub(crate) use fill::FillRequest;
pub(crate) use meeting::{Meeting, MeetingStatus, NewParticipant, Participant, default_preset};
pub(crate) use session::{EndReason, Joiner, KickTargets, Peer, Session};

/// Returns a new id in the format that the API issues.
pub(crate) fn new_id() -> String {
    Uuid::new_v4().to_string()
}

/// All apps of the account.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) organization: Organization,
    apps: IndexMap<String, IndexMap<String, Meeting>>,
    /// Preset ids by name.
    presets: HashMap<String, String>,
    /// The number of unnamed users created so far.
    made_up_users: u64,
}

/// Totals over all apps.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Counts {
    pub(crate) meetings: usize,
    pub(crate) participants: usize,
    pub(crate) deleted_participants: usize,
    pub(crate) live_sessions: usize,
    pub(crate) live_peers: usize,
}

impl World {
    pub(crate) fn new(apps: &[String], organization: Organization) -> Self {
        Self {
            organization,
            apps: apps
                .iter()
                .map(|app| (app.clone(), IndexMap::new()))
                .collect(),
            presets: HashMap::new(),
            made_up_users: 0,
        }
    }

    pub(crate) fn apps(&self) -> impl Iterator<Item = (&String, &IndexMap<String, Meeting>)> {
        self.apps.iter()
    }

    /// Returns the app that the `/sim` routes use when none is named.
    pub(crate) fn default_app(&self) -> String {
        self.apps.keys().next().cloned().unwrap_or_default()
    }

    /// Returns the meetings of an app, oldest first.
    pub(crate) fn meetings(&self, app: &str) -> Result<&IndexMap<String, Meeting>, KitError> {
        self.apps.get(app).ok_or_else(|| no_app(app))
    }

    pub(crate) fn meeting(&self, app: &str, id: &str) -> Result<&Meeting, KitError> {
        well_formed(id)?;
        let found = self.meetings(app)?.get(id);
        found.ok_or_else(|| no_meeting(id))
    }

    pub(crate) fn meeting_mut(&mut self, app: &str, id: &str) -> Result<&mut Meeting, KitError> {
        well_formed(id)?;
        let meetings = self.apps.get_mut(app).ok_or_else(|| no_app(app))?;
        meetings.get_mut(id).ok_or_else(|| no_meeting(id))
    }

    /// Finds a meeting in any app.
    pub(crate) fn find_meeting_mut(&mut self, id: &str) -> Option<&mut Meeting> {
        self.apps
            .values_mut()
            .find_map(|meetings| meetings.get_mut(id))
    }

    /// Creates a meeting and returns it.
    pub(crate) fn create_meeting(
        &mut self,
        app: &str,
        title: Option<String>,
        status: MeetingStatus,
        now: Millis,
    ) -> Result<&Meeting, KitError> {
        let meetings = self.apps.get_mut(app).ok_or_else(|| no_app(app))?;
        let meeting = Meeting::new(new_id(), title.unwrap_or_default(), status, now);
        Ok(meetings.entry(meeting.id.clone()).or_insert(meeting))
    }

    /// Returns the id of a preset; it stays the same for as long as the stand-in runs.
    pub(crate) fn preset_id(&mut self, name: &str) -> String {
        let known = self.presets.entry(name.to_owned());
        known.or_insert_with(new_id).clone()
    }

    /// Returns the records of one user, as meeting and participant ids.
    pub(crate) fn records_of(&self, custom_participant_id: &str) -> Vec<(&str, &str)> {
        let meetings = self.apps.values().flat_map(IndexMap::values);
        meetings
            .flat_map(|meeting| meeting.participants.values().map(move |p| (meeting, p)))
            .filter(|(_, participant)| participant.custom_participant_id == custom_participant_id)
            .map(|(meeting, participant)| (meeting.id.as_str(), participant.id.as_str()))
            .collect()
    }

    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for meeting in self.apps.values().flat_map(IndexMap::values) {
            counts.meetings += 1;
            counts.participants += meeting.participants.len();
            counts.deleted_participants += meeting.deleted.len();
            if let Some(session) = &meeting.session {
                counts.live_sessions += 1;
                counts.live_peers += session.peers.len();
            }
        }
        counts
    }
}

/// Returns the entry at `index` of a list in the given order.
pub(crate) fn nth<V>(list: &IndexMap<String, V>, order: ListOrder, index: usize) -> Option<&V> {
    let position = match order {
        ListOrder::OldestFirst => index,
        ListOrder::NewestFirst => list.len().checked_sub(index + 1)?,
    };
    list.get_index(position).map(|(_, value)| value)
}

/// Checks the API schema's rule that a meeting id is a UUID.
fn well_formed(meeting_id: &str) -> Result<(), KitError> {
    let hyphenated = meeting_id.len() == 36 && Uuid::try_parse(meeting_id).is_ok();
    if hyphenated {
        return Ok(());
    }
    Err(KitError::bad_request("meeting_id must be a valid UUID"))
}

fn no_app(app: &str) -> KitError {
    KitError::not_found(format!("No app found with id {app}"))
}

fn no_meeting(id: &str) -> KitError {
    KitError::not_found(format!("No meeting found with id {id}"))
}
