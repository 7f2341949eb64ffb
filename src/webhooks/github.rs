//! `github`: `sha256=` and the HMAC of the body,
//! <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>. Others have their own header.

use super::headers::{self, Headers};
use super::hmac::{HmacKey, any_matches};
use super::verification::Refused;
use crate::digest::hex;

/// GitHub's own header.
pub const DEFAULT_HEADER: &str = "x-hub-signature-256";

/// The secrets of a source, and its header.
#[derive(Debug, Clone)]
pub struct GitHub {
    /// The secrets, used as text.
    pub secrets: Vec<HmacKey>,
    /// The header, in lower case.
    pub header: String,
}

impl GitHub {
    /// Returns the signature that the header claims. Neither a time nor an id is signed.
    pub fn claim(&self, headers: Headers<'_>) -> Result<String, Refused> {
        let header = headers::required(headers, &self.header)?;
        let signature = header.strip_prefix("sha256=").ok_or(Refused::Malformed)?;
        Ok(signature.to_owned())
    }

    /// Returns whether this is the signature of that body.
    #[must_use]
    pub fn holds(&self, signature: String, body: &[u8]) -> bool {
        any_matches(&self.secrets, &[body], hex, &[signature])
    }
}
