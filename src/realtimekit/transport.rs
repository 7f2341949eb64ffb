//! The transport that carries a request to `RealtimeKit`, and the clock that times it: traits, so that all decisions
//! can be tested on the host. The implementation for Workers is in [`crate::runtime::fetch`].

use std::time::Duration;

/// The methods that a removal needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reading a list, a participant or a session.
    Get,
    /// Kicking.
    Post,
    /// Deleting a participant.
    Delete,
}

impl Method {
    /// Returns the method's name in HTTP.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// One request to the API. The transport adds the API token, and nothing from the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiRequest {
    /// The method.
    pub method: Method,
    /// The absolute URL, built from checked ids only.
    pub url: String,
    /// A JSON body.
    pub body: Option<String>,
}

/// An answer as it arrived, before any of it is trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, or `None` if it was longer than [`MAX_ANSWER_BYTES`]. Empty if the status says everything: a 3xx, 401,
    /// 403, 429 or 5xx counts even if its body never arrives.
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
    /// Returns the `cf-ray` if it may be shown and logged: anything of another form may be reflected input.
    #[must_use]
    pub fn plausible_ray(ray: String) -> Option<String> {
        let plain = ray.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (plain && (1..=MAX_RAY_BYTES).contains(&ray.len())).then_some(ray)
    }
}

/// The longest `cf-ray` shown, in bytes. A real one has 20: 16 digits and the data centre. No API token is this short.
const MAX_RAY_BYTES: usize = 32;

/// The longest answer that is read, in bytes. A page of 100 participants is about 30 KB.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Why there is no answer. In either case, it is unknown whether the request took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportError {
    /// No complete answer arrived in time.
    TimedOut,
    /// The connection could not be established, or broke.
    Broken,
}

/// Sends a request once, without following redirects.
pub trait Transport {
    /// Sends `request` and reads the whole answer, within `timeout`.
    fn send(
        &self,
        request: &ApiRequest,
        timeout: Duration,
    ) -> impl Future<Output = Result<RawAnswer, TransportError>>;
}

/// Time and randomness, as the retry loop needs them.
pub trait Clock {
    /// Returns the current time in milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64;
    /// Waits for `time`.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()>;
    /// Returns a random number in `0.0..1.0`.
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
        for other in ["", &token[..], "9a1b 2c", "9a1b\"", "a_b", "<b>", "é"] {
            assert!(!shown(other), "{other}");
        }
    }
}
