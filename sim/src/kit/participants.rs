//! Listing, adding, reading and deleting participants, and issuing new tokens.

use axum::Extension;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use super::extract::{Path, Query};
use super::paging::{ListLie, PageQuery, page};
use super::parse;
use crate::answer::{KitError, success};
use crate::clock::{iso, now};
use crate::sim::SharedSim;
use crate::world::{NewParticipant, Participant, new_id};

type MeetingPath = Path<(String, String, String)>;
type ParticipantPath = Path<(String, String, String, String)>;

#[derive(Serialize)]
struct ParticipantRow {
    id: String,
    created_at: String,
    updated_at: String,
    custom_participant_id: String,
    preset_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    /// Only present in the response to adding the participant.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

fn row(participant: &Participant) -> ParticipantRow {
    ParticipantRow {
        id: participant.id.clone(),
        created_at: iso(participant.created_at),
        updated_at: iso(participant.updated_at),
        custom_participant_id: participant.custom_participant_id.clone(),
        preset_name: participant.preset_name.clone(),
        name: participant.name.clone(),
        picture: participant.picture.clone(),
        token: None,
    }
}

pub(super) async fn list(
    State(sim): State<SharedSim>,
    Path((_, app, meeting)): MeetingPath,
    Query(query): Query<PageQuery>,
    Extension(lie): Extension<ListLie>,
) -> Result<Response, KitError> {
    let core = sim.lock();
    let meeting = core.world.meeting(&app, &meeting)?;
    page(&meeting.participants, &query, &core.settings, &lie, row)
}

pub(super) async fn add(
    State(sim): State<SharedSim>,
    Path((_, app, meeting)): MeetingPath,
    body: Bytes,
) -> Result<Response, KitError> {
    let new: NewParticipant = parse(&body)?;
    if new.preset_name.is_empty() {
        return Err(KitError::bad_request("preset_name must name a preset"));
    }
    let mut core = sim.lock();
    let participant = core.world.meeting_mut(&app, &meeting)?.add(new, now());
    let token = participant.tokens.first().cloned();
    Ok(success(ParticipantRow {
        token,
        ..row(participant)
    }))
}

pub(super) async fn get(
    State(sim): State<SharedSim>,
    Path((_, app, meeting, id)): ParticipantPath,
) -> Result<Response, KitError> {
    let core = sim.lock();
    let found = core.world.meeting(&app, &meeting)?.participants.get(&id);
    found
        .map(|participant| success(row(participant)))
        .ok_or_else(|| KitError::no_user(&id))
}

pub(super) async fn delete(
    State(sim): State<SharedSim>,
    Path((_, app, meeting, id)): ParticipantPath,
) -> Result<Response, KitError> {
    let mut core = sim.lock();
    let again_is_fine = core.settings.second_delete_status == 200;
    let meeting = core.world.meeting_mut(&app, &meeting)?;
    let Some(participant) = meeting.delete(&id).cloned() else {
        if again_is_fine && meeting.deleted.contains_key(&id) {
            // `data` is optional in the API schema.
            return Ok(Json(json!({"success": true})).into_response());
        }
        return Err(KitError::no_user(&id));
    };
    Ok(success(json!({
        "created_at": iso(participant.created_at),
        "custom_participant_id": participant.custom_participant_id,
        "preset_id": core.world.preset_id(&participant.preset_name),
        "updated_at": iso(participant.updated_at),
    })))
}

pub(super) async fn refresh_token(
    State(sim): State<SharedSim>,
    Path((_, app, meeting, id)): ParticipantPath,
) -> Result<Response, KitError> {
    let mut core = sim.lock();
    let meeting = core.world.meeting_mut(&app, &meeting)?;
    let participant = meeting
        .participants
        .get_mut(&id)
        .ok_or_else(|| KitError::no_user(&id))?;
    let token = new_id();
    participant.tokens.push(token.clone());
    Ok(success(json!({"token": token})))
}
