//! `token`: a static header, for senders that sign nothing (Auth0's event streams, Supabase's database webhooks).
//!
//! The body is not covered: whoever reads one message can send any other. Use a signed scheme if the sender has one.

use super::headers::{self, Headers};
use super::verification::Refused;
use crate::secret::{Secret, bearer_token};

/// Where HTTP carries credentials (RFC 9110 §11.6.2).
pub const DEFAULT_HEADER: &str = "authorization";

/// The tokens of a source.
#[derive(Debug, Clone)]
pub struct Token {
    /// Each is the header's whole value or, in `authorization`, what follows `Bearer`.
    pub secrets: Vec<Secret>,
    /// The header, in lower case.
    pub header: String,
}

impl Token {
    /// Checks the header. Every token is compared, whole, in constant time.
    pub fn verify(&self, headers: Headers<'_>) -> Result<(), Refused> {
        let value = headers::required(headers, &self.header)?;
        let token = self.credentials(&value);
        let found = self.secrets.iter().fold(false, |found, secret| {
            secret.matches(&value) | secret.matches(token) | found
        });
        if found {
            Ok(())
        } else {
            Err(Refused::Mismatch)
        }
    }

    /// Returns what follows `Bearer` in `authorization`, or the whole value.
    fn credentials<'a>(&self, value: &'a str) -> &'a str {
        let bearer = (self.header == DEFAULT_HEADER).then(|| bearer_token(value));
        bearer.flatten().unwrap_or(value)
    }
}
