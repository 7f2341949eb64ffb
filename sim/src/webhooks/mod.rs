//! Webhooks out: the key that signs them, who receives them, and their delivery.

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

/// `GET /.well-known/webhooks.json`: the key that signatures are checked with.
pub(crate) async fn public_key(State(sim): State<SharedSim>) -> Response {
    let key = sim.webhooks.key(None);
    let data = json!({"publicKey": key.as_ref().map(|key| key.public_pem())});
    Json(json!({"success": true, "data": data, "message": ""})).into_response()
}
