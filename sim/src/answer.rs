//! Success and the two error shapes. `RealtimeKit`'s own errors carry a singular `error`; the gateway in front of it
//! responds with Cloudflare's v4 envelope.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

#[derive(Serialize)]
struct Success<T> {
    success: bool,
    data: T,
}

/// Returns `{"success": true, "data": …}`.
pub(crate) fn success(data: impl Serialize) -> Response {
    Json(Success {
        success: true,
        data,
    })
    .into_response()
}

/// An error returned by `RealtimeKit` itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct KitError {
    status: StatusCode,
    message: String,
}

impl KitError {
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
        }
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message: message.into(),
        }
    }

    pub(crate) fn into_parts(self) -> (StatusCode, String) {
        (self.status, self.message)
    }

    /// Returns `RealtimeKit`'s error for a participant that is unknown or not in the session.
    pub(crate) fn no_user(id: &str) -> Self {
        Self::not_found(format!("No user found with id {id}"))
    }
}

impl IntoResponse for KitError {
    fn into_response(self) -> Response {
        kit_error(self.status, i64::from(self.status.as_u16()), &self.message)
    }
}

/// Returns `{"success": false, "error": {…}}`.
pub(crate) fn kit_error(status: StatusCode, code: i64, message: &str) -> Response {
    let body = json!({"success": false, "error": {"code": code, "message": message}});
    (status, Json(body)).into_response()
}

/// Returns `{"success": false, "errors": [{…}], "messages": [], "result": null}`.
pub(crate) fn v4_error(status: StatusCode, code: i64, message: &str) -> Response {
    let body = json!({
        "success": false,
        "errors": [{"code": code, "message": message}],
        "messages": [],
        "result": null,
    });
    (status, Json(body)).into_response()
}

/// Adds `cf-ray`, the id that Cloudflare support asks for, unless a fault has set one.
pub(crate) fn add_ray(response: &mut Response) {
    let name = header::HeaderName::from_static("cf-ray");
    if response.headers().contains_key(&name) {
        return;
    }
    let (high, _) = Uuid::new_v4().as_u64_pair();
    if let Ok(value) = HeaderValue::from_str(&format!("{high:016x}-SIM")) {
        response.headers_mut().insert(name, value);
    }
}
