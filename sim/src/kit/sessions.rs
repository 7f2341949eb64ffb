//! A meeting's live session: who is in it, and kicking them.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::extract::Path;
use super::parse;
use crate::answer::{KitError, success};
use crate::clock::{iso, now};
use crate::sim::SharedSim;
use crate::world::{KickTargets, Peer};

type MeetingPath = Path<(String, String, String)>;

pub(super) async fn active(
    State(sim): State<SharedSim>,
    Path((_, app, id)): MeetingPath,
) -> Result<Response, KitError> {
    let core = sim.lock();
    let meeting = core.world.meeting(&app, &id)?;
    let session = meeting.session.as_ref().ok_or_else(|| no_session(&id))?;
    let minutes = now().saturating_sub(session.started_at) / 60_000;
    Ok(success(json!({
        "id": session.id,
        "associated_id": meeting.id,
        "created_at": iso(session.started_at),
        "started_at": iso(session.started_at),
        "updated_at": iso(session.started_at),
        "live_participants": session.peers.len(),
        "max_concurrent_participants": session.most_peers,
        "meeting_display_name": meeting.title,
        "minutes_consumed": minutes,
        "organization_id": core.world.organization.id,
        "status": "LIVE",
        "type": "meeting",
        "breakout_rooms": [],
    })))
}

pub(super) async fn kick(
    State(sim): State<SharedSim>,
    Path((_, app, id)): MeetingPath,
    body: Bytes,
) -> Result<Response, KitError> {
    let targets: KickTargets = parse(&body)?;
    if targets.is_empty() {
        return Err(KitError::bad_request(
            "participant_ids or custom_participant_ids must name someone",
        ));
    }
    let kicked = drop_peers(&sim, &app, &id, Some(&targets))?;
    if kicked.is_empty() {
        return Err(KitError::no_user(targets.first()));
    }
    let participants: Vec<Value> = kicked.iter().map(participant).collect();
    Ok(success(
        json!({"action": "kick", "participants": participants}),
    ))
}

pub(super) async fn kick_all(
    State(sim): State<SharedSim>,
    Path((_, app, id)): MeetingPath,
) -> Result<Response, KitError> {
    let kicked = drop_peers(&sim, &app, &id, None)?;
    Ok(success(
        json!({"action": "kick_all", "kicked_participants_count": kicked.len()}),
    ))
}

fn drop_peers(
    sim: &SharedSim,
    app: &str,
    id: &str,
    targets: Option<&KickTargets>,
) -> Result<Vec<Peer>, KitError> {
    let mut core = sim.lock();
    let organization = core.world.organization.clone();
    let all_must_be_live = core.settings.partial_kick_status == 404;
    let meeting = core.world.meeting_mut(app, id)?;
    if meeting.session.is_none() {
        return Err(targets.map_or_else(
            || no_session(id),
            |targets| KitError::no_user(targets.first()),
        ));
    }
    if let Some(absent) = targets.and_then(|targets| meeting.not_live(targets))
        && all_must_be_live
    {
        return Err(KitError::no_user(absent));
    }
    let (kicked, events) = meeting.kick(targets, &organization, now());
    drop(core);
    sim.announce(events);
    Ok(kicked)
}

fn participant(peer: &Peer) -> Value {
    json!({
        "id": peer.participant_id,
        "name": peer.name,
        "created_at": iso(peer.joined_at),
        "updated_at": iso(peer.joined_at),
    })
}

fn no_session(meeting_id: &str) -> KitError {
    KitError::not_found(format!(
        "No active session found for meeting with id {meeting_id}"
    ))
}
