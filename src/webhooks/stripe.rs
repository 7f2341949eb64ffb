//! `stripe`: <https://docs.stripe.com/webhooks/signature>. The secret is used as text, with its `whsec_`.

use super::headers::{self, Headers};
use super::hmac::HmacKey;
use super::timed_signatures::TimedSignatures;
use super::timestamp;
use super::verification::Refused;

/// The tolerance of Stripe's own libraries, which apply it only to the past.
pub const DEFAULT_TOLERANCE_SECONDS: u64 = 300;

/// The secrets of a source.
#[derive(Debug, Clone)]
pub struct Stripe {
    /// `whsec_`
    pub secrets: Vec<HmacKey>,
    /// How old or new a message may be, in seconds.
    pub tolerance_seconds: u64,
}

impl Stripe {
    /// Reads what the header claims, and checks the time. The event's id is in the signed body, not in a header.
    pub fn claim(&self, headers: Headers<'_>, now_ms: u64) -> Result<TimedSignatures, Refused> {
        let header = headers::required(headers, "stripe-signature")?;
        let found = TimedSignatures::parse(&header)?;
        let signed = timestamp::parse(&found.time)?;
        timestamp::check_age(signed, now_ms / 1000, self.tolerance_seconds)?;
        Ok(found)
    }
}
