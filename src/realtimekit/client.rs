//! Calls to the API: one request, sent until it has a result, or has run out of attempts or time.

use std::time::Duration;

use super::answers::Flaw;
use super::errors::{ApiError, classify};
use super::limits::RateLimit;
use super::retry::RetryPolicy;
use super::transport::{ApiRequest, Clock, Transport};

/// A finished call, with everything that a log, a ledger or an answer needs to know about it.
#[derive(Debug)]
pub struct Call<T> {
    /// Its result.
    pub result: Result<T, ApiError>,
    /// How many times the request was sent.
    pub attempts: u8,
    /// Whether an attempt before the last may have taken effect although it failed.
    pub ambiguous: bool,
    /// The last answer's status.
    pub status: Option<u16>,
    /// The `cf-ray` of the last answer that had one.
    pub cf_ray: Option<String>,
    /// What the last answer said about the limit.
    pub rate_limit: RateLimit,
    /// The last 429, whether or not another attempt followed.
    pub limited: Option<Limited>,
}

/// A 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// When it arrived, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// How long it asked us to wait, if it did.
    pub retry_after: Option<Duration>,
}

impl Limited {
    /// Returns how much longer it asks us to wait, if at all.
    #[must_use]
    pub fn left(&self, now_ms: u64) -> Option<Duration> {
        let waited = Duration::from_millis(now_ms.saturating_sub(self.at_ms));
        let left = self.retry_after?.saturating_sub(waited);
        (!left.is_zero()).then_some(left)
    }
}

/// An API client over some transport and clock.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a, T, C> {
    /// What sends the requests.
    pub transport: &'a T,
    /// What times them.
    pub clock: &'a C,
}

impl Call<String> {
    /// Parses the body of a 2xx into a result, or reports its flaw.
    pub fn read<R>(self, read: impl FnOnce(String) -> Result<R, Flaw>) -> Call<R> {
        let status = self.status.unwrap_or_default();
        let broken = |flaw: Flaw| ApiError::InvalidResponse {
            status,
            flaw: flaw.to_owned(),
        };
        Call {
            result: self.result.and_then(|body| read(body).map_err(broken)),
            attempts: self.attempts,
            ambiguous: self.ambiguous,
            status: self.status,
            cf_ray: self.cf_ray,
            rate_limit: self.rate_limit,
            limited: self.limited,
        }
    }
}

/// One attempt.
struct Attempt {
    result: Result<String, ApiError>,
    status: Option<u16>,
    cf_ray: Option<String>,
    rate_limit: RateLimit,
}

impl<T: Transport, C: Clock> Client<'_, T, C> {
    /// Sends `request`, retrying transient errors as far as `policy` allows. A 2xx ends the call, however bad its body:
    /// what has been carried out is not repeated.
    pub async fn call(&self, request: &ApiRequest, policy: RetryPolicy) -> Call<String> {
        let started = self.clock.now_ms();
        let elapsed = || Duration::from_millis(self.clock.now_ms().saturating_sub(started));
        let mut ambiguous = false;
        let mut attempts = 0;
        let mut cf_ray = None;
        let mut limited = None;
        loop {
            attempts += 1;
            let attempt = self.attempt(request, policy.timeout(elapsed())).await;
            cf_ray = attempt.cf_ray.or(cf_ray);
            if let Err(ApiError::RateLimited { retry_after }) = &attempt.result {
                limited = Some(Limited {
                    at_ms: self.clock.now_ms(),
                    retry_after: *retry_after,
                });
            }
            let again = attempt
                .result
                .as_ref()
                .err()
                .filter(|error| error.is_transient());
            let delay = again.and_then(|error| {
                let asked = error.retry_after();
                policy.delay(attempts, elapsed(), asked, self.clock.random())
            });
            let Some(delay) = delay else {
                return Call {
                    result: attempt.result,
                    attempts,
                    ambiguous,
                    status: attempt.status,
                    cf_ray,
                    rate_limit: attempt.rate_limit,
                    limited,
                };
            };
            ambiguous |= again.is_some_and(ApiError::is_ambiguous);
            self.clock.sleep(delay).await;
        }
    }

    async fn attempt(&self, request: &ApiRequest, timeout: Duration) -> Attempt {
        match self.transport.send(request, timeout).await {
            Ok(mut answer) => Attempt {
                result: classify(&mut answer),
                status: Some(answer.status),
                rate_limit: RateLimit::of(&answer),
                cf_ray: answer.cf_ray,
            },
            Err(error) => Attempt {
                result: Err(ApiError::NoAnswer(error)),
                status: None,
                rate_limit: RateLimit::default(),
                cf_ray: None,
            },
        }
    }
}
