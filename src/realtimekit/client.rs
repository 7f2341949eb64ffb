//! Calling the API: one request, sent until it has a result, its attempts are used up or its time is over.

use std::time::Duration;

use super::answers::Flaw;
use super::errors::{ApiError, classify};
use super::limits::RateLimit;
use super::retry::RetryPolicy;
use super::transport::{ApiRequest, Clock, Transport};

/// A call that has ended, with everything that a log, a ledger or an answer wants to know of it.
#[derive(Debug)]
pub struct Call<T> {
    /// What came of it.
    pub result: Result<T, ApiError>,
    /// How often the request was sent.
    pub attempts: u8,
    /// Whether an attempt before the last may have taken effect although it failed.
    pub ambiguous: bool,
    /// The last answer's status.
    pub status: Option<u16>,
    /// The `cf-ray` of the last answer that has one.
    pub cf_ray: Option<String>,
    /// What the last answer said of the limit.
    pub rate_limit: RateLimit,
    /// The last 429, whether or not another attempt followed.
    pub limited: Option<Limited>,
}

/// A 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// When it came, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// How long it asked to wait, where it did.
    pub retry_after: Option<Duration>,
}

impl Limited {
    /// How much longer it asks to wait.
    #[must_use]
    pub fn left(&self, now_ms: u64) -> Option<Duration> {
        let waited = Duration::from_millis(now_ms.saturating_sub(self.at_ms));
        let left = self.retry_after?.saturating_sub(waited);
        (!left.is_zero()).then_some(left)
    }
}

/// A client of the API over some transport and clock.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a, T, C> {
    /// What sends the requests.
    pub transport: &'a T,
    /// What times them.
    pub clock: &'a C,
}

impl<T: Transport, C: Clock> Client<'_, T, C> {
    /// Sends `request` as often as `policy` allows; `read` turns the body of a 2xx into a result or names its flaw.
    pub async fn call<R>(
        &self,
        request: &ApiRequest,
        policy: RetryPolicy,
        read: impl Fn(String) -> Result<R, Flaw>,
    ) -> Call<R> {
        let started = self.clock.now_ms();
        let elapsed = || Duration::from_millis(self.clock.now_ms().saturating_sub(started));
        let mut ambiguous = false;
        let mut attempts = 0;
        let mut cf_ray = None;
        let mut limited = None;
        loop {
            attempts += 1;
            let mut call = self
                .attempt(request, policy.timeout(elapsed()), &read)
                .await;
            call.attempts = attempts;
            call.ambiguous = ambiguous;
            call.cf_ray = call.cf_ray.or(cf_ray);
            if let Err(ApiError::RateLimited { retry_after }) = &call.result {
                limited = Some(Limited {
                    at_ms: self.clock.now_ms(),
                    retry_after: *retry_after,
                });
            }
            call.limited = limited;
            let Err(error) = &call.result else {
                return call;
            };
            if !error.is_transient() {
                return call;
            }
            let delay = policy.delay(
                attempts,
                elapsed(),
                error.retry_after(),
                self.clock.random(),
            );
            let Some(delay) = delay else { return call };
            ambiguous |= error.is_ambiguous();
            cf_ray = call.cf_ray;
            self.clock.sleep(delay).await;
        }
    }

    async fn attempt<R>(
        &self,
        request: &ApiRequest,
        timeout: Duration,
        read: impl Fn(String) -> Result<R, Flaw>,
    ) -> Call<R> {
        let sent = self.transport.send(request, timeout).await;
        let mut answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                return Call {
                    result: Err(ApiError::NoAnswer(error)),
                    attempts: 1,
                    ambiguous: false,
                    status: None,
                    cf_ray: None,
                    rate_limit: RateLimit::default(),
                    limited: None,
                };
            }
        };
        let status = answer.status;
        let broken = |flaw: Flaw| ApiError::ContractBroken {
            status,
            flaw: flaw.to_owned(),
        };
        Call {
            result: classify(&mut answer).and_then(|body| read(body).map_err(broken)),
            attempts: 1,
            ambiguous: false,
            status: Some(status),
            rate_limit: RateLimit::of(&answer),
            limited: None,
            cf_ray: answer.cf_ray,
        }
    }
}
