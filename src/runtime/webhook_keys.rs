//! The key of `RealtimeKit`'s webhooks: fetched from its URL, with a copy in the ledger.

use std::time::Duration;

use base64ct::{Base64, Encoding};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, RequestCache, RequestInit, RequestRedirect, Response, WorkerGlobalScope,
};
use worker::Env;

use super::body::read_bounded;
use super::isolate::Isolate;
use super::js_error;
use super::ledger_stub::ask_ledger_or_log;
use crate::ids::AppId;
use crate::realtimekit::Clock;
use crate::removals::LedgerCall;
use crate::webhooks::key_answer::{self, KeyFetchError, MAX_KEY_ANSWER_BYTES};
use crate::webhooks::key_cache::FETCH_DEADLINE_MS;
use crate::webhooks::public_key::RsaKey;
use crate::webhooks::realtimekit::{KeySetting, KeySource};

/// A source of keys: the URL, and the ledger's copy.
#[derive(Debug)]
pub struct LedgerKeys<'a> {
    /// The bindings.
    pub env: &'a Env,
    /// The isolate, for its clock.
    pub isolate: &'a Isolate,
    /// The app whose ledger keeps the copy: the same for all sources, since they share the keys.
    pub app: &'a AppId,
    /// The id of the request that needs the key.
    pub request_id: &'a str,
    /// Where the key comes from.
    pub setting: &'a KeySetting,
}

impl KeySource for LedgerKeys<'_> {
    async fn fetch(&self) -> Result<RsaKey, KeyFetchError> {
        let KeySetting::Url(url) = self.setting else {
            return Err(KeyFetchError("a pinned key is not fetched".to_owned()));
        };
        let (status, body) = get(url).await.map_err(|error| {
            let name = js_error::name(&error).unwrap_or_default();
            KeyFetchError(format!("the key URL could not be read: {name}"))
        })?;
        key_answer::parse(status, body.as_deref())
    }

    async fn stored(&self) -> Option<RsaKey> {
        let call = LedgerCall::Note {
            name: self.setting.note(),
        };
        let answer = ask_ledger_or_log(self.env, self.app, &call, self.request_id).await;
        let answer = answer.ok()?;
        let answer: NoteAnswer = serde_json::from_str(&answer).ok()?;
        RsaKey::from_der(Base64::decode_vec(&answer.result?).ok()?).ok()
    }

    async fn store(&self, key: &RsaKey) -> bool {
        let value = Base64::encode_string(key.der());
        let call = LedgerCall::SetNote {
            name: self.setting.note(),
            value,
        };
        // Without the copy, an isolate that starts while the key URL is down has to wait; nothing else depends on it.
        let stored = ask_ledger_or_log(self.env, self.app, &call, self.request_id).await;
        stored.is_ok()
    }

    fn now_ms(&self) -> u64 {
        self.isolate.now_ms()
    }

    async fn pause(&self) {
        self.isolate.sleep(Duration::from_millis(20)).await;
    }
}

#[derive(serde::Deserialize)]
struct NoteAnswer {
    result: Option<String>,
}

/// Fetches a public document: without a token, without redirects, and with a body up to the limit.
async fn get(url: &str) -> Result<(u16, Option<String>), JsValue> {
    let init = RequestInit::new();
    init.set_redirect(RequestRedirect::Manual);
    // A cached copy from before a rotation would make a valid signature look forged.
    init.set_cache(RequestCache::NoStore);
    let milliseconds = u32::try_from(FETCH_DEADLINE_MS).unwrap_or(u32::MAX);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(milliseconds)));
    let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
    let response = JsFuture::from(scope.fetch_with_str_and_init(url, &init)).await?;
    let response: Response = response.unchecked_into();
    let bytes = read_bounded(response.body(), MAX_KEY_ANSWER_BYTES).await?;
    let body = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok((response.status(), body))
}
