//! The transport: the runtime's `fetch`, with our API token and nothing from the caller.

use std::time::Duration;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Response;

use crate::realtimekit::transport::MAX_ANSWER_BYTES;
use crate::realtimekit::{ApiRequest, RawAnswer, Transport, TransportError};
use crate::runtime::body::read_bounded;
use crate::runtime::js_error;
use crate::secret::Secret;

/// `fetch`, with the API token.
#[derive(Debug)]
pub struct Fetch<'a> {
    /// The API token.
    pub token: &'a Secret,
}

#[wasm_bindgen(module = "/src/runtime/exchange.js")]
extern "C" {
    /// The answer to one request, as far as it has been read.
    type Received;

    #[wasm_bindgen(catch)]
    async fn send(
        url: &str,
        method: &str,
        authorization: &str,
        user_agent: &str,
        body: Option<&str>,
        milliseconds: u32,
        longest: usize,
    ) -> Result<Received, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn response(this: &Received) -> Response;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Received) -> u16;
    #[wasm_bindgen(method, getter)]
    fn text(this: &Received) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = cfRay)]
    fn cf_ray(this: &Received) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn ratelimit(this: &Received) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = ratelimitPolicy)]
    fn ratelimit_policy(this: &Received) -> Option<String>;
}

impl Transport for Fetch<'_> {
    async fn send(
        &self,
        request: &ApiRequest,
        timeout: Duration,
    ) -> Result<RawAnswer, TransportError> {
        let received = send(
            &request.url,
            request.method.as_str(),
            &format!("Bearer {}", self.token.expose()),
            concat!("participant-remover/", env!("CARGO_PKG_VERSION")),
            request.body.as_deref(),
            u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX),
            MAX_ANSWER_BYTES,
        )
        .await
        .map_err(|error| lost(&error))?;
        let mut answer = read(&received).await.map_err(|error| lost(&error))?;
        if let Some(body) = &mut answer.body
            && body.contains(self.token.expose())
        {
            // A proxy may echo the request. Callers see RealtimeKit's own words, which never include our token.
            *body = body.replace(self.token.expose(), "[redacted]");
        }
        Ok(answer)
    }
}

async fn read(received: &Received) -> Result<RawAnswer, JsValue> {
    let status = received.status();
    let mut answer = RawAnswer {
        status,
        body: received.text(),
        cf_ray: received.cf_ray().and_then(RawAnswer::plausible_ray),
        ratelimit: received.ratelimit(),
        ratelimit_policy: received.ratelimit_policy(),
        ..RawAnswer::default()
    };
    if matches!(status, 408 | 429 | 500..) {
        let headers = received.response().headers();
        answer.retry_after = headers.get("retry-after")?;
        answer.retry_after_ms = headers.get("retry-after-ms")?;
    }
    if answer.body.is_none() {
        // Its length is unknown or too large: read it up to the limit.
        let bytes = read_bounded(received.response().body(), MAX_ANSWER_BYTES).await?;
        answer.body = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    }
    Ok(answer)
}

/// Returns why there is no answer: `AbortSignal.timeout` aborts with a `TimeoutError`; all else is the connection.
fn lost(error: &JsValue) -> TransportError {
    match js_error::name(error).as_deref() {
        Some("TimeoutError" | "AbortError") => TransportError::TimedOut,
        _ => TransportError::Broken,
    }
}
