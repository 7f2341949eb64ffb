//! `standard-webhooks`: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>,
//! or with the `svix-` headers of senders that predate the standard.

use base64ct::{Base64, Encoding};

use super::headers::{self, Headers};
use super::hmac::{HmacKey, MAX_SIGNATURES, any_matches};
use super::public_key::{PublicKey, PublicKeyVerifier};
use super::timestamp;
use super::verification::{Refused, Rejection, Verified};

/// The tolerance of the specification's libraries.
pub const DEFAULT_TOLERANCE_SECONDS: u64 = 300;

const MAX_ID_BYTES: usize = 256;
/// The most public-key signatures accepted in one header: each costs a call of `WebCrypto` for each key.
const MAX_PUBLIC_KEY_SIGNATURES: usize = 4;

/// The keys of a source: shared secrets for `v1`, public keys for `v1a`.
#[derive(Debug, Clone)]
pub struct StandardWebhooks {
    /// `whsec_`
    pub secrets: Vec<HmacKey>,
    /// `whpk_`: Ed25519
    pub public_keys: Vec<PublicKey>,
    /// How old or new a message may be, in seconds.
    pub tolerance_seconds: u64,
}

/// The three headers of a message, checked for their form.
#[derive(Debug)]
pub struct Message {
    id: String,
    timestamp: String,
    signatures: Signatures,
}

impl StandardWebhooks {
    /// Reads what the headers claim, and checks the time.
    pub fn claim(&self, headers: Headers<'_>, now_ms: u64) -> Result<Message, Refused> {
        let message = Message::read(headers)?;
        let signed = timestamp::parse(&message.timestamp)?;
        timestamp::check_age(signed, now_ms / 1000, self.tolerance_seconds)?;
        Ok(message)
    }

    /// Verifies what was claimed.
    pub async fn verify<V: PublicKeyVerifier>(
        &self,
        message: Message,
        body: &[u8],
        public_keys: &V,
    ) -> Result<Verified, Rejection> {
        let prefix = format!("{}.{}.", message.id, message.timestamp);
        let parts = [prefix.as_bytes(), body];
        let holds = any_matches(&self.secrets, &parts, base64, &message.signatures.v1)
            || self
                .public_key_matches(&parts, &message.signatures.v1a, public_keys)
                .await?;
        if !holds {
            return Err(Refused::Mismatch.into());
        }
        Ok(Verified {
            message_id: Some(message.id),
        })
    }

    async fn public_key_matches<V: PublicKeyVerifier>(
        &self,
        parts: &[&[u8]],
        signatures: &[String],
        verifier: &V,
    ) -> Result<bool, Rejection> {
        if signatures.is_empty() || self.public_keys.is_empty() {
            return Ok(false);
        }
        let signed = parts.concat();
        for signature in signatures {
            let Ok(signature) = Base64::decode_vec(signature) else {
                continue;
            };
            for key in &self.public_keys {
                match verifier.holds(key, &signature, &signed).await {
                    Ok(true) => return Ok(true),
                    Ok(false) => {}
                    Err(error) => return Err(Rejection::Unavailable(error.0)),
                }
            }
        }
        Ok(false)
    }
}

fn base64(mac: &[u8; 32]) -> String {
    Base64::encode_string(mac)
}

impl Message {
    /// Takes all three headers from one family: mixing them, as one library does, helps no sender.
    fn read(headers: Headers<'_>) -> Result<Self, Refused> {
        let family = |prefix: &str| {
            let header = |name: &str| headers::required(headers, &format!("{prefix}-{name}"));
            Ok((header("id")?, header("timestamp")?, header("signature")?))
        };
        let (id, timestamp, signatures) = match family("svix") {
            Err(Refused::HeaderMissing) => family("webhook"),
            other => other,
        }?;
        if !is_id(&id) {
            return Err(Refused::Malformed);
        }
        Ok(Self {
            id,
            timestamp,
            signatures: Signatures::parse(&signatures)?,
        })
    }
}

/// Returns whether this is an id: it has no `.`, or part of it could pass for the time, and no comma, which joins two.
fn is_id(id: &str) -> bool {
    id.len() <= MAX_ID_BYTES
        && id
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'.' && b != b',')
}

/// The signatures of a header, by version. Unknown versions are ignored, as the specification asks.
#[derive(Debug)]
struct Signatures {
    v1: Vec<String>,
    v1a: Vec<String>,
}

impl Signatures {
    fn parse(header: &str) -> Result<Self, Refused> {
        // Only a duplicated header contains a comma followed by a space.
        if header.contains(", ") {
            return Err(Refused::Malformed);
        }
        let of = |version: &str| -> Vec<String> {
            header
                .split(' ')
                .filter_map(|item| item.split_once(','))
                .filter(|(name, _)| *name == version)
                .map(|(_, signature)| signature.to_owned())
                .take(MAX_SIGNATURES + 1)
                .collect()
        };
        let found = Self {
            v1: of("v1"),
            v1a: of("v1a"),
        };
        match (found.v1.len(), found.v1a.len()) {
            (0, 0) => Err(Refused::Malformed),
            (0..=MAX_SIGNATURES, 0..=MAX_PUBLIC_KEY_SIGNATURES) => Ok(found),
            _ => Err(Refused::TooManySignatures),
        }
    }
}
