//! The API endpoints that a removal and its tests need, under the app's prefix.

mod extract;
mod meetings;
mod paging;
mod participants;
mod sessions;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::de::DeserializeOwned;

use crate::answer::{KitError, v4_error};
use crate::sim::SharedSim;
use crate::webhooks;

pub(crate) use paging::ListLie;

/// Builds the router for everything outside `/sim`.
pub(crate) fn router() -> Router<SharedSim> {
    let meeting = Router::new()
        .route(
            "/participants",
            get(participants::list).post(participants::add),
        )
        .route(
            "/participants/{participant}",
            get(participants::get).delete(participants::delete),
        )
        .route(
            "/participants/{participant}/token",
            post(participants::refresh_token),
        )
        .route("/active-session", get(sessions::active))
        .route("/active-session/kick", post(sessions::kick))
        .route("/active-session/kick-all", post(sessions::kick_all));
    let app = Router::new()
        .route("/meetings", get(meetings::list).post(meetings::create))
        .nest("/meetings/{meeting}", meeting);
    Router::new()
        .nest("/client/v4/accounts/{account}/realtime/kit/{app}", app)
        .route("/.well-known/webhooks.json", get(webhooks::public_key))
        .fallback(no_route)
        .method_not_allowed_fallback(wrong_method)
        // The gateway has already checked the size.
        .layer(DefaultBodyLimit::disable())
}

async fn no_route(request: Request) -> Response {
    let path = request.uri().path();
    let message = format!("Could not route to {path}, perhaps your object identifier is invalid?");
    v4_error(StatusCode::NOT_FOUND, 7003, &message)
}

async fn wrong_method(request: Request) -> Response {
    let message = format!(
        "{} is not supported for {}",
        request.method(),
        request.uri().path()
    );
    v4_error(StatusCode::METHOD_NOT_ALLOWED, 10405, &message)
}

/// Parses a request body of the API; an empty one reads as `{}`.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, KitError> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body)
        .map_err(|error| KitError::bad_request(format!("The request body is invalid: {error}")))
}
