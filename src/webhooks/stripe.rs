//! `stripe`: <https://docs.stripe.com/webhooks/signature>. The secret is used as text, with its `whsec_`.

use super::headers::{self, Headers};
use super::hmac::{HmacKey, any_matches};
use super::timed_signatures::TimedSignatures;
use super::timestamp;
use super::verification::{Refused, Verified};
use crate::digest::hex;

/// The tolerance of Stripe's own libraries, which look at the past alone.
pub const DEFAULT_TOLERANCE_SECONDS: u64 = 300;

/// The secrets of a source.
#[derive(Debug, Clone)]
pub struct Stripe {
    /// `whsec_`
    pub secrets: Vec<HmacKey>,
    /// How old or new a message may be.
    pub tolerance_seconds: u64,
}

impl Stripe {
    /// Verifies a message. The event's id is in the signed body, not in a header.
    pub fn verify(
        &self,
        headers: Headers<'_>,
        body: &[u8],
        now_ms: u64,
    ) -> Result<Verified, Refused> {
        let header = headers::required(headers, "stripe-signature")?;
        let found = TimedSignatures::parse(&header)?;
        let signed = timestamp::parse(found.time)?;
        timestamp::check_age(signed, now_ms / 1000, self.tolerance_seconds)?;
        let parts = [found.time.as_bytes(), b".", body];
        if any_matches(&self.secrets, &parts, hex, &found.v1) {
            Ok(Verified::default())
        } else {
            Err(Refused::Mismatch)
        }
    }
}
