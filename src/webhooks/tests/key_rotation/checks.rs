//! The check of one signature.

use super::*;
use crate::webhooks::public_key::{CannotCheck, PublicKey, PublicKeyVerifier};

#[test]
fn every_bit_of_signature_and_body_counts() {
    let a = RsaSigner::a();
    let (world, cache) = (World::with(&a), RefCell::new(KeyCache::pinned(a.public())));
    let right = a.sign(BODY);
    for bit in 0..right.len() * 8 {
        let mut bytes = right.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let flipped = String::from_utf8_lossy(&bytes).into_owned();
        assert!(
            matches!(
                receive(&cache, &world, &flipped),
                Err(Rejection::Refused(_))
            ),
            "{bit}"
        );
    }
    let headers = |_: &str| Some(right.clone());
    for bit in 0..BODY.len() * 8 {
        let mut body = BODY.to_vec();
        body[bit / 8] ^= 1 << (bit % 8);
        let answer = block_on(verify(&cache, &world, &headers, &body, &Ring));
        assert_eq!(answer, refused(Mismatch), "{bit}");
    }
}

/// `WebCrypto` that cannot import a key.
struct Broken;

impl PublicKeyVerifier for Broken {
    async fn holds(&self, _: &PublicKey, _: &[u8], _: &[u8]) -> Result<bool, CannotCheck> {
        Err(CannotCheck("DataError".to_owned()))
    }
}

#[test]
fn a_signature_that_cannot_be_checked_is_our_fault() {
    let a = RsaSigner::a();
    let (world, cache) = (World::with(&a), RefCell::default());
    let signature = a.sign(BODY);
    let answer = block_on(verify(
        &cache,
        &world,
        &|_| Some(signature.clone()),
        BODY,
        &Broken,
    ));
    assert!(
        matches!(answer, Err(Rejection::Unavailable(_))),
        "{answer:?}"
    );
}
