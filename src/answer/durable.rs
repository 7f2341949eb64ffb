//! Durable removals, as callers see them.

use serde::Serialize;

use super::{Answer, ResultInfo};
use crate::ids::AppId;
use crate::ledger::{Health, ItemView, Listing, Pause, RemovalView};
use crate::removal::Target;
use crate::removal::order::TargetFields;
use crate::rfc3339::timestamp;

/// A removal, as a response body.
#[derive(Serialize)]
struct RemovalBody<'a> {
    id: &'a str,
    state: &'static str,
    app_id: &'a AppId,
    source: &'a str,
    caller: Option<&'a str>,
    reason: Option<&'a str>,
    kick: bool,
    dry_run: bool,
    target: Option<TargetFields<'a>>,
    targets: u32,
    not_before: Option<String>,
    created_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    progress: ProgressBody,
    estimated_seconds_left: Option<u64>,
    paused: Option<PauseBody>,
    last_error: Option<&'a str>,
    kick_error: Option<&'a str>,
    cancelled_by: Option<&'a str>,
    retried_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<ItemBody<'a>>>,
}

#[derive(Serialize)]
struct ProgressBody {
    meetings_total: u64,
    meetings_scanned: u64,
    participants_found: u64,
    removed: u64,
    already_absent: u64,
    absent_after_ambiguous: u64,
    failed: u64,
    api_requests: u64,
}

#[derive(Serialize)]
struct PauseBody {
    reason: &'static str,
    since: String,
    until: String,
}

#[derive(Serialize)]
struct ItemBody<'a> {
    meeting_id: &'a str,
    participant_id: &'a str,
    target: Option<u64>,
    custom_participant_id: Option<&'a str>,
    state: &'static str,
    outcome: Option<&'static str>,
    attempts: u32,
    last_error: Option<&'a str>,
    kick_error: Option<&'a str>,
    found_at: String,
    finished_at: Option<String>,
}

impl From<Pause> for PauseBody {
    fn from(pause: Pause) -> Self {
        Self {
            reason: pause.reason.as_str(),
            since: timestamp(pause.since),
            until: timestamp(pause.until),
        }
    }
}

impl<'a> From<&'a ItemView> for ItemBody<'a> {
    fn from(item: &'a ItemView) -> Self {
        Self {
            meeting_id: &item.meeting,
            participant_id: &item.participant,
            target: item.target,
            custom_participant_id: item.user.as_deref(),
            state: item.state.as_str(),
            outcome: item.outcome.map(crate::removal::Outcome::as_str),
            attempts: item.attempts,
            last_error: item.last_error.as_deref(),
            kick_error: item.kick_error.as_deref(),
            found_at: timestamp(item.found_at),
            finished_at: item.finished_at.map(timestamp),
        }
    }
}

fn body<'a>(
    view: &'a RemovalView,
    app: &'a AppId,
    items: Option<&'a [ItemView]>,
) -> RemovalBody<'a> {
    let progress = &view.progress;
    RemovalBody {
        id: view.id.as_str(),
        state: view.state.as_str(),
        app_id: app,
        source: &view.source,
        caller: view.caller.as_deref(),
        reason: view.reason.as_deref(),
        kick: view.kick,
        dry_run: view.dry_run,
        target: view.target.as_ref().map(Target::fields),
        targets: view.targets,
        not_before: view.not_before.map(timestamp),
        created_at: timestamp(view.accepted_at),
        started_at: view.started_at.map(timestamp),
        finished_at: view.finished_at.map(timestamp),
        progress: ProgressBody {
            meetings_total: progress.meetings_total,
            meetings_scanned: progress.meetings_scanned,
            participants_found: progress.found,
            removed: progress.removed,
            already_absent: progress.already_absent,
            absent_after_ambiguous: progress.absent_after_ambiguous,
            failed: progress.failed,
            api_requests: progress.requests,
        },
        estimated_seconds_left: view.estimated_seconds_left,
        paused: view.pause.map(PauseBody::from),
        last_error: view.last_error.as_deref(),
        kick_error: view.kick_error.as_deref(),
        cancelled_by: view.cancelled_by.as_deref(),
        retried_by: view.retried_by.as_deref(),
        items: items.map(|items| items.iter().map(ItemBody::from).collect()),
    }
}

/// Returns one removal.
#[must_use]
pub fn removal(status: u16, view: &RemovalView, app: &AppId) -> Answer {
    Answer::success(status, body(view, app, None))
}

/// Returns one removal with a page of its items.
#[must_use]
pub fn removal_with_items(view: &RemovalView, items: &Listing<ItemView>, app: &AppId) -> Answer {
    Answer::page(body(view, app, Some(&items.rows)), info(items))
}

/// Returns a page of removals.
#[must_use]
pub fn removals(listing: &Listing<RemovalView>, app: &AppId) -> Answer {
    let bodies: Vec<_> = listing
        .rows
        .iter()
        .map(|view| body(view, app, None))
        .collect();
    Answer::page(bodies, info(listing))
}

fn info<T>(listing: &Listing<T>) -> ResultInfo {
    ResultInfo {
        count: listing.rows.len(),
        cursor: listing.next.map(|next| next.to_string()),
    }
}

/// The health of a ledger.
#[derive(Serialize)]
struct LedgerBody {
    paused: Option<PauseBody>,
    open_removals: u64,
    api_requests_in_5_minutes: u32,
    api_requests_allowed: u32,
}

/// Returns the health of one ledger.
#[must_use]
pub fn ledger_health(health: &Health) -> Answer {
    Answer::success(
        200,
        LedgerBody {
            paused: health.pause.map(PauseBody::from),
            open_removals: health.open,
            api_requests_in_5_minutes: health.requests_in_window,
            api_requests_allowed: health.requests_allowed,
        },
    )
}

#[cfg(test)]
mod tests;
