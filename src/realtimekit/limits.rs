//! The API's limit, as its headers tell it.
//!
//! Source: Cloudflare API rate limits (`Ratelimit: "default";r=50;t=30`, `Ratelimit-Policy: "default";q=1200;w=300`,
//! `retry-after` in seconds), and the official SDKs, which read `retry-after-ms` first.

use std::time::Duration;

use super::transport::RawAnswer;

/// What `Ratelimit` and `Ratelimit-Policy` say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests left (`r`).
    pub remaining: Option<u32>,
    /// Seconds until the window starts anew (`t`).
    pub reset_seconds: Option<u32>,
    /// Requests in a window (`q`).
    pub quota: Option<u32>,
    /// The window's length in seconds (`w`).
    pub window_seconds: Option<u32>,
}

impl RateLimit {
    /// Reads the headers of an answer. What is absent or malformed stays `None`.
    #[must_use]
    pub fn of(answer: &RawAnswer) -> Self {
        let state = strictest(answer.ratelimit.as_deref().unwrap_or_default(), "r");
        let policy = strictest(answer.ratelimit_policy.as_deref().unwrap_or_default(), "q");
        Self {
            remaining: parameter(state, "r"),
            reset_seconds: parameter(state, "t"),
            quota: parameter(policy, "q"),
            window_seconds: parameter(policy, "w"),
        }
    }

    /// The part of one of `ledgers` that share the token.
    #[must_use]
    pub fn shared_by(self, ledgers: u32) -> Self {
        let ledgers = ledgers.max(1);
        Self {
            remaining: self.remaining.map(|requests| requests / ledgers),
            quota: self.quota.map(|requests| requests / ledgers),
            ..self
        }
    }
}

/// The item of a list of limits that leaves the least. Cloudflare documents one item alone.
fn strictest<'a>(field: &'a str, name: &str) -> &'a str {
    let items = field.split(',');
    let least = items.min_by_key(|item| parameter(item, name).unwrap_or(u32::MAX));
    least.unwrap_or_default()
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

    #[test]
    fn the_documented_headers_are_read() {
        let limit = RateLimit::of(&answer(
            r#""default";r=50;t=30"#,
            r#""default";q=1200;w=300"#,
        ));
        assert_eq!(
            limit,
            RateLimit {
                remaining: Some(50),
                reset_seconds: Some(30),
                quota: Some(1200),
                window_seconds: Some(300)
            }
        );
    }

    #[test]
    fn of_several_limits_the_strictest_counts() {
        let limit = RateLimit::of(&answer(
            r#""burst";r=50;t=10, "default";r=0;t=200"#,
            r#""default";q=1200;w=300,"burst";q=250;w=10"#,
        ));
        assert_eq!((limit.remaining, limit.reset_seconds), (Some(0), Some(200)));
        assert_eq!((limit.quota, limit.window_seconds), (Some(250), Some(10)));
    }

    #[test]
    fn ledgers_that_share_a_token_share_what_it_has_left() {
        let limit = RateLimit::of(&answer(
            r#""default";r=50;t=30"#,
            r#""default";q=1200;w=300"#,
        ));
        assert_eq!(limit.shared_by(1), limit);
        let part = limit.shared_by(4);
        assert_eq!((part.remaining, part.quota), (Some(12), Some(300)));
        assert_eq!(
            (part.reset_seconds, part.window_seconds),
            (Some(30), Some(300))
        );
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
