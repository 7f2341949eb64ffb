//! `workos`: <https://workos.com/docs/events/data-syncing/webhooks>. The time is in milliseconds.

use super::headers::{self, Headers};
use super::hmac::HmacKey;
use super::timed_signatures::TimedSignatures;
use super::timestamp;
use super::verification::Refused;

/// The tolerance of `WorkOS`'s own libraries, which apply it only to the past.
pub const DEFAULT_TOLERANCE_SECONDS: u64 = 180;

/// The secrets of a source.
#[derive(Debug, Clone)]
pub struct WorkOs {
    /// The secrets, used as text.
    pub secrets: Vec<HmacKey>,
    /// How old or new a message may be, in seconds.
    pub tolerance_seconds: u64,
}

impl WorkOs {
    /// Reads what the header claims, and checks the time. There must be exactly one signature, since the vendor's own
    /// libraries check only the first.
    pub fn claim(&self, headers: Headers<'_>, now_ms: u64) -> Result<TimedSignatures, Refused> {
        let header = headers::required(headers, "workos-signature")?;
        // WorkOS puts a space after the comma.
        let header = header.replace(", ", ",");
        let found = TimedSignatures::parse(&header)?;
        if found.v1.len() != 1 {
            return Err(Refused::Malformed);
        }
        let signed_ms = timestamp::parse(&found.time)?;
        let tolerance_ms = self.tolerance_seconds.saturating_mul(1000);
        timestamp::check_age(signed_ms, now_ms, tolerance_ms)?;
        Ok(found)
    }
}
