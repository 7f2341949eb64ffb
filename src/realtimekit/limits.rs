//! The API's limit, as stated in its headers.
//!
//! Source: Cloudflare API rate limits (`Ratelimit: "default";r=50;t=30`, `Ratelimit-Policy: "default";q=1200;w=300`,
//! `retry-after` in seconds), and the official SDKs, which read `retry-after-ms` first.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::transport::RawAnswer;
use crate::digits::whole_number;

/// Longer than any block lasts; a longer wait is capped to this.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// What `Ratelimit` and `Ratelimit-Policy` say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// What is left of each limit. If there are several, each matters: five in the next second bind first, six in the
    /// next 200 seconds for longer.
    pub left: Vec<Left>,
    /// Requests in a window (`q`).
    pub quota: Option<u32>,
    /// The window's length in seconds (`w`).
    pub window_seconds: Option<u32>,
}

/// At most this many more requests in this many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Requests left (`r`).
    pub requests: u32,
    /// Seconds until the window resets (`t`), at least one.
    pub seconds: u32,
}

impl RateLimit {
    /// Reads the headers of an answer. Absent and malformed parts are ignored.
    #[must_use]
    pub fn of(answer: &RawAnswer) -> Self {
        let left = pairs(answer.ratelimit.as_deref(), "r", "t");
        let policy = strictest(answer.ratelimit_policy.as_deref());
        Self {
            left: left
                .map(|(requests, seconds)| Left { requests, seconds })
                .collect(),
            quota: policy.map(|(quota, _)| quota),
            window_seconds: policy.map(|(_, window)| window),
        }
    }

    /// Returns one ledger's share of the limit, where `ledgers` of them share the token.
    #[must_use]
    pub fn shared_by(self, ledgers: u32) -> Self {
        let ledgers = ledgers.max(1);
        let part = |left: Left| Left {
            requests: left.requests / ledgers,
            ..left
        };
        Self {
            left: self.left.into_iter().map(part).collect(),
            quota: self.quota.map(|requests| requests / ledgers),
            ..self
        }
    }
}

/// Returns the policy that allows the fewest requests in five minutes: 250 in 10 seconds are more than 900 in 300. If
/// there are several, `Ratelimit` tells in time when a shorter window is used up. Cloudflare documents only one item.
fn strictest(policies: Option<&str>) -> Option<(u32, u32)> {
    pairs(policies, "q", "w")
        .min_by_key(|(quota, window)| u64::from(*quota) * 300 / u64::from(*window))
}

/// Returns the items of a list of limits that have both a number of requests and a time of at least one second.
fn pairs<'a>(
    field: Option<&'a str>,
    requests: &'a str,
    seconds: &'a str,
) -> impl Iterator<Item = (u32, u32)> + 'a {
    let items = field.unwrap_or_default().split(',');
    items.filter_map(move |item| {
        let time = parameter(item, seconds).filter(|time| *time > 0)?;
        Some((parameter(item, requests)?, time))
    })
}

/// Returns a numeric parameter of a structured field's item (RFC 9651). The quoted name contains no `;` in practice.
fn parameter(item: &str, name: &str) -> Option<u32> {
    item.split(';').skip(1).find_map(|p| {
        let (key, value) = p.split_once('=')?;
        (key.trim() == name).then(|| whole_number(value.trim()))?
    })
}

/// Returns how long an answer asks us to wait: `retry-after-ms`, else `retry-after` in seconds. A date, a negative
/// number or nonsense is ignored.
#[must_use]
pub fn retry_after(answer: &RawAnswer) -> Option<Duration> {
    let milliseconds = answer
        .retry_after_ms
        .as_deref()
        .and_then(|text| decimal(text, 1000));
    let asked = milliseconds.or_else(|| decimal(answer.retry_after.as_deref()?, 1));
    asked.map(|time| time.min(MAX_RETRY_AFTER))
}

/// Parses a decimal number in units of `1 / per_second` seconds, saturating. Parsing it as a float would add 10 KB of
/// tables to the bundle.
fn decimal(text: &str, per_second: u32) -> Option<Duration> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    // Digits alone fail to parse only if the number does not fit.
    let whole = whole.parse().unwrap_or(u64::MAX);
    Some(Duration::new(whole, nanoseconds) / per_second)
}

#[cfg(test)]
mod tests;
