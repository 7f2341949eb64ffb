//! `workos`: <https://workos.com/docs/events/data-syncing/webhooks>. The time is in milliseconds.

use super::headers::{self, Headers};
use super::hmac::HmacKey;
use super::timed_signatures::TimedSignatures;
use super::timestamp;
use super::verification::Refused;

/// The tolerance of `WorkOS`'s own libraries, which look at the past alone.
pub const DEFAULT_TOLERANCE_SECONDS: u64 = 180;

/// The secrets of a source.
#[derive(Debug, Clone)]
pub struct WorkOs {
    /// Taken as text.
    pub secrets: Vec<HmacKey>,
    /// How old or new a message may be.
    pub tolerance_seconds: u64,
}

impl WorkOs {
    /// What the header claims, of a time that holds. There is one signature, as its makers' libraries look at the first
    /// alone.
    pub fn claim(&self, headers: Headers<'_>, now_ms: u64) -> Result<TimedSignatures, Refused> {
        let header = headers::required(headers, "workos-signature")?;
        // WorkOS puts one space behind the comma.
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
