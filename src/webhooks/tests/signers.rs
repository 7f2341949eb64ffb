//! Signs as the senders do, and checks public-key signatures on the host.

use base64ct::{Base64, Encoding};
use pollster::block_on;
use ring::rand::SystemRandom;
use ring::signature::{self, Ed25519KeyPair, KeyPair, RsaKeyPair, UnparsedPublicKey};

use crate::digest::hex;
use crate::webhooks::hmac::HmacKey;
use crate::webhooks::public_key::{PublicKey, PublicKeyVerifier, RsaKey, VerifyError};
use crate::webhooks::{Refused, Rejection, Scheme, Verified};

/// The time at which all tests take place: 2021-02-25T15:02:10Z.
pub const NOW_S: u64 = 1_614_265_330;

/// `ring` in place of `WebCrypto`.
pub struct Ring;

impl PublicKeyVerifier for Ring {
    async fn holds(
        &self,
        key: &PublicKey,
        signature: &[u8],
        message: &[u8],
    ) -> Result<bool, VerifyError> {
        Ok(match key {
            PublicKey::Ed25519(raw) => UnparsedPublicKey::new(&signature::ED25519, raw)
                .verify(message, signature)
                .is_ok(),
            PublicKey::Rsa(key) => {
                // The PKCS#1 key follows the headers of SubjectPublicKeyInfo.
                let pkcs1 = &key.der()[24..];
                UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, pkcs1)
                    .verify(message, signature)
                    .is_ok()
            }
        })
    }
}

/// A key pair like `RealtimeKit`'s.
pub struct RsaSigner(RsaKeyPair);

impl RsaSigner {
    pub fn a() -> Self {
        Self(RsaKeyPair::from_pkcs8(include_bytes!("data/rsa-2048-a.pk8")).unwrap())
    }

    pub fn b() -> Self {
        Self(RsaKeyPair::from_pkcs8(include_bytes!("data/rsa-2048-b.pk8")).unwrap())
    }

    pub fn sign(&self, body: &[u8]) -> String {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(
                &signature::RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                body,
                &mut signature,
            )
            .unwrap();
        Base64::encode_string(&signature)
    }

    pub fn public_der(&self) -> Vec<u8> {
        const HEADERS: [u8; 24] = [
            0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
            0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
        ];
        [&HEADERS[..], self.0.public_key().as_ref()].concat()
    }

    pub fn public(&self) -> RsaKey {
        RsaKey::from_der(self.public_der()).unwrap()
    }
}

/// Wraps DER in `-----BEGIN <label>-----`.
pub fn pem(label: &str, der: &[u8]) -> String {
    let base64 = Base64::encode_string(der);
    let lines: Vec<_> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// Returns the key pair of a sender that signs `v1a`.
pub fn ed25519() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

/// Returns the `whpk_…` of [`ed25519`].
pub fn whpk() -> String {
    format!(
        "whpk_{}",
        Base64::encode_string(ed25519().public_key().as_ref())
    )
}

/// Returns `v1,…`, signed as by the authors of Standard Webhooks.
pub fn v1(whsec: &str, id: &str, time: &str, body: &[u8]) -> String {
    let key = Base64::decode_vec(whsec.strip_prefix("whsec_").unwrap()).unwrap();
    let signed = [format!("{id}.{time}.").as_bytes(), body].concat();
    let mac = HmacKey::new(&key).unwrap().sign(&[&signed]);
    format!("v1,{}", Base64::encode_string(&mac))
}

/// Returns `v1a,…`.
pub fn v1a(id: &str, time: &str, body: &[u8]) -> String {
    let signed = [format!("{id}.{time}.").as_bytes(), body].concat();
    format!(
        "v1a,{}",
        Base64::encode_string(ed25519().sign(&signed).as_ref())
    )
}

/// Returns the HMAC of `signed` in hexadecimal digits.
pub fn hex_hmac(secret: &str, signed: &[u8]) -> String {
    hex(&HmacKey::new(secret.as_bytes()).unwrap().sign(&[signed]))
}

/// Verifies a message at the tests' time. What its headers alone show to be wrong is reported before the body is used.
pub fn check(
    scheme: &Scheme,
    headers: &[(&str, String)],
    body: &[u8],
) -> Result<Verified, Rejection> {
    let lookup = |name: &str| {
        let found = headers.iter().find(|(own, _)| *own == name);
        found.map(|(_, value)| value.clone())
    };
    let claim = scheme.claim(&lookup, NOW_S * 1000)?;
    let verified = block_on(claim.verify(body, &Ring));
    assert!(verified.is_ok() || verified == Err(Rejection::Refused(Refused::Mismatch)));
    verified
}
