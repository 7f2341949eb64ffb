//! The log of requests received, which lets a test prove what was sent and what was not.

use std::collections::{BTreeMap, VecDeque};

use axum::http::request::Parts;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::clock::Millis;

/// The maximum number of entries; beyond it, the oldest are evicted.
const KEPT: usize = 250_000;

/// A request as it arrived.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LoggedRequest {
    pub(crate) n: u64,
    pub(crate) at_ms: Millis,
    pub(crate) method: Box<str>,
    pub(crate) path: Box<str>,
    pub(crate) query: Option<Box<str>>,
    /// Names and values, serialised once to keep a log of 100,000 requests small.
    pub(crate) headers: Box<RawValue>,
    pub(crate) body: Box<str>,
    /// `None` while there is no response yet, and for good if the connection was cut or left hanging.
    pub(crate) status: Option<u16>,
    pub(crate) token_ok: bool,
}

/// All requests since the start or the last clearing, oldest first; clearing does not restart `n`.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: VecDeque<LoggedRequest>,
    arrived: u64,
}

impl RequestLog {
    /// Records a request and returns its number, counting from 1.
    pub(crate) fn arrived(
        &mut self,
        at: Millis,
        parts: &Parts,
        body: &[u8],
        token_ok: bool,
    ) -> u64 {
        self.arrived += 1;
        if self.entries.len() >= KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(LoggedRequest {
            n: self.arrived,
            at_ms: at,
            method: parts.method.as_str().into(),
            path: parts.uri.path().into(),
            query: parts.uri.query().map(Into::into),
            headers: headers_as_json(parts),
            body: String::from_utf8_lossy(body).into(),
            status: None,
            token_ok,
        });
        self.arrived
    }

    /// Records the response status of request `n`.
    pub(crate) fn answered(&mut self, n: u64, status: u16) {
        let Some(first) = self.entries.front().map(|entry| entry.n) else {
            return;
        };
        let index = n.checked_sub(first).and_then(|i| usize::try_from(i).ok());
        if let Some(entry) = index.and_then(|i| self.entries.get_mut(i)) {
            entry.status = Some(status);
        }
    }

    /// Returns the entries from number `n` on.
    pub(crate) fn since(&self, n: u64) -> impl Iterator<Item = &LoggedRequest> {
        let first = self.entries.front().map_or(n, |entry| entry.n);
        let skipped = usize::try_from(n.saturating_sub(first)).unwrap_or(usize::MAX);
        self.entries.iter().skip(skipped)
    }

    /// Returns the number of the next request.
    pub(crate) fn next(&self) -> u64 {
        self.arrived + 1
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}

/// Maps header names to values; multiple values of a header are joined with `, `.
fn headers_as_json(parts: &Parts) -> Box<RawValue> {
    let mut headers: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in &parts.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        headers
            .entry(name.as_str())
            .and_modify(|all| *all = format!("{all}, {value}"))
            .or_insert_with(|| value.into_owned());
    }
    serde_json::value::to_raw_value(&headers).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
