//! The API's limit, as its headers tell it.
//!
//! Source: Cloudflare API rate limits (`Ratelimit: "default";r=50;t=30`, `Ratelimit-Policy: "default";q=1200;w=300`,
//! `retry-after` in seconds), and the official SDKs, which read `retry-after-ms` first.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::transport::RawAnswer;

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
    milliseconds.or_else(|| decimal(answer.retry_after.as_deref()?, 1))
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
mod tests {
    use super::*;
    use crate::realtimekit::retry::RetryPolicy;

    fn answer(ratelimit: &str, policy: &str) -> RawAnswer {
        RawAnswer {
            ratelimit: Some(ratelimit.to_owned()),
            ratelimit_policy: Some(policy.to_owned()),
            ..RawAnswer::default()
        }
    }

    fn left(requests: u32, seconds: u32) -> Left {
        Left { requests, seconds }
    }

    #[test]
    fn the_documented_headers_are_read() {
        let limit = RateLimit::of(&answer(
            r#""default";r=50;t=30"#,
            r#""default";q=1200;w=300"#,
        ));
        assert_eq!(
            limit,
            RateLimit {
                left: vec![left(50, 30)],
                quota: Some(1200),
                window_seconds: Some(300)
            }
        );
    }

    #[test]
    fn of_several_policies_the_one_of_the_fewest_in_five_minutes_counts() {
        for (policy, expected) in [
            (
                r#""default";q=900;w=300, "burst";q=250;w=10"#,
                (Some(900), Some(300)),
            ),
            (
                r#""default";q=1200;w=300,"burst";q=20;w=10"#,
                (Some(20), Some(10)),
            ),
            // What names no window, or an empty one, says nothing.
            (
                r#""a";q=1, "b";q=2;w=0, "c";q=1200;w=300"#,
                (Some(1200), Some(300)),
            ),
        ] {
            let limit = RateLimit::of(&answer("", policy));
            assert_eq!((limit.quota, limit.window_seconds), expected, "{policy}");
        }
    }

    #[test]
    fn of_several_limits_all_that_is_left_is_read() {
        let limit = RateLimit::of(&answer(
            r#""burst";r=5;t=1, "default";r=6;t=200, "over";r=0;t=0, "open";r=0"#,
            "",
        ));
        assert_eq!(limit.left, [left(5, 1), left(6, 200)]);
    }

    #[test]
    fn ledgers_that_share_a_token_share_what_it_has_left() {
        let limit = RateLimit::of(&answer(
            r#""default";r=50;t=30"#,
            r#""default";q=1200;w=300"#,
        ));
        assert_eq!(limit.clone().shared_by(1), limit);
        let part = limit.shared_by(4);
        assert_eq!(part.left, [left(12, 30)]);
        assert_eq!((part.quota, part.window_seconds), (Some(300), Some(300)));
    }

    #[test]
    fn absurd_headers_say_nothing() {
        for text in [
            "",
            "r=5",
            r#""default";r=-1;t=x"#,
            r#""default";r=99999999999"#,
            ";;;=;",
            r#""d";rr=1"#,
        ] {
            assert_eq!(
                RateLimit::of(&answer(text, text)),
                RateLimit::default(),
                "{text}"
            );
        }
    }

    #[test]
    fn milliseconds_go_before_seconds() {
        let mut answer = RawAnswer {
            retry_after: Some("300".to_owned()),
            ..RawAnswer::default()
        };
        assert_eq!(retry_after(&answer), Some(Duration::from_mins(5)));
        answer.retry_after_ms = Some("1500".to_owned());
        assert_eq!(retry_after(&answer), Some(Duration::from_millis(1500)));
        answer.retry_after_ms = Some("nonsense".to_owned());
        answer.retry_after = Some(" 0.25 ".to_owned());
        assert_eq!(retry_after(&answer), Some(Duration::from_millis(250)));
    }

    #[test]
    fn more_digits_than_fit_are_the_longest_time_and_end_a_call() {
        for digits in ["99999999999999999999", "18446744073709551616.999999999"] {
            let seconds = RawAnswer {
                retry_after: Some(digits.to_owned()),
                ..RawAnswer::default()
            };
            let milliseconds = RawAnswer {
                retry_after_ms: Some(digits.to_owned()),
                ..RawAnswer::default()
            };
            for answer in [seconds, milliseconds] {
                let asked = retry_after(&answer);
                assert!(asked >= Some(Duration::from_millis(u64::MAX)), "{digits}");
                let policy = RetryPolicy::SYNCHRONOUS;
                assert_eq!(policy.delay(1, Duration::ZERO, asked, 0.0), None);
            }
        }
    }

    #[test]
    fn a_date_or_nonsense_is_no_time_to_wait() {
        for text in [
            "",
            "-1",
            "NaN",
            "inf",
            "1e400",
            "Wed, 21 Oct 2026 07:28:00 GMT",
        ] {
            let answer = RawAnswer {
                retry_after: Some(text.to_owned()),
                ..RawAnswer::default()
            };
            assert_eq!(retry_after(&answer), None, "{text}");
        }
    }
}
