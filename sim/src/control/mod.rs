//! The `/sim` routes, which fill, steer and inspect the stand-in. They need no token, are not logged, and are exempt
//! from limits and faults.

mod meetings;
mod state;
mod steering;
mod webhooks;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::answer::KitError;
use crate::sim::SharedSim;

/// Builds the router for everything under `/sim`.
pub(crate) fn router() -> Router<SharedSim> {
    let requests = get(state::requests).delete(state::clear_requests);
    let steering = Router::new()
        .route("/reset", post(steering::reset))
        .route(
            "/settings",
            get(steering::settings).post(steering::change_settings),
        )
        .route(
            "/limits",
            get(steering::limits).post(steering::change_limits),
        )
        .route("/faults", faults_route())
        .route("/state", get(state::state))
        .route("/requests", requests)
        .route("/fill", post(meetings::fill));
    steering
        .nest("/meetings", meetings_router())
        .nest("/webhooks", webhooks_router())
        .fallback(unknown)
        .layer(DefaultBodyLimit::max(32 * 1024 * 1024))
}

fn faults_route() -> MethodRouter<SharedSim> {
    get(steering::faults)
        .post(steering::add_faults)
        .delete(steering::clear_faults)
}

fn meetings_router() -> Router<SharedSim> {
    let participant = delete(meetings::delete_participant);
    Router::new()
        .route("/", post(meetings::create))
        .route("/{meeting}/participants", post(meetings::add_participant))
        .route("/{meeting}/participants/{participant}", participant)
        .route("/{meeting}/join", post(meetings::join))
        .route("/{meeting}/leave", post(meetings::leave))
        .route("/{meeting}/end", post(meetings::end))
}

fn webhooks_router() -> Router<SharedSim> {
    let receivers = get(webhooks::list)
        .post(webhooks::register)
        .delete(webhooks::unregister);
    let deliveries = get(webhooks::deliveries).delete(webhooks::clear_deliveries);
    Router::new()
        .route("/", receivers)
        .route("/deliveries", deliveries)
        .route("/rotate-key", post(webhooks::rotate_key))
        .route("/sign", post(webhooks::sign))
        .route("/send", post(webhooks::send))
}

/// A failed control call: `{"error": "…"}`.
#[derive(Debug)]
pub(crate) struct ControlError(StatusCode, String);

impl ControlError {
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, message.into())
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, message.into())
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self(StatusCode::FORBIDDEN, message.into())
    }
}

impl From<KitError> for ControlError {
    fn from(error: KitError) -> Self {
        let (status, message) = error.into_parts();
        Self(status, message)
    }
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

async fn unknown(request: Request) -> ControlError {
    let message = format!(
        "no control route {} {}: see sim/README.md",
        request.method(),
        request.uri().path()
    );
    ControlError::not_found(message)
}

/// Parses the body of a control call; an empty one reads as `{}`.
fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, ControlError> {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body)
        .map_err(|error| ControlError::bad_request(format!("the body is wrong: {error}")))
}
