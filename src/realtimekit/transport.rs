//! What carries a request to `RealtimeKit`, and the clock that times it: traits, so that all decisions are tested on
//! the host. The implementation for Workers is in [`crate::runtime::fetch`].

use std::time::Duration;

/// The methods that a removal needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reading a list or a session.
    Get,
    /// Kicking.
    Post,
    /// Deleting a participant.
    Delete,
}

impl Method {
    /// The method's name in HTTP.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// One request to the API. The transport adds the API token; nothing else is ever sent along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiRequest {
    /// The method.
    pub method: Method,
    /// The absolute URL, built from checked ids only.
    pub url: String,
    /// A JSON body.
    pub body: Option<String>,
}

/// An answer as it came, before anything is believed of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, or nothing where it was longer than [`MAX_ANSWER_BYTES`]. Empty where the status says everything: a 3xx,
    /// 401, 403, 429 or 5xx counts even when its body never comes.
    pub body: Option<String>,
    /// `retry-after`, as sent.
    pub retry_after: Option<String>,
    /// `retry-after-ms`, as sent.
    pub retry_after_ms: Option<String>,
    /// `Ratelimit`, as sent.
    pub ratelimit: Option<String>,
    /// `Ratelimit-Policy`, as sent.
    pub ratelimit_policy: Option<String>,
    /// `cf-ray`: what Cloudflare's support asks for.
    pub cf_ray: Option<String>,
}

impl RawAnswer {
    /// The `cf-ray` as it is to be shown and logged: what has not the form of one may be anything that was reflected.
    #[must_use]
    pub fn plausible_ray(ray: String) -> Option<String> {
        let plain = ray.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (plain && ray.len() <= MAX_RAY_BYTES).then_some(ray)
    }
}

/// A `cf-ray` has 20: 16 digits and the data centre. No API token is as short as this.
const MAX_RAY_BYTES: usize = 32;

/// The longest answer that is read, in bytes. A page of 100 participants has some 30 KB.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Why there is no answer. Whether the request took effect is unknown in both cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportError {
    /// Nothing, or not the whole answer, came within the time.
    TimedOut,
    /// The connection could not be made or broke.
    Broken,
}

/// Sends one request, once, following no redirect.
pub trait Transport {
    /// Sends `request` and reads the whole answer, within `timeout`.
    fn send(
        &self,
        request: &ApiRequest,
        timeout: Duration,
    ) -> impl Future<Output = Result<RawAnswer, TransportError>>;
}

/// Time and chance, as the retry loop needs them.
pub trait Clock {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64;
    /// Waits.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()>;
    /// A random number in `0.0..1.0`.
    fn random(&self) -> f64;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_the_form_of_a_ray_is_shown() {
        let shown = |ray: &str| RawAnswer::plausible_ray(ray.to_owned()).is_some();
        assert!(shown("9a1b2c3d4e5f6071-AMS"));
        let token = "v1".repeat(20);
        for other in [&token[..], "9a1b 2c", "9a1b\"", "a_b", "<b>", "é"] {
            assert!(!shown(other), "{other}");
        }
    }
}
