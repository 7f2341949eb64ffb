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
    let number = |text: &Option<String>| text.as_deref()?.trim().parse::<f64>().ok();
    let seconds = number(&answer.retry_after_ms)
        .map(|ms| ms / 1000.0)
        .or_else(|| number(&answer.retry_after))?;
    Duration::try_from_secs_f64(seconds).ok()
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
