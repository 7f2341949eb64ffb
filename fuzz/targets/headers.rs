//! Headers that carry signatures.

use std::cell::RefCell;

use participant_remover::digest::hex;
use participant_remover::secret::Secret;
use participant_remover::webhooks::github::GitHub;
use participant_remover::webhooks::headers::MAX_HEADER_BYTES;
use participant_remover::webhooks::hmac::HmacKey;
use participant_remover::webhooks::key_answer::KeyFetchError;
use participant_remover::webhooks::key_cache::KeyCache;
use participant_remover::webhooks::public_key::{
    PublicKey, PublicKeyVerifier, RsaKey, VerifyError,
};
use participant_remover::webhooks::realtimekit::{self, KeySource};
use participant_remover::webhooks::standard_webhooks::StandardWebhooks;
use participant_remover::webhooks::stripe::Stripe;
use participant_remover::webhooks::token::Token;
use participant_remover::webhooks::workos::WorkOs;
use participant_remover::webhooks::{Rejection, secrets};
use pollster::block_on;

use super::{NOW_MS, NOW_S, SECRET, WHSEC, parts, text};

/// Stands in for Ed25519: a signature is the HMAC of its message, so that the fuzzer can find one.
struct Keyed;

impl PublicKeyVerifier for Keyed {
    async fn holds(
        &self,
        _: &PublicKey,
        signature: &[u8],
        message: &[u8],
    ) -> Result<bool, VerifyError> {
        Ok(key().iter().any(|key| key.sign(&[message]) == signature))
    }
}

/// No signature holds under a public key.
struct Nothing;

impl PublicKeyVerifier for Nothing {
    async fn holds(&self, _: &PublicKey, _: &[u8], _: &[u8]) -> Result<bool, VerifyError> {
        Ok(false)
    }
}

fn key() -> Vec<HmacKey> {
    HmacKey::new(SECRET.as_bytes()).into_iter().collect()
}

fn hex_hmac(parts: &[&[u8]]) -> String {
    key().iter().map(|key| hex(&key.sign(parts))).collect()
}

/// `webhook-id`, `webhook-timestamp`, `webhook-signature`, body; the same with the `svix-` headers.
pub fn standard_webhooks(data: &[u8]) -> bool {
    let [accepted, as_svix] = ["webhook-", "svix-"].map(|family| standard_webhook(family, data));
    assert_eq!(accepted, as_svix);
    accepted
}

fn standard_webhook(family: &str, data: &[u8]) -> bool {
    let Some(parts) = parts(data, 4) else {
        return false;
    };
    let [id, time, signature, body] = parts[..] else {
        return false;
    };
    let (id, time, signature) = (text(id), text(time), text(signature));
    let (secrets, _) = secrets::standard_webhooks(&[WHSEC.to_owned()]).expect("a secret");
    let signed = [id.as_bytes(), b".", time.as_bytes(), b".", body];
    let macs = [
        ("v1,", secrets[0].sign(&signed)),
        ("v1a,", key()[0].sign(&signed)),
    ];
    let scheme = StandardWebhooks {
        secrets,
        public_keys: vec![PublicKey::Ed25519([7; 32])],
        tolerance_seconds: 300,
    };
    let headers = |name: &str| match name.strip_prefix(family)? {
        "id" => Some(id.clone()),
        "timestamp" => Some(time.clone()),
        "signature" => Some(signature.clone()),
        _ => None,
    };
    let Ok(claim) = scheme.claim(&headers, NOW_MS) else {
        return false;
    };
    let Ok(verified) = block_on(scheme.verify(claim, body, &Keyed)) else {
        return false;
    };
    let seconds: u64 = time.parse().expect("a number");
    assert!(seconds.abs_diff(NOW_S) <= 300 && seconds.to_string() == time);
    assert!(!id.contains('.') && verified.message_id.as_deref() == Some(&id));
    let mut items = signature.split(' ');
    assert!(items.any(|item| {
        let mut macs = macs.iter();
        macs.any(|(version, mac)| decoded(item, version) == Some(mac.to_vec()))
    }));
    true
}

/// The bytes behind `v1,` or `v1a,`, by a base64 decoder of its own.
fn decoded(item: &str, version: &str) -> Option<Vec<u8>> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let encoded = item.strip_prefix(version)?.trim_end_matches('=');
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for c in encoded.chars() {
        bits = (bits << 6) | u32::try_from(ALPHABET.find(c)?).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// `stripe-signature`, body.
pub fn stripe(data: &[u8]) -> bool {
    let Some(parts) = parts(data, 2) else {
        return false;
    };
    let (header, body) = (text(parts[0]), parts[1]);
    let scheme = Stripe {
        secrets: key(),
        tolerance_seconds: 300,
    };
    let claim = scheme.claim(&|_| Some(header.clone()), NOW_MS);
    if !claim.is_ok_and(|claim| claim.hold(&scheme.secrets, body)) {
        return false;
    }
    let items = || header.split(',');
    let times: Vec<_> = items().filter_map(|item| item.strip_prefix("t=")).collect();
    let [time] = times[..] else {
        panic!("{header}")
    };
    let mac = hex_hmac(&[time.as_bytes(), b".", body]);
    assert!(items().any(|item| item.strip_prefix("v1=") == Some(&mac)));
    assert!(
        time.parse::<u64>()
            .is_ok_and(|time| time.abs_diff(NOW_S) <= 300)
    );
    true
}

/// `workos-signature`, body.
pub fn workos(data: &[u8]) -> bool {
    let Some(parts) = parts(data, 2) else {
        return false;
    };
    let (header, body) = (text(parts[0]), parts[1]);
    let scheme = WorkOs {
        secrets: key(),
        tolerance_seconds: 180,
    };
    let claim = scheme.claim(&|_| Some(header.clone()), NOW_MS);
    if !claim.is_ok_and(|claim| claim.hold(&scheme.secrets, body)) {
        return false;
    }
    // One space may stand behind a comma; any other is part of a value.
    let items = || {
        header
            .split(',')
            .map(|item| item.strip_prefix(' ').unwrap_or(item))
    };
    let time = items().find_map(|item| item.strip_prefix("t="));
    let time = time.expect("a time");
    let mac = hex_hmac(&[time.as_bytes(), b".", body]);
    let signatures = items().filter_map(|item| item.strip_prefix("v1="));
    assert_eq!(signatures.collect::<Vec<_>>(), [mac]);
    assert!(
        time.parse::<u64>()
            .is_ok_and(|time| time.abs_diff(NOW_MS) <= 180_000)
    );
    true
}

/// `x-hub-signature-256`, body.
pub fn github(data: &[u8]) -> bool {
    let Some(parts) = parts(data, 2) else {
        return false;
    };
    let (header, body) = (text(parts[0]), parts[1]);
    let scheme = GitHub {
        secrets: key(),
        header: "x-hub-signature-256".to_owned(),
    };
    let claim = scheme.claim(&|_| Some(header.clone()));
    let accepted = claim.is_ok_and(|claim| scheme.holds(claim, body));
    assert_eq!(accepted, header == format!("sha256={}", hex_hmac(&[body])));
    accepted
}

/// `authorization`
pub fn token(data: &[u8]) -> bool {
    let header = text(data);
    let secrets = vec![Secret::new(SECRET.to_owned())];
    let scheme = Token {
        secrets,
        header: "authorization".to_owned(),
    };
    let accepted = scheme.verify(&|_| Some(header.clone())).is_ok();
    let bearer = header
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("bearer "));
    let token = if bearer { &header[7..] } else { &header };
    assert_eq!(
        accepted,
        token == SECRET && header.len() <= MAX_HEADER_BYTES
    );
    accepted
}

/// A key URL that is down.
struct Down;

impl KeySource for Down {
    async fn fetch(&self) -> Result<RsaKey, KeyFetchError> {
        Err(KeyFetchError("down".to_owned()))
    }
    async fn stored(&self) -> Option<RsaKey> {
        None
    }
    async fn store(&self, _: &RsaKey) -> bool {
        false
    }
    fn now_ms(&self) -> u64 {
        NOW_MS
    }
    async fn pause(&self) {}
}

/// `rtk-signature`
pub fn realtimekit_signature(data: &[u8]) -> bool {
    let header = text(data);
    let cache = RefCell::<KeyCache>::default();
    let headers = |_: &str| Some(header.clone());
    let Ok(signature) = realtimekit::claim(&headers) else {
        return false;
    };
    match block_on(realtimekit::verify(
        &cache, &Down, &signature, b"{}", &Nothing,
    )) {
        Ok(_) => panic!("accepted without a key: {header}"),
        Err(Rejection::Refused(_)) => false,
        Err(Rejection::Unavailable(_)) => {
            assert!((340..=1368).contains(&header.len()) && header.len().is_multiple_of(4));
            true
        }
    }
}
