//! Outgoing webhooks: their signing key, their receivers, and their delivery.

mod delivery;
mod key;
mod receivers;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::sim::SharedSim;

pub(crate) use key::WebhookKey;
pub(crate) use receivers::Webhooks;

/// Serves `GET /.well-known/webhooks.json`: the key for verifying signatures.
pub(crate) async fn public_key(State(sim): State<SharedSim>) -> Response {
    let key = sim.webhooks.key(None);
    let data = json!({"publicKey": key.as_ref().map(|key| key.public_pem())});
    Json(json!({"success": true, "data": data, "message": ""})).into_response()
}
