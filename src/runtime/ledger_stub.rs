//! The way from the Worker to an app's ledger.

use wasm_bindgen::JsValue;
use worker::{Env, Method, Request, RequestInit, Response};

use super::ledger_object::{APP_HEADER, REQUEST_ID_HEADER};
use crate::ids::AppId;
use crate::removals::LedgerCall;

/// The binding's name in `wrangler.toml`.
const BINDING: &str = "LEDGER";

/// Sends a call to the ledger of `app` and gives its answer as it came, ready to be sent on.
pub async fn call_ledger(
    env: &Env,
    app: &AppId,
    call: &LedgerCall,
    request_id: &str,
) -> Result<Response, worker::Error> {
    let stub = env.durable_object(BINDING)?.get_by_name(app.as_str())?;
    let body = serde_json::to_string(call)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_body(Some(JsValue::from_str(&body)));
    init.headers.set(REQUEST_ID_HEADER, request_id)?;
    init.headers.set(APP_HEADER, app.as_str())?;
    // The host is of no meaning: the binding leads to the object.
    stub.fetch_with_request(Request::new_with_init("https://ledger/", &init)?)
        .await
}
