//! The current content, and the requests received.

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::clock::iso;
use crate::request_log::LoggedRequest;
use crate::sim::SharedSim;
use crate::world::{Counts, Meeting, Participant, Peer, Session, World};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct StateQuery {
    full: bool,
    custom_participant_id: Option<String>,
}

#[derive(Serialize)]
struct StateAnswer {
    counts: Counts,
    requests: usize,
    requests_refused_by_limit: u64,
    faults: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    apps: Option<Value>,
}

/// Returns the counts; with `full` also the whole content, with `custom_participant_id` that user's records.
pub(super) async fn state(
    State(sim): State<SharedSim>,
    Query(query): Query<StateQuery>,
) -> Response {
    let core = sim.lock();
    let user = query.custom_participant_id.as_deref();
    Json(StateAnswer {
        counts: core.world.counts(),
        requests: core.log.len(),
        requests_refused_by_limit: core.limiter.refused,
        faults: core.faults.left().len(),
        records: user.map(|user| records(&core.world, user)),
        apps: query.full.then(|| content(&core.world)),
    })
    .into_response()
}

fn records(world: &World, user: &str) -> Vec<Value> {
    let records = world.records_of(user).into_iter();
    records
        .map(|(meeting, participant)| json!({"meeting_id": meeting, "participant_id": participant}))
        .collect()
}

fn content(world: &World) -> Value {
    let app = |meetings: &indexmap::IndexMap<String, Meeting>| {
        meetings.values().map(meeting).collect::<Vec<_>>()
    };
    let apps: Map<_, _> = world
        .apps()
        .map(|(id, meetings)| (id.clone(), app(meetings).into()))
        .collect();
    apps.into()
}

fn meeting(meeting: &Meeting) -> Value {
    json!({
        "id": meeting.id,
        "title": meeting.title,
        "status": meeting.status,
        "created_at": iso(meeting.created_at),
        "participants": meeting.participants.values().map(participant).collect::<Vec<_>>(),
        "deleted_participants": meeting.deleted.values().map(participant).collect::<Vec<_>>(),
        "session": meeting.session.as_ref().map(session),
    })
}

fn participant(participant: &Participant) -> Value {
    json!({
        "id": participant.id,
        "custom_participant_id": participant.custom_participant_id,
        "name": participant.name,
        "preset_name": participant.preset_name,
        "tokens": participant.tokens,
    })
}

fn session(session: &Session) -> Value {
    let peer = |peer: &Peer| {
        json!({
            "peer_id": peer.id,
            "participant_id": peer.participant_id,
            "custom_participant_id": peer.custom_participant_id,
            "joined_at": iso(peer.joined_at),
        })
    };
    json!({
        "id": session.id,
        "started_at": iso(session.started_at),
        "peers": session.peers.values().map(peer).collect::<Vec<_>>(),
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RequestsQuery {
    since: u64,
    method: Option<String>,
    /// A substring of the path.
    path: Option<String>,
}

/// Returns the logged requests from number `since` on.
pub(super) async fn requests(
    State(sim): State<SharedSim>,
    Query(query): Query<RequestsQuery>,
) -> Response {
    let core = sim.lock();
    let requests: Vec<_> = core
        .log
        .since(query.since)
        .filter(|entry| {
            query
                .method
                .as_ref()
                .is_none_or(|method| method.eq_ignore_ascii_case(&entry.method))
        })
        .filter(|entry| {
            query
                .path
                .as_ref()
                .is_none_or(|path| entry.path.contains(path.as_str()))
        })
        .cloned()
        .collect();
    let next = core.log.next();
    // Serialising 100,000 requests takes a while, so release the lock first.
    drop(core);
    Json(Requests { requests, next }).into_response()
}

#[derive(Serialize)]
struct Requests {
    requests: Vec<LoggedRequest>,
    next: u64,
}

pub(super) async fn clear_requests(State(sim): State<SharedSim>) -> Response {
    let mut core = sim.lock();
    core.log.clear();
    Json(json!({"requests": [], "next": core.log.next()})).into_response()
}
