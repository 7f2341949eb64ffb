//! Verifies a message before anything parses it.

use super::github::GitHub;
use super::headers::Headers;
use super::hmac::HmacKey;
use super::public_key::PublicKeyVerifier;
use super::standard_webhooks::{self, StandardWebhooks};
use super::stripe::Stripe;
use super::timed_signatures::TimedSignatures;
use super::token::Token;
use super::workos::WorkOs;

/// How a source proves that a message is authentic, with the secrets that it takes.
///
/// `RealtimeKit` is not among them: its key can change, see [`super::realtimekit`].
#[derive(Debug, Clone)]
pub enum Scheme {
    /// `standard-webhooks`
    StandardWebhooks(StandardWebhooks),
    /// `stripe`
    Stripe(Stripe),
    /// `workos`
    WorkOs(WorkOs),
    /// `github`
    GitHub(GitHub),
    /// `token`
    Token(Token),
}

/// A message that is authentic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// The message's id, if the signature covers it.
    pub message_id: Option<String>,
}

/// Why a message is refused. For the log only: the sender sees the same 401 for every reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A header of the scheme is missing or empty.
    HeaderMissing,
    /// A header is longer than [`super::headers::MAX_HEADER_BYTES`].
    HeaderTooLong,
    /// A header does not have the scheme's form.
    Malformed,
    /// More than [`super::hmac::MAX_SIGNATURES`] signatures, or too many public-key signatures.
    TooManySignatures,
    /// The signed time is further in the past than the tolerance allows.
    TooOld,
    /// The signed time is further in the future than the tolerance allows.
    TooNew,
    /// Neither a signature nor a token matches under any of our keys.
    Mismatch,
    /// The message is signed, but for somebody else's organization.
    OtherOrganization,
}

impl Refused {
    /// Returns the reason's name in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HeaderMissing => "header_missing",
            Self::HeaderTooLong => "header_too_long",
            Self::Malformed => "malformed",
            Self::TooManySignatures => "too_many_signatures",
            Self::TooOld => "too_old",
            Self::TooNew => "too_new",
            Self::Mismatch => "mismatch",
            Self::OtherOrganization => "other_organization",
        }
    }
}

/// Why a message is not acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// It is not authentic: 401, and a retry cannot help.
    Refused(Refused),
    /// We cannot tell right now: 503, so that the sender retries. The text is for the log.
    Unavailable(String),
}

impl From<Refused> for Rejection {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// What a message's headers claim. Only the body can show whether it is true.
#[derive(Debug)]
pub enum Claim<'a> {
    /// `standard-webhooks`
    StandardWebhooks(&'a StandardWebhooks, standard_webhooks::Message),
    /// `stripe` and `workos`: signatures of a time and the body, with the secrets that may have made them.
    Timed(&'a [HmacKey], TimedSignatures),
    /// `github`: a signature of the body.
    GitHub(&'a GitHub, String),
    /// `token`: the whole proof is in a header, and is valid.
    Proven,
}

impl Scheme {
    /// Reads what a message's headers claim. Refuses what they alone show to be wrong before the body is received,
    /// which may be long and slow to arrive. `now_ms` is in milliseconds since the Unix epoch.
    pub fn claim(&self, headers: Headers<'_>, now_ms: u64) -> Result<Claim<'_>, Refused> {
        Ok(match self {
            Self::StandardWebhooks(own) => {
                Claim::StandardWebhooks(own, own.claim(headers, now_ms)?)
            }
            Self::Stripe(own) => Claim::Timed(&own.secrets, own.claim(headers, now_ms)?),
            Self::WorkOs(own) => Claim::Timed(&own.secrets, own.claim(headers, now_ms)?),
            Self::GitHub(own) => Claim::GitHub(own, own.claim(headers)?),
            Self::Token(own) => {
                own.verify(headers)?;
                Claim::Proven
            }
        })
    }
}

impl Claim<'_> {
    /// Verifies a message over its raw body.
    pub async fn verify<V: PublicKeyVerifier>(
        self,
        body: &[u8],
        public_keys: &V,
    ) -> Result<Verified, Rejection> {
        let holds = match self {
            Self::StandardWebhooks(own, message) => {
                return own.verify(message, body, public_keys).await;
            }
            Self::Timed(secrets, signatures) => signatures.hold(secrets, body),
            Self::GitHub(own, signature) => own.holds(signature, body),
            Self::Proven => true,
        };
        if holds {
            Ok(Verified::default())
        } else {
            Err(Refused::Mismatch.into())
        }
    }
}
