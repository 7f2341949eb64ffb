//! Possible answers from the key URL.

use super::world::published;
use super::*;
use crate::webhooks::realtimekit::KeySetting;
use crate::webhooks::tests::signers::pem;

#[test]
fn a_key_url_that_gives_no_key_makes_the_sender_come_back() {
    let (a, b) = (RsaSigner::a(), RsaSigner::b());
    let ed25519 = [
        &[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..],
        &[7; 32],
    ]
    .concat();
    let right = published(&pem("PUBLIC KEY", &a.public_der()));
    for (what, status, body) in [
        ("down", 503, String::new()),
        ("redirecting", 302, right.clone()),
        ("gone", 404, right.clone()),
        (
            "HTML",
            200,
            "<!doctype html><title>Sign in</title>".to_owned(),
        ),
        ("a failure", 200, right.replace("true", "false")),
        ("no data", 200, r#"{"success": true}"#.to_owned()),
        ("no key", 200, r#"{"success": true, "data": {}}"#.to_owned()),
        (
            "a key that is no text",
            200,
            r#"{"success": true, "data": {"publicKey": 5}}"#.to_owned(),
        ),
        ("Ed25519", 200, published(&pem("PUBLIC KEY", &ed25519))),
        (
            "a certificate",
            200,
            published(&pem("CERTIFICATE", &a.public_der())),
        ),
        (
            "a truncated key",
            200,
            published(&pem("PUBLIC KEY", &a.public_der()[..150])),
        ),
        (
            "broken base64",
            200,
            published(&pem("PUBLIC KEY", &a.public_der()).replacen("MII", "M!I", 1)),
        ),
        ("16 KiB and a byte", 200, format!("{right:<16385}")),
    ] {
        let (world, cache) = (World::with(&a), RefCell::default());
        world.answer(status, &body);
        for signer in [&a, &b] {
            let answer = receive(&cache, &world, &signer.sign(BODY));
            assert!(
                matches!(answer, Err(Rejection::Unavailable(_))),
                "{what}: {answer:?}"
            );
        }
        assert_eq!(
            (world.fetches.get(), world.ledger_reads.get()),
            (1, 1),
            "{what}"
        );
        // With a known key, genuine messages are unaffected.
        let cache = RefCell::default();
        world.publish(&a);
        assert!(receive(&cache, &world, &a.sign(BODY)).is_ok());
        world.answer(status, &body);
        world.pass(3_600_000);
        assert!(receive(&cache, &world, &a.sign(BODY)).is_ok());
        assert!(matches!(
            receive(&cache, &world, &b.sign(BODY)),
            Err(Rejection::Unavailable(_))
        ));
    }
}

#[test]
fn an_answer_of_16_kib_is_read() {
    let a = RsaSigner::a();
    let (world, cache) = (World::with(&a), RefCell::default());
    let right = published(&pem("PUBLIC KEY", &a.public_der()));
    world.answer(200, &format!("{right:<16384}"));
    assert!(receive(&cache, &world, &a.sign(BODY)).is_ok());
}

#[test]
fn the_copy_of_one_url_is_no_copy_of_another() {
    let note = |url: &str| KeySetting::Url(url.to_owned()).note();
    let (one, other) = ("https://one.example/key", "https://other.example/key");
    assert_eq!(note(one), note(one));
    assert_ne!(note(one), note(other));
}
