//! Public keys, and what checks signatures under them: `WebCrypto` in the Worker, another library in tests.

use base64ct::{Base64, Encoding};

/// A public key, in the form that `WebCrypto` imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// Ed25519 (RFC 8032), raw.
    Ed25519([u8; 32]),
    /// RSA for PKCS#1 v1.5 signatures with SHA-256.
    Rsa(RsaKey),
}

/// An RSA key as DER of `SubjectPublicKeyInfo` (RFC 5280 §4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaKey(Vec<u8>);

/// The signature could not be checked at all, which says nothing about it. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotCheck(pub String);

/// Checks signatures under public keys.
pub trait PublicKeyVerifier {
    /// Whether `signature` is that of `message` under `key`.
    fn holds(
        &self,
        key: &PublicKey,
        signature: &[u8],
        message: &[u8],
    ) -> impl Future<Output = Result<bool, CannotCheck>>;
}

/// `AlgorithmIdentifier` of rsaEncryption with NULL parameters (RFC 3279 §2.3.1).
const RSA_ENCRYPTION: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// 2,048 bits with the smallest exponent; a key of 1,024 bits has 162 bytes at most.
const MIN_RSA_DER_BYTES: usize = 290;
/// 8,192 bits have some 1,060 bytes.
const MAX_RSA_DER_BYTES: usize = 1_100;

impl RsaKey {
    /// Reads `-----BEGIN PUBLIC KEY-----` (RFC 7468 §13).
    ///
    /// What is inside is left to `WebCrypto`; here it is only sorted by kind and size, so that a certificate, another kind
    /// of key or a weak one is named.
    pub fn from_pem(pem: &str) -> Result<Self, &'static str> {
        let base64 = pem
            .trim()
            .strip_prefix("-----BEGIN PUBLIC KEY-----")
            .and_then(|rest| rest.strip_suffix("-----END PUBLIC KEY-----"))
            .ok_or("must be PEM, from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----")?;
        let base64: String = base64
            .chars()
            .filter(|c| !c.is_ascii_whitespace())
            .collect();
        let der = Base64::decode_vec(&base64).map_err(|_| "is not base64 between its PEM lines")?;
        Self::from_der(der)
    }

    /// Checks the kind and size of DER of `SubjectPublicKeyInfo`.
    pub fn from_der(der: Vec<u8>) -> Result<Self, &'static str> {
        // Keys of these sizes have a length of two bytes behind the outer tag: `30 82 hh ll`.
        let algorithm = der.get(4..4 + RSA_ENCRYPTION.len());
        if der.starts_with(&[0x30, 0x82]) && algorithm == Some(&RSA_ENCRYPTION) {
            if (MIN_RSA_DER_BYTES..=MAX_RSA_DER_BYTES).contains(&der.len()) {
                return Ok(Self(der));
            }
            return Err("must be an RSA key of 2048 to 8192 bits");
        }
        Err("must be an RSA key of 2048 bits or more; it is of another kind or too small")
    }

    /// The key as `WebCrypto` imports it (`spki`).
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0
    }
}
