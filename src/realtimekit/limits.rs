//! The API's limit, as its headers tell it.
//!
//! Source: Cloudflare API rate limits (`Ratelimit: "default";r=50;t=30`, `Ratelimit-Policy: "default";q=1200;w=300`,
//! `retry-after` in seconds), and the official SDKs, which read `retry-after-ms` first.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::transport::RawAnswer;

/// More than any block lasts. Who is told more is told nothing.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// What `Ratelimit` and `Ratelimit-Policy` say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// What is left of each limit. None of several says what the others do: five in the next second bind first, six in the
    /// next 200 seconds for longer.
    pub left: Vec<Left>,
    /// Requests in a window (`q`).
    pub quota: Option<u32>,
    /// The window's length in seconds (`w`).
    pub window_seconds: Option<u32>,
}

/// At most so many requests more in so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Requests left (`r`).
    pub requests: u32,
    /// Seconds until the window starts anew (`t`), at least one.
    pub seconds: u32,
}

impl RateLimit {
    /// Reads the headers of an answer. What is absent or malformed says nothing.
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

    /// The part of one of `ledgers` that share the token.
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

/// The policy that allows the fewest requests in five minutes: 250 in ten seconds are more than 900 in 300. Where there
/// are several, what is left tells in time that a shorter window is used up. Cloudflare documents one item alone.
fn strictest(policies: Option<&str>) -> Option<(u32, u32)> {
    pairs(policies, "q", "w")
        .min_by_key(|(quota, window)| u64::from(*quota) * 300 / u64::from(*window))
}

/// The items of a list of limits that have both a number of requests and a time of at least a second.
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

/// A numeric parameter of an item of a structured field (RFC 9651). The quoted name holds no `;` in practice.
fn parameter(item: &str, name: &str) -> Option<u32> {
    item.split(';').skip(1).find_map(|p| {
        let (key, value) = p.split_once('=')?;
        (key.trim() == name).then(|| value.trim().parse().ok())?
    })
}

/// How long an answer asks us to wait: `retry-after-ms`, else `retry-after` in seconds. A date, a negative number or
/// nonsense is no answer.
#[must_use]
pub fn retry_after(answer: &RawAnswer) -> Option<Duration> {
    let milliseconds = answer
        .retry_after_ms
        .as_deref()
        .and_then(|text| decimal(text, 1000));
    let asked = milliseconds.or_else(|| decimal(answer.retry_after.as_deref()?, 1));
    asked.map(|time| time.min(LONGEST_WAIT))
}

/// A decimal number of `1 / per_second` seconds; more than fits counts as the most that does. Parsing it as a float would
/// bring tables of 10 KB into the bundle.
fn decimal(text: &str, per_second: u32) -> Option<Duration> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    // Of digits alone, only a number that does not fit cannot be parsed.
    let whole = whole.parse().unwrap_or(u64::MAX);
    Some(Duration::new(whole, nanoseconds) / per_second)
}

#[cfg(test)]
mod tests;
