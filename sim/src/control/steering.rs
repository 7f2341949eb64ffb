//! Reset, settings, limits and faults.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{ControlError, parse};
use crate::faults::Rule;
use crate::limits::{Limiter, Limits};
use crate::settings::SettingsChange;
use crate::sim::SharedSim;

pub(super) async fn reset(State(sim): State<SharedSim>) -> Response {
    sim.reset();
    Json(json!({"reset": true})).into_response()
}

pub(super) async fn settings(State(sim): State<SharedSim>) -> Response {
    Json(&sim.lock().settings).into_response()
}

pub(super) async fn change_settings(
    State(sim): State<SharedSim>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let change: SettingsChange = parse(&body)?;
    let mut core = sim.lock();
    core.settings
        .apply(change)
        .map_err(ControlError::bad_request)?;
    Ok(Json(&core.settings).into_response())
}

pub(super) async fn limits(State(sim): State<SharedSim>) -> Response {
    let core = sim.lock();
    Json(json!({"limits": core.limiter.limits, "refused": core.limiter.refused})).into_response()
}

/// Replaces the limits; the new ones start with an empty window and no block.
pub(super) async fn change_limits(
    State(sim): State<SharedSim>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let limits: Limits = parse(&body)?;
    if limits.window_seconds == 0 {
        return Err(ControlError::bad_request("window_seconds is 1 or more"));
    }
    sim.lock().limiter = Limiter::new(limits);
    Ok(Json(json!({"limits": limits, "refused": 0})).into_response())
}

/// A single rule or a list of rules.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rules {
    Many(Vec<serde_json::Value>),
    One(serde_json::Value),
}

pub(super) async fn add_faults(
    State(sim): State<SharedSim>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let rules = match parse(&body)? {
        Rules::Many(rules) => rules,
        Rules::One(rule) => vec![rule],
    };
    let rules = rules.into_iter().enumerate().map(read_rule);
    let rules = rules.collect::<Result<Vec<_>, _>>()?;
    let mut core = sim.lock();
    core.faults.add(rules);
    Ok(Json(json!({"faults": core.faults.left()})).into_response())
}

fn read_rule((index, rule): (usize, serde_json::Value)) -> Result<Rule, ControlError> {
    let wrong = |problem| ControlError::bad_request(format!("rule {index} is wrong: {problem}"));
    let rule: Rule = serde_json::from_value(rule).map_err(|error| wrong(error.to_string()))?;
    rule.fault.check().map_err(wrong)?;
    Ok(rule)
}

pub(super) async fn faults(State(sim): State<SharedSim>) -> Response {
    Json(json!({"faults": sim.lock().faults.left()})).into_response()
}

pub(super) async fn clear_faults(State(sim): State<SharedSim>) -> Response {
    sim.lock().faults.clear();
    Json(json!({"faults": []})).into_response()
}
