//! Checks of one signature.

use super::*;
use crate::webhooks::public_key::{PublicKey, PublicKeyVerifier, RsaKey, VerifyError};

fn claimed(signature: &str) -> Vec<u8> {
    claim(&|_| Some(signature.to_owned())).unwrap()
}

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
    let signature = claimed(&right);
    for bit in 0..BODY.len() * 8 {
        let mut body = BODY.to_vec();
        body[bit / 8] ^= 1 << (bit % 8);
        let answer = block_on(verify(&cache, &world, &signature, &body, &Ring));
        assert_eq!(answer, refused(Mismatch), "{bit}");
    }
}

/// A `WebCrypto` that cannot import one particular key.
struct BrokenFor(RsaKey);

impl PublicKeyVerifier for BrokenFor {
    async fn holds(
        &self,
        key: &PublicKey,
        signature: &[u8],
        message: &[u8],
    ) -> Result<bool, VerifyError> {
        if *key == PublicKey::Rsa(self.0.clone()) {
            return Err(VerifyError("DataError".to_owned()));
        }
        Ring.holds(key, signature, message).await
    }
}

#[test]
fn a_published_key_that_cannot_be_used_disables_nothing_for_longer_than_it_is_published() {
    let (good, bad) = (RsaSigner::a(), RsaSigner::b());
    let (world, cache) = (World::with(&good), RefCell::default());
    let verifier = BrokenFor(bad.public());
    let signature = good.sign(BODY);
    let receive = || {
        let signature = claimed(&signature);
        block_on(verify(&cache, &world, &signature, BODY, &verifier))
    };
    assert!(receive().is_ok());
    world.publish(&bad);
    world.pass(61_000);
    let other = || {
        let forged = claimed(&bad.sign(BODY));
        block_on(verify(&cache, &world, &forged, BODY, &verifier))
    };
    assert!(matches!(other(), Err(Rejection::Unavailable(_))));
    // The previous key is tried as well, and a good one is fetched when it is published.
    assert!(receive().is_ok());
    world.publish(&good);
    world.pass(2 * 3_600_000);
    assert!(receive().is_ok());
}

#[test]
fn a_key_that_a_forgery_made_us_fetch_is_stored_when_a_message_holds_under_it() {
    let (a, b) = (RsaSigner::a(), RsaSigner::b());
    let (world, cache) = (World::with(&a), RefCell::default());
    let _ = receive(&cache, &world, &b.sign(BODY));
    assert_eq!((world.fetches.get(), world.ledger_writes.get()), (1, 0));
    for _ in 0..3 {
        assert!(receive(&cache, &world, &a.sign(BODY)).is_ok());
    }
    assert_eq!((world.fetches.get(), world.ledger_writes.get()), (1, 1));
}

/// A `WebCrypto` that cannot import any key.
struct Broken;

impl PublicKeyVerifier for Broken {
    async fn holds(&self, _: &PublicKey, _: &[u8], _: &[u8]) -> Result<bool, VerifyError> {
        Err(VerifyError("DataError".to_owned()))
    }
}

#[test]
fn a_signature_that_cannot_be_checked_is_our_fault() {
    let a = RsaSigner::a();
    let (world, cache) = (World::with(&a), RefCell::default());
    let signature = claimed(&a.sign(BODY));
    let answer = block_on(verify(&cache, &world, &signature, BODY, &Broken));
    assert!(
        matches!(answer, Err(Rejection::Unavailable(_))),
        "{answer:?}"
    );
}
