//! Calls from the Worker to an app's ledger.

use js_sys::Promise;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response};
use worker::Env;

use super::js_error;
use super::ledger_object::{APP_HEADER, REQUEST_ID_HEADER};
use crate::ids::AppId;
use crate::log::log_ledger_error;
use crate::removals::{LedgerCall, LedgerCallError};

/// The binding's name in `wrangler.toml`.
const BINDING: &str = "LEDGER";

#[wasm_bindgen]
extern "C" {
    /// A Durable Object's stub, called with a URL, which saves creating a request first.
    type LedgerStub;

    #[wasm_bindgen(method, catch)]
    fn fetch(this: &LedgerStub, url: &str, init: &RequestInit) -> Result<Promise, JsValue>;
}

/// Sends a call to the ledger of `app` and returns its response unread, ready to be passed on.
pub async fn call_ledger(
    env: &Env,
    app: &AppId,
    call: &LedgerCall,
    request_id: &str,
) -> Result<Response, LedgerCallError> {
    let namespace = env.durable_object(BINDING);
    let stub = namespace.and_then(|namespace| namespace.get_by_name(app.as_str()));
    let stub = stub.map_err(|error| LedgerCallError::Unreachable(error.to_string()))?;
    let body = serde_json::to_string(call)
        .map_err(|error| LedgerCallError::Unreachable(error.to_string()))?;
    let sent = send(&stub.into_rpc(), app, &body, call.timeout_ms(), request_id).await;
    sent.map_err(|error| LedgerCallError::Unreachable(js_error::message(&error)))
}

async fn send(
    stub: &LedgerStub,
    app: &AppId,
    body: &str,
    timeout_ms: u32,
    request_id: &str,
) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    headers.set(REQUEST_ID_HEADER, request_id)?;
    headers.set(APP_HEADER, app.as_str())?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(body));
    init.set_signal(Some(&AbortSignal::timeout_with_u32(timeout_ms)));
    // The host has no meaning: the stub already addresses the object.
    let response = JsFuture::from(stub.fetch("https://ledger/", &init)?).await?;
    Ok(response.unchecked_into())
}

/// Sends a call and returns the whole response body. The status must be a success.
pub async fn ask_ledger(
    env: &Env,
    app: &AppId,
    call: &LedgerCall,
    request_id: &str,
) -> Result<String, LedgerCallError> {
    let response = call_ledger(env, app, call, request_id).await?;
    if !response.ok() {
        return Err(LedgerCallError::Failed(response.status()));
    }
    let body = match response.text() {
        Ok(body) => JsFuture::from(body).await,
        Err(error) => Err(error),
    };
    body.map_err(|error| LedgerCallError::Unreachable(js_error::message(&error)))
        .map(|body| body.as_string().unwrap_or_default())
}

/// Does the same, and logs a failure.
pub async fn ask_ledger_or_log(
    env: &Env,
    app: &AppId,
    call: &LedgerCall,
    request_id: &str,
) -> Result<String, LedgerCallError> {
    let answered = ask_ledger(env, app, call, request_id).await;
    answered.inspect_err(|error| log_ledger_error(Some(request_id), Some(app), error))
}
