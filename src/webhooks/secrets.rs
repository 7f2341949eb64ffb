//! The secrets of a source, checked against what its scheme takes. No message shows any part of one.

use base64ct::{Base64, Encoding};
use serde_json::Value;

use super::hmac::HmacKey;
use super::public_key::PublicKey;
use crate::secret::{MIN_TOKEN_CHARS, Secret};

/// The maximum number of secrets of one source. Each costs an HMAC for every message.
pub const MAX_SECRETS: usize = 8;

/// The shortest secret that is used as text: 16 characters of base64 hold 96 bits.
pub const MIN_TEXT_CHARS: usize = 16;

/// The allowed sizes of a Standard Webhooks secret, in bytes: 24 to 64 by the specification, and 75 at Svix.
const SIZE_BYTES: std::ops::RangeInclusive<usize> = 24..=75;

/// One of the Worker's own tokens: the Cloudflare API token, or a caller's.
#[derive(Debug, Clone, Copy)]
pub struct OwnToken<'a> {
    /// What it is, worded to follow "has".
    pub what: &'static str,
    /// The token.
    pub token: &'a Secret,
}

const NAME: &str = "WEBHOOK_SECRETS";

/// Reads a secret or a list of them.
pub fn list(value: Option<&Value>, source: &str) -> Result<Vec<String>, String> {
    let missing = || {
        format!(
            "has no secret: set {NAME} to a JSON object such as {{\"{source}\": \"…\"}} with \
             `npx wrangler secret put {NAME}`"
        )
    };
    let texts = match value.ok_or_else(missing)? {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(values) => values
            .iter()
            .map(|value| value.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    };
    let texts = texts.ok_or_else(|| format!("must have a text or a list of texts in {NAME}"))?;
    if texts.is_empty() {
        return Err(missing());
    }
    if texts.len() > MAX_SECRETS {
        return Err(format!("has more than {MAX_SECRETS} secrets in {NAME}"));
    }
    Ok(texts)
}

/// Returns the secrets unless one of them is one of the Worker's own tokens, alone or after a word such as `Bearer`. A
/// sender's settings are seen by people who must not have such a token.
pub fn without_own_tokens(
    texts: Vec<String>,
    own_tokens: &[OwnToken<'_>],
) -> Result<Vec<String>, String> {
    let is_in = |own: &&OwnToken<'_>| {
        let mut words = texts.iter().flat_map(|text| text.split_whitespace());
        words.any(|word| own.token.matches(word))
    };
    let Some(OwnToken { what, .. }) = own_tokens.iter().find(is_in) else {
        return Ok(texts);
    };
    Err(format!(
        "has {what} as a secret in {NAME}, and whoever sees the sender's settings would hold it: take the secret that the \
         sender made, or make another one with `openssl rand -hex 32`; if the sender had the token, replace that as well"
    ))
}

/// Reads the secrets and public keys of `standard-webhooks`.
pub fn standard_webhooks(texts: &[String]) -> Result<(Vec<HmacKey>, Vec<PublicKey>), String> {
    let (mut secrets, mut public_keys) = (Vec::new(), Vec::new());
    for text in texts {
        if let Some(key) = text.strip_prefix("whpk_") {
            public_keys.push(ed25519(key)?);
        } else {
            secrets.push(whsec(text)?);
        }
    }
    Ok((secrets, public_keys))
}

fn ed25519(text: &str) -> Result<PublicKey, String> {
    let bytes = Base64::decode_vec(text).ok();
    let raw = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    raw.map(PublicKey::Ed25519)
        .ok_or_else(|| "has a whpk_ key that is not 32 bytes in base64".to_owned())
}

fn whsec(text: &str) -> Result<HmacKey, String> {
    if text.starts_with("whsk_") {
        return Err(
            "has a whsk_ key, the sender's private one: take the whpk_ key, and tell the sender \
             that the private key has leaked"
                .to_owned(),
        );
    }
    let encoded = text.strip_prefix("whsec_").ok_or(
        "has a secret without whsec_ (or whpk_ for a public key): copy it again from the sender",
    )?;
    let bytes = Base64::decode_vec(encoded).map_err(
        |_| "has a whsec_ secret that is not base64: copy it again, with the = at its end",
    )?;
    if bytes.len() < *SIZE_BYTES.start() {
        return Err("has a whsec_ secret that is too short: 24 bytes at least".to_owned());
    }
    if !SIZE_BYTES.contains(&bytes.len()) {
        return Err("has a whsec_ secret that is too long: 75 bytes at most".to_owned());
    }
    hmac_key(&bytes)
}

/// Reads secrets that are used as text, with all their characters.
pub fn text_keys(texts: &[String]) -> Result<Vec<HmacKey>, String> {
    texts
        .iter()
        .map(|text| {
            check_text(text, MIN_TEXT_CHARS)?;
            hmac_key(text.as_bytes())
        })
        .collect()
}

/// Reads Stripe's secrets: text that starts with `whsec_`, so that an API key is not mistaken for one.
pub fn stripe(texts: &[String]) -> Result<Vec<HmacKey>, String> {
    if texts.iter().all(|text| text.starts_with("whsec_")) {
        return text_keys(texts);
    }
    check_kind(texts)?;
    Err(
        "has a secret without whsec_: take the endpoint's signing secret from the Stripe \
         dashboard, not an API key"
            .to_owned(),
    )
}

/// Reads static tokens.
pub fn tokens(texts: &[String]) -> Result<Vec<Secret>, String> {
    texts
        .iter()
        .map(|text| {
            check_text(text, MIN_TOKEN_CHARS)?;
            if !text.bytes().all(|b| matches!(b, b' '..=b'~')) {
                return Err(
                    "has a secret with a character that no header can hold: make one with \
                     `openssl rand -hex 32`"
                        .to_owned(),
                );
            }
            Ok(Secret::new(text.clone()))
        })
        .collect()
}

fn check_kind(texts: &[String]) -> Result<(), String> {
    if texts.iter().any(|text| text.starts_with("whpk_")) {
        return Err(
            "has a public key (whpk_) where a secret belongs: anybody could sign with it"
                .to_owned(),
        );
    }
    Ok(())
}

fn check_text(text: &str, min: usize) -> Result<(), String> {
    check_kind(&[text.to_owned()])?;
    if text.chars().count() < min {
        return Err(format!(
            "has a secret of fewer than {min} characters: copy it again from the sender or, where it is yours to choose, make \
             one with `openssl rand -hex 32`"
        ));
    }
    if text.trim() != text || text.chars().any(char::is_control) {
        return Err(
            "has a secret with leading or trailing whitespace, or a control character: copy it again".to_owned(),
        );
    }
    Ok(())
}

fn hmac_key(secret: &[u8]) -> Result<HmacKey, String> {
    HmacKey::new(secret).ok_or_else(|| "has a secret that HMAC cannot take".to_owned())
}
