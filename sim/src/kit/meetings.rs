//! Listing and creating meetings.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::extract::{Path, Query};
use super::paging::{ListLie, PageQuery, page};
use super::parse;
use crate::answer::{KitError, success};
use crate::clock::{iso, now};
use crate::sim::SharedSim;
use crate::world::{Meeting, MeetingStatus};

#[derive(Serialize)]
struct MeetingRow {
    id: String,
    title: String,
    status: MeetingStatus,
    created_at: String,
    updated_at: String,
}

#[derive(Deserialize)]
pub(super) struct NewMeeting {
    title: Option<String>,
    #[serde(default)]
    status: MeetingStatus,
}

fn row(meeting: &Meeting) -> MeetingRow {
    MeetingRow {
        id: meeting.id.clone(),
        title: meeting.title.clone(),
        status: meeting.status,
        created_at: iso(meeting.created_at),
        updated_at: iso(meeting.updated_at),
    }
}

pub(super) async fn list(
    State(sim): State<SharedSim>,
    Path((_, app)): Path<(String, String)>,
    Query(query): Query<PageQuery>,
    Extension(lie): Extension<ListLie>,
) -> Result<Response, KitError> {
    let core = sim.lock();
    page(
        core.world.meetings(&app)?,
        &query,
        &core.settings,
        &lie,
        row,
    )
}

pub(super) async fn create(
    State(sim): State<SharedSim>,
    Path((_, app)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, KitError> {
    let new: NewMeeting = parse(&body)?;
    let mut core = sim.lock();
    let meeting = core
        .world
        .create_meeting(&app, new.title, new.status, now())?;
    Ok(success(row(meeting)))
}
