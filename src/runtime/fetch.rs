//! The transport: the runtime's `fetch`, with our API token and nothing of the caller's.

use std::time::Duration;

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, RequestRedirect, Response, WorkerGlobalScope};

use crate::realtimekit::transport::MAX_ANSWER_BYTES;
use crate::realtimekit::{ApiRequest, RawAnswer, Transport, TransportError};
use crate::runtime::body::read_bounded;
use crate::secret::Secret;

/// `fetch`, with the API token.
#[derive(Debug)]
pub struct Fetch<'a> {
    /// The API token.
    pub token: &'a Secret,
}

impl Transport for Fetch<'_> {
    async fn send(
        &self,
        request: &ApiRequest,
        timeout: Duration,
    ) -> Result<RawAnswer, TransportError> {
        let init = self.init(request, timeout).map_err(|error| lost(&error))?;
        let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
        let response = JsFuture::from(scope.fetch_with_str_and_init(&request.url, &init)).await;
        let response: Response = response.map_err(|error| lost(&error))?.unchecked_into();
        read(&response).await.map_err(|error| lost(&error))
    }
}

impl Fetch<'_> {
    fn init(&self, request: &ApiRequest, timeout: Duration) -> Result<RequestInit, JsValue> {
        let headers = Object::new();
        set(
            &headers,
            "authorization",
            &format!("Bearer {}", self.token.expose()),
        )?;
        set(&headers, "accept", "application/json")?;
        // So that `content-length` is the length of what we read.
        set(&headers, "accept-encoding", "identity")?;
        set(
            &headers,
            "user-agent",
            concat!("participant-remover/", env!("CARGO_PKG_VERSION")),
        )?;
        let init = RequestInit::new();
        if let Some(body) = &request.body {
            set(&headers, "content-type", "application/json")?;
            init.set_body(&JsValue::from_str(body));
        }
        init.set_method(request.method.as_str());
        init.set_headers(headers.unchecked_ref());
        // A redirect that is followed would take the token to wherever it points.
        init.set_redirect(RequestRedirect::Manual);
        let milliseconds = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        init.set_signal(Some(&AbortSignal::timeout_with_u32(milliseconds)));
        Ok(init)
    }
}

async fn read(response: &Response) -> Result<RawAnswer, JsValue> {
    let headers = response.headers();
    let status = response.status();
    let mut answer = RawAnswer {
        status,
        cf_ray: headers.get("cf-ray")?,
        ..RawAnswer::default()
    };
    answer.ratelimit = headers.get("ratelimit")?;
    answer.ratelimit_policy = headers.get("ratelimit-policy")?;
    if status == 429 || status >= 500 {
        answer.retry_after = headers.get("retry-after")?;
        answer.retry_after_ms = headers.get("retry-after-ms")?;
    }
    answer.body = body(response, &headers).await?;
    Ok(answer)
}

/// The body, or nothing where it is longer than [`MAX_ANSWER_BYTES`].
async fn body(response: &Response, headers: &Headers) -> Result<Option<String>, JsValue> {
    let length = headers
        .get("content-length")?
        .and_then(|length| length.parse::<usize>().ok());
    match length {
        Some(length) if length > MAX_ANSWER_BYTES => {
            if let Some(stream) = response.body() {
                // It is not read, so whether it can be cancelled changes nothing.
                drop(stream.cancel());
            }
            Ok(None)
        }
        Some(_) => Ok(JsFuture::from(response.text()?).await?.as_string()),
        None => {
            let bytes = read_bounded(response.body(), MAX_ANSWER_BYTES).await?;
            Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
        }
    }
}

/// Why there is no answer: `AbortSignal.timeout` aborts with a `TimeoutError`, everything else is the connection.
fn lost(error: &JsValue) -> TransportError {
    let name = Reflect::get(error, &JsValue::from_str("name"))
        .ok()
        .and_then(|name| name.as_string());
    match name.as_deref() {
        Some("TimeoutError" | "AbortError") => TransportError::TimedOut,
        _ => TransportError::Broken,
    }
}

fn set(object: &Object, name: &str, value: &str) -> Result<(), JsValue> {
    Reflect::set(object, &JsValue::from_str(name), &JsValue::from_str(value)).map(drop)
}
