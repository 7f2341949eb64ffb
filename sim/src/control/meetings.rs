//! Filling the account, and user actions: joining, leaving and ending a meeting.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ControlError, parse};
use crate::clock::now;
use crate::sim::{Core, SharedSim};
use crate::world::{
    EndReason, FillRequest, Joiner, Meeting, MeetingStatus, NewParticipant, Organization, Peer,
    default_preset,
};

pub(super) async fn fill(
    State(sim): State<SharedSim>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let request: FillRequest = parse(&body)?;
    let (report, events) = sim.lock().world.fill(&request, now())?;
    sim.announce(events);
    Ok(Json(report).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMeeting {
    app: Option<String>,
    title: Option<String>,
    #[serde(default)]
    status: MeetingStatus,
}

pub(super) async fn create(
    State(sim): State<SharedSim>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let new: NewMeeting = parse(&body)?;
    let mut core = sim.lock();
    let app = new.app.unwrap_or_else(|| core.world.default_app());
    let meeting = core
        .world
        .create_meeting(&app, new.title, new.status, now())?;
    Ok(Json(json!({"id": meeting.id})).into_response())
}

/// Looks up a meeting in any app, and returns it with the organization.
fn with_meeting<'a>(
    core: &'a mut Core,
    id: &str,
) -> Result<(&'a mut Meeting, Organization), ControlError> {
    let organization = core.world.organization.clone();
    let meeting = core.world.find_meeting_mut(id);
    let meeting =
        meeting.ok_or_else(|| ControlError::not_found(format!("there is no meeting {id}")))?;
    Ok((meeting, organization))
}

/// The same fields as in the API, except that the preset is optional here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddedParticipant {
    custom_participant_id: String,
    #[serde(default = "default_preset")]
    preset_name: String,
    name: Option<String>,
    picture: Option<String>,
}

impl From<AddedParticipant> for NewParticipant {
    fn from(added: AddedParticipant) -> Self {
        Self {
            custom_participant_id: added.custom_participant_id,
            preset_name: added.preset_name,
            name: added.name,
            picture: added.picture,
        }
    }
}

pub(super) async fn add_participant(
    State(sim): State<SharedSim>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let new: AddedParticipant = parse(&body)?;
    let mut core = sim.lock();
    let (meeting, _) = with_meeting(&mut core, &id)?;
    let participant = meeting.add(new.into(), now());
    Ok(Json(json!({"id": participant.id, "token": participant.tokens.first()})).into_response())
}

pub(super) async fn delete_participant(
    State(sim): State<SharedSim>,
    Path((id, participant)): Path<(String, String)>,
) -> Result<Response, ControlError> {
    let mut core = sim.lock();
    let (meeting, _) = with_meeting(&mut core, &id)?;
    if meeting.delete(&participant).is_none() {
        return Err(ControlError::not_found(format!(
            "meeting {id} has no participant {participant}"
        )));
    }
    Ok(Json(json!({"deleted": participant})).into_response())
}

/// Responds with 403 when there is no record or token (any more) that gives the right to join.
pub(super) async fn join(
    State(sim): State<SharedSim>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let joiner: Joiner = parse(&body)?;
    let mut core = sim.lock();
    let (meeting, organization) = with_meeting(&mut core, &id)?;
    let Some((peer, events)) = meeting.join(&joiner, &organization, now()) else {
        return Err(ControlError::forbidden(
            "no valid token: the participant was deleted or never there, or the meeting is INACTIVE",
        ));
    };
    let session = meeting.session.as_ref().map(|session| session.id.clone());
    drop(core);
    sim.announce(events);
    Ok(Json(json!({
        "peer_id": peer.id,
        "participant_id": peer.participant_id,
        "session_id": session,
    }))
    .into_response())
}

pub(super) async fn leave(
    State(sim): State<SharedSim>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let leaver: Joiner = parse(&body)?;
    let mut core = sim.lock();
    let (meeting, organization) = with_meeting(&mut core, &id)?;
    let (gone, events) = meeting.leave(&leaver, &organization, now());
    drop(core);
    sim.announce(events);
    if gone.is_empty() {
        return Err(ControlError::not_found(format!(
            "nobody of that description is in meeting {id}"
        )));
    }
    Ok(left(&gone))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Ending {
    reason: EndReason,
}

pub(super) async fn end(
    State(sim): State<SharedSim>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let Ending { reason } = parse(&body)?;
    let mut core = sim.lock();
    let (meeting, organization) = with_meeting(&mut core, &id)?;
    let (gone, events) = meeting.end(reason, &organization, now());
    drop(core);
    sim.announce(events);
    if gone.is_empty() {
        return Err(ControlError::not_found(format!(
            "nobody is in meeting {id}"
        )));
    }
    Ok(left(&gone))
}

fn left(gone: &[Peer]) -> Response {
    let peers: Vec<Value> = gone
        .iter()
        .map(|peer| json!({"peer_id": peer.id, "participant_id": peer.participant_id}))
        .collect();
    Json(json!({"left": peers})).into_response()
}
