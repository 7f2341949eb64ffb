//! Applying a fault to a request.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;

use super::fault::{Fault, Shape, StatusFault};
use crate::answer::{kit_error, success, v4_error};

const BROKEN_JSON: &str = r#"{"success": true, "data": {"created_at": "20"#;
const PAGE: &str = "<!DOCTYPE html><title>Error</title><h1>Something else</h1>";

/// Marks a response that must not be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Withheld {
    /// The connection is closed instead.
    Cut,
    /// The request hangs until the client disconnects.
    Hang,
}

/// Responds to a request hit by `fault`; `normally` is what would happen without it.
pub(crate) async fn carry_out(fault: Fault, normally: impl Future<Output = Response>) -> Response {
    match fault {
        Fault::Latency { ms } => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            normally.await
        }
        Fault::ShortPage { .. }
        | Fault::Shrink { .. }
        | Fault::Repeat
        | Fault::WrongPaging { .. } => normally.await,
        Fault::TruncateBody {
            missing,
            effect: true,
        } => truncate(normally.await, missing).await,
        other => {
            if other.has_effect() {
                normally.await;
            }
            spoilt(other).await
        }
    }
}

/// Returns the response sent in place of the normal one.
async fn spoilt(fault: Fault) -> Response {
    match fault {
        Fault::Hang { .. } => withheld(Withheld::Hang),
        Fault::Status(fault) => status_answer(fault),
        Fault::TruncateBody { missing, .. } => truncate(success(Value::Null), missing).await,
        Fault::BrokenJson { .. } => json_answer(BROKEN_JSON),
        Fault::Html { status, .. } => (code_of(status), Html(PAGE)).into_response(),
        Fault::Redirect {
            status, location, ..
        } => redirect(status, &location),
        Fault::Oversize {
            bytes,
            content_length,
            ..
        } => oversize(bytes, content_length),
        Fault::NoContent { .. } => StatusCode::NO_CONTENT.into_response(),
        Fault::SuccessFalse { .. } => kit_error(StatusCode::OK, 1000, "The operation failed"),
        _ => withheld(Withheld::Cut),
    }
}

fn withheld(how: Withheld) -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(how);
    response
}

fn code_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn json_answer(body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.into()).into_response()
}

fn status_answer(fault: StatusFault) -> Response {
    let status = code_of(fault.status);
    let gateways = matches!(fault.status, 401 | 403 | 429);
    let usual = if gateways {
        Shape::V4
    } else {
        Shape::Realtimekit
    };
    let message = fault
        .message
        .as_deref()
        .or(status.canonical_reason())
        .unwrap_or("Unknown");
    let code = fault.code.unwrap_or_else(|| i64::from(fault.status));
    let mut response = match (fault.body, fault.shape.unwrap_or(usual)) {
        (Some(Value::String(text)), _) => (status, json_answer(text)).into_response(),
        (Some(json), _) => (status, json_answer(json.to_string())).into_response(),
        (None, Shape::V4) => v4_error(status, code, message),
        (None, Shape::Realtimekit) => kit_error(status, code, message),
    };
    for (name, value) in fault.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    if fault.stall {
        let never = stream::pending::<Result<Bytes, std::io::Error>>();
        let announced = HeaderValue::from(64);
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, announced);
        *response.body_mut() = Body::from_stream(never);
    }
    response
}

fn redirect(status: u16, location: &str) -> Response {
    let location = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/"));
    (code_of(status), [(header::LOCATION, location)]).into_response()
}

/// Sets a `content-length` larger than the body by `missing` bytes.
async fn truncate(answer: Response, missing: u64) -> Response {
    let (mut parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    let promised = bytes.len() as u64 + missing;
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(promised));
    Response::from_parts(parts, breaking_off(bytes))
}

/// Returns a body that breaks the connection after `sent`.
fn breaking_off(sent: Bytes) -> Body {
    Body::from_stream(stream::unfold(Some(sent), |left| async {
        if let Some(bytes) = left {
            return Some((Ok(bytes), None));
        }
        // When a body fails, the connection drops whatever is still unwritten: allow time to write it.
        tokio::time::sleep(Duration::from_millis(50)).await;
        Some((Err(std::io::Error::other("the body breaks off here")), None))
    }))
}

/// Returns well-formed JSON of exactly `bytes` bytes (but at least the size of its frame), generated while it is sent.
fn oversize(bytes: u64, content_length: bool) -> Response {
    const CHUNK: u64 = 64 * 1024;
    const HEAD: &[u8] = br#"{"success":true,"data":{"padding":""#;
    const TAIL: &[u8] = br#""}}"#;
    let padding = bytes.saturating_sub((HEAD.len() + TAIL.len()) as u64);
    let frame = |part: &'static [u8]| {
        stream::once(async move { Ok::<_, std::io::Error>(Bytes::from_static(part)) })
    };
    let filling = stream::unfold(padding, |left| async move {
        let now = usize::try_from(left.min(CHUNK))
            .ok()
            .filter(|now| *now > 0)?;
        Some((Ok(Bytes::from(vec![b'x'; now])), left - now as u64))
    });
    let stream = futures_util::StreamExt::chain(
        futures_util::StreamExt::chain(frame(HEAD), filling),
        frame(TAIL),
    );
    let mut response = json_answer(Body::from_stream(stream));
    if content_length {
        let all = padding + (HEAD.len() + TAIL.len()) as u64;
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, HeaderValue::from(all));
    }
    response
}
