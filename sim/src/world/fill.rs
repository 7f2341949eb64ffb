//! Bulk creation: an account with thousands of meetings in one call.

use serde::{Deserialize, Serialize};

use super::meeting::default_preset;
use super::{Event, Joiner, Meeting, MeetingStatus, NewParticipant, Organization, World};
use crate::answer::KitError;
use crate::clock::Millis;

/// What to create.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FillRequest {
    /// Defaults to the first app.
    pub(crate) app: Option<String>,
    pub(crate) meetings: usize,
    /// Participants per meeting, not counting those of `user`.
    pub(crate) participants_per_meeting: usize,
    pub(crate) user: Option<FillUser>,
    /// Whether all participants join their meeting's session.
    pub(crate) live: bool,
    /// How many of the meetings, starting with the oldest, are `INACTIVE`.
    pub(crate) inactive: usize,
    pub(crate) title_prefix: String,
    pub(crate) preset_name: String,
    /// Whether joins (see `live`) are sent to the webhook receivers.
    pub(crate) webhooks: bool,
}

/// One user with records in many meetings, spread evenly.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FillUser {
    pub(crate) custom_participant_id: String,
    pub(crate) in_meetings: usize,
    /// The number of records in each of these meetings.
    #[serde(default = "one")]
    pub(crate) copies: usize,
}

/// What was created.
#[derive(Debug, Default, Serialize)]
pub(crate) struct FillReport {
    pub(crate) app: String,
    /// In order of creation.
    pub(crate) meetings: Vec<FilledMeeting>,
    /// The records of `user`.
    pub(crate) user: Vec<UserRecord>,
    pub(crate) participants: usize,
}

/// A meeting with the ids of its participants in order of creation.
#[derive(Debug, Serialize)]
pub(crate) struct FilledMeeting {
    pub(crate) id: String,
    pub(crate) participants: Vec<String>,
}

/// One record of the named user.
#[derive(Debug, Serialize)]
pub(crate) struct UserRecord {
    pub(crate) meeting_id: String,
    pub(crate) participant_id: String,
}

fn one() -> usize {
    1
}

impl Default for FillRequest {
    fn default() -> Self {
        Self {
            app: None,
            meetings: 1,
            participants_per_meeting: 0,
            user: None,
            live: false,
            inactive: 0,
            title_prefix: "Meeting".to_owned(),
            preset_name: default_preset(),
            webhooks: false,
        }
    }
}

impl World {
    /// Creates what the request asks for; the events are those of the joins, if webhooks are wanted.
    pub(crate) fn fill(
        &mut self,
        request: &FillRequest,
        now: Millis,
    ) -> Result<(FillReport, Vec<Event>), KitError> {
        let app = request.app.clone().unwrap_or_else(|| self.default_app());
        let in_meetings = request.user.as_ref().map_or(0, |user| user.in_meetings);
        if in_meetings > request.meetings {
            return Err(KitError::bad_request(
                "user.in_meetings is larger than meetings",
            ));
        }
        let organization = self.organization.clone();
        let mut report = FillReport {
            app: app.clone(),
            ..FillReport::default()
        };
        let mut events = Vec::new();
        for index in 0..request.meetings {
            // Spreads the user's meetings as evenly as possible.
            let before = |index| index * in_meetings / request.meetings;
            let user = request
                .user
                .as_ref()
                .filter(|_| before(index + 1) > before(index));
            let lineup = self.lineup(request, user, index);
            let title = Some(format!("{} {}", request.title_prefix, index + 1));
            let id = self
                .create_meeting(&app, title, request.status(index), now)?
                .id
                .clone();
            let meeting = self.meeting_mut(&app, &id)?;
            report.note(add_all(meeting, lineup, now), meeting, user);
            if request.live {
                events.extend(join_all(meeting, &organization, now));
            }
        }
        events.retain(|_| request.webhooks);
        Ok((report, events))
    }

    /// Lists the participants of one meeting, with the user's records at a position that varies between meetings.
    fn lineup(
        &mut self,
        request: &FillRequest,
        user: Option<&FillUser>,
        index: usize,
    ) -> Vec<NewParticipant> {
        let new = |id: String, name: String| NewParticipant {
            custom_participant_id: id,
            preset_name: request.preset_name.clone(),
            name: Some(name),
            picture: None,
        };
        let mut lineup: Vec<_> = (0..request.participants_per_meeting)
            .map(|_| {
                self.made_up_users += 1;
                new(
                    format!("user-{}", self.made_up_users),
                    format!("User {}", self.made_up_users),
                )
            })
            .collect();
        for copy in 0..user.map_or(0, |user| user.copies) {
            let id = user.map_or_else(String::new, |user| user.custom_participant_id.clone());
            let place = (index * 7 + copy * 13) % (lineup.len() + 1);
            lineup.insert(place, new(id, "The user".to_owned()));
        }
        lineup
    }
}

impl FillRequest {
    fn status(&self, index: usize) -> MeetingStatus {
        if index < self.inactive {
            MeetingStatus::Inactive
        } else {
            MeetingStatus::Active
        }
    }
}

impl FillReport {
    fn note(&mut self, filled: FilledMeeting, meeting: &Meeting, user: Option<&FillUser>) {
        self.participants += filled.participants.len();
        self.meetings.push(filled);
        let Some(user) = user else { return };
        let records = meeting.participants.values();
        let theirs = records.filter(|p| p.custom_participant_id == user.custom_participant_id);
        self.user.extend(theirs.map(|participant| UserRecord {
            meeting_id: meeting.id.clone(),
            participant_id: participant.id.clone(),
        }));
    }
}

fn join_all(meeting: &mut Meeting, organization: &Organization, now: Millis) -> Vec<Event> {
    let ids: Vec<_> = meeting.participants.keys().cloned().collect();
    let joined = ids
        .into_iter()
        .filter_map(|id| meeting.join(&Joiner::ParticipantId(id), organization, now));
    joined.flat_map(|(_, events)| events).collect()
}

fn add_all(meeting: &mut Meeting, lineup: Vec<NewParticipant>, now: Millis) -> FilledMeeting {
    let participants = lineup
        .into_iter()
        .map(|new| meeting.add(new, now).id.clone())
        .collect();
    FilledMeeting {
        id: meeting.id.clone(),
        participants,
    }
}
