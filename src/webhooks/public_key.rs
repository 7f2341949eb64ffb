//! Public keys, and checking signatures under them: with `WebCrypto` in the Worker, another library in tests.

use base64ct::{Base64, Encoding};

/// A public key, in the form that `WebCrypto` imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// Ed25519 (RFC 8032), raw.
    Ed25519([u8; 32]),
    /// RSA for PKCS#1 v1.5 signatures with SHA-256.
    Rsa(RsaKey),
}

/// An RSA key, as the DER of its `SubjectPublicKeyInfo` (RFC 5280 §4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaKey(Vec<u8>);

/// The signature could not be checked at all, which says nothing about it. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyError(pub String);

/// Checks signatures under public keys.
pub trait PublicKeyVerifier {
    /// Returns whether `signature` is that of `message` under `key`.
    fn holds(
        &self,
        key: &PublicKey,
        signature: &[u8],
        message: &[u8],
    ) -> impl Future<Output = Result<bool, VerifyError>>;
}

/// `AlgorithmIdentifier` of rsaEncryption with NULL parameters (RFC 3279 §2.3.1).
const RSA_ENCRYPTION: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// The size of a modulus, and so of a signature, in bytes: 2,048 to 8,192 bits.
pub const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

impl RsaKey {
    /// Parses `-----BEGIN PUBLIC KEY-----` (RFC 7468 §13).
    ///
    /// A certificate, another kind of key, or a weak or damaged one is reported here, where the operator sees it, and
    /// not by `WebCrypto` when the first message arrives.
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

    /// Checks the kind, size and structure of a `SubjectPublicKeyInfo` in DER.
    pub fn from_der(der: Vec<u8>) -> Result<Self, &'static str> {
        // Only in a short key does the content start before the fifth byte.
        let of_rsa = |at: usize| der.get(at..)?.strip_prefix(&RSA_ENCRYPTION[..]);
        if (2..=4).all(|at| of_rsa(at).is_none()) {
            return Err("must be an RSA key; it is of another kind");
        }
        let modulus = modulus(&der).ok_or("is damaged: copy it again, with all its lines")?;
        if MODULUS_BYTES.contains(&modulus.len()) {
            Ok(Self(der))
        } else {
            Err("must be an RSA key of 2048 to 8192 bits")
        }
    }

    /// Returns the key as `WebCrypto` imports it (`spki`).
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0
    }
}

/// Returns the modulus of a key, without its leading zero, or `None` if the structure is not that of RFC 5280 §4.1 and
/// RFC 8017 §A.1.1 to the last byte, or the exponent is even.
fn modulus(der: &[u8]) -> Option<&[u8]> {
    let (info, []) = element(0x30, der)? else {
        return None;
    };
    let (bits, []) = element(0x03, info.strip_prefix(&RSA_ENCRYPTION)?)? else {
        return None;
    };
    let (key, []) = element(0x30, bits.strip_prefix(&[0])?)? else {
        return None;
    };
    let (modulus, rest) = element(0x02, key)?;
    let (exponent, []) = element(0x02, rest)? else {
        return None;
    };
    let odd = exponent.last().is_some_and(|byte| byte % 2 == 1);
    odd.then(|| modulus.strip_prefix(&[0]).unwrap_or(modulus))
}

/// Returns the content of the first element, which must have that tag, and what follows it (X.690 §8.1).
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der.strip_prefix(&[tag])? {
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        [0x81, length, rest @ ..] | [length @ ..=0x7f, rest @ ..] => (usize::from(*length), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}
