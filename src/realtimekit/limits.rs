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
        let state = answer.ratelimit.as_deref().unwrap_or_default();
        let policy = answer.ratelimit_policy.as_deref().unwrap_or_default();
        Self {
            remaining: parameter(state, "r"),
            reset_seconds: parameter(state, "t"),
            quota: parameter(policy, "q"),
            window_seconds: parameter(policy, "w"),
        }
    }
}

/// A numeric parameter of the first item of a structured field (RFC 9651). The quoted name holds no `;` in practice.
fn parameter(field: &str, name: &str) -> Option<u32> {
    let first = field.split(',').next()?;
    first.split(';').skip(1).find_map(|p| {
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

/// A decimal number of `1 / per_second` seconds. Parsing it as a float would bring tables of 10 KB into the bundle.
fn decimal(text: &str, per_second: u32) -> Option<Duration> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    Some(Duration::new(whole.parse().ok()?, nanoseconds) / per_second)
}

#[cfg(test)]
mod tests {
    use super::*;

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
