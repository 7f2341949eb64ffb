//! Webhook receivers, deliveries and the signing key.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::{ControlError, parse};
use crate::sim::SharedSim;
use crate::webhooks::WebhookKey;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    url: String,
    #[serde(default)]
    events: Vec<String>,
}

pub(super) async fn register(
    State(sim): State<SharedSim>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let new: Registration = parse(&body)?;
    let receiver = sim
        .webhooks
        .register(&new.url, new.events)
        .map_err(ControlError::bad_request)?;
    Ok(Json(receiver).into_response())
}

pub(super) async fn list(State(sim): State<SharedSim>) -> Response {
    Json(json!({"webhooks": sim.webhooks.receivers()})).into_response()
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Unregistration {
    url: Option<String>,
    id: Option<String>,
}

/// Unregisters the receivers with this URL or id; without a body, all of them.
pub(super) async fn unregister(
    State(sim): State<SharedSim>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let Unregistration { url, id } = parse(&body)?;
    let count = sim.webhooks.unregister(url.or(id).as_deref());
    Ok(Json(json!({"unregistered": count})).into_response())
}

pub(super) async fn deliveries(State(sim): State<SharedSim>) -> Response {
    let (deliveries, pending) = sim.webhooks.attempts();
    Json(json!({"deliveries": deliveries, "pending": pending})).into_response()
}

pub(super) async fn clear_deliveries(State(sim): State<SharedSim>) -> Response {
    sim.webhooks.clear_attempts();
    Json(json!({"deliveries": []})).into_response()
}

pub(super) async fn rotate_key(State(sim): State<SharedSim>) -> Result<Response, ControlError> {
    let key = WebhookKey::generate()
        .await
        .map_err(ControlError::bad_request)?;
    let public_key = key.public_pem().to_owned();
    let number = sim.webhooks.rotate(key);
    Ok(Json(json!({"key": number, "publicKey": public_key})).into_response())
}

/// A body to sign: text, or base64 if it is not UTF-8.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signing {
    body: Option<String>,
    body_base64: Option<String>,
    /// The number of an older key; the current one if absent.
    key: Option<usize>,
}

impl Signing {
    fn bytes(&self) -> Result<Vec<u8>, ControlError> {
        match (&self.body, &self.body_base64) {
            (Some(text), None) => Ok(text.clone().into_bytes()),
            (None, Some(base64)) => STANDARD.decode(base64).map_err(|error| {
                ControlError::bad_request(format!("body_base64 is wrong: {error}"))
            }),
            _ => Err(ControlError::bad_request("give either body or body_base64")),
        }
    }
}

/// Returns the signature of an arbitrary body.
pub(super) async fn sign(
    State(sim): State<SharedSim>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let signing: Signing = parse(&body)?;
    let bytes = signing.bytes()?;
    let key = sim.webhooks.key(signing.key);
    let key = key.ok_or_else(|| ControlError::not_found("there is no key of that number"))?;
    Ok(Json(json!({"signature": key.sign(&bytes)})).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sending {
    /// The event name for the record; it also selects the receivers.
    #[serde(default = "custom")]
    event: String,
    body: String,
}

fn custom() -> String {
    "custom".to_owned()
}

/// Signs an arbitrary body and delivers it under the usual rules.
pub(super) async fn send(
    State(sim): State<SharedSim>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let Sending { event, body } = parse(&body)?;
    let receivers = sim.webhooks.post(&sim, &event, &Bytes::from(body));
    Ok(Json(json!({"receivers": receivers})).into_response())
}
