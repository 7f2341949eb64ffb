//! Converts the runtime's requests to plain data, and answers to the runtime's responses.

use std::pin::pin;

use futures_util::future::{Either, select};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Request, Response};
use worker::Delay;

use super::body::read_bounded;
use crate::answer::{Answer, BODY_TIME, MAX_BODY_BYTES, Problem};

/// The parts of a request that routing needs.
#[derive(Debug)]
pub struct Incoming {
    /// The method.
    pub method: String,
    /// The absolute URL, normalised by the runtime.
    pub url: String,
    /// The `authorization` header; duplicates are joined by a comma.
    pub authorization: Option<String>,
}

impl Incoming {
    /// Reads a request, without touching its body.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        Self {
            method: request.method(),
            url: request.url(),
            authorization: header(request, "authorization"),
        }
    }
}

/// Returns a header by name; duplicates are joined by a comma.
#[must_use]
pub fn header(request: &Request, name: &str) -> Option<String> {
    request.headers().get(name).ok().flatten()
}

/// Reads a request's body, within the limits that apply to all bodies.
pub async fn body(request: &Request) -> Result<Vec<u8>, Problem> {
    let announced = header(request, "content-length").and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| {
        usize::try_from(length).map_or(true, |length| length > MAX_BODY_BYTES)
    }) {
        return Err(Problem::BodyTooLarge);
    }
    let read = pin!(read_bounded(request.body(), MAX_BODY_BYTES));
    match select(read, Delay::from(BODY_TIME)).await {
        Either::Left((Ok(Some(bytes)), _)) => Ok(bytes),
        Either::Left((Ok(None), _)) => Err(Problem::BodyTooLarge),
        Either::Left((Err(_), _)) | Either::Right(_) => Err(Problem::BodyNotReceived),
    }
}

#[wasm_bindgen(module = "/src/runtime/exchange.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = respond)]
    fn new_response(
        status: u16,
        body: &str,
        request_id: &str,
        more: Vec<String>,
    ) -> Result<Response, JsValue>;
}

/// Creates the response to send.
pub fn respond(answer: &Answer, request_id: &str) -> Result<Response, JsValue> {
    let more = answer
        .headers
        .iter()
        .flat_map(|(name, value)| [(*name).to_owned(), value.clone()])
        .collect();
    new_response(answer.status, &answer.body, request_id, more)
}
