//! One flipped bit, anywhere: in the body, the id, the time or the signature.

use super::signers::{NOW_S, check, hex_hmac, v1, v1a, whpk};
use crate::webhooks::github::GitHub;
use crate::webhooks::hmac::HmacKey;
use crate::webhooks::standard_webhooks::StandardWebhooks;
use crate::webhooks::stripe::Stripe;
use crate::webhooks::token::Token;
use crate::webhooks::workos::WorkOs;
use crate::webhooks::{Scheme, secrets};

const BODY: &[u8] = br#"{"type":"user.deleted","data":{"id":"user_1"}}"#;
const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SECRET: &str = "0123456789abcdef";

type Message = (Scheme, Vec<(&'static str, String)>);

fn messages() -> Vec<Message> {
    let key = || vec![HmacKey::new(SECRET.as_bytes()).unwrap()];
    let standard = |text: &str| {
        let (secrets, public_keys) = secrets::standard_webhooks(&[text.to_owned()]).unwrap();
        Scheme::StandardWebhooks(StandardWebhooks {
            secrets,
            public_keys,
            tolerance_seconds: 3600,
        })
    };
    let (id, time) = ("msg_1", NOW_S.to_string());
    let headers = |signature| {
        vec![
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", time.clone()),
            ("webhook-signature", signature),
        ]
    };
    let stripe = hex_hmac(SECRET, &[time.as_bytes(), b".", BODY].concat());
    let workos = hex_hmac(SECRET, &[format!("{time}000.").as_bytes(), BODY].concat());
    let github = format!("sha256={}", hex_hmac(SECRET, BODY));
    vec![
        (standard(WHSEC), headers(v1(WHSEC, id, &time, BODY))),
        (standard(&whpk()), headers(v1a(id, &time, BODY))),
        (
            Scheme::Stripe(Stripe {
                secrets: key(),
                tolerance_seconds: 3600,
            }),
            vec![("stripe-signature", format!("t={time},v1={stripe}"))],
        ),
        (
            Scheme::WorkOs(WorkOs {
                secrets: key(),
                tolerance_seconds: 3600,
            }),
            vec![("workos-signature", format!("t={time}000, v1={workos}"))],
        ),
        (
            Scheme::GitHub(GitHub {
                secrets: key(),
                header: "x-signature".to_owned(),
            }),
            vec![("x-signature", github)],
        ),
    ]
}

/// Returns all texts with one bit changed. Bytes that are not ASCII reach the Worker as U+FFFD.
fn flipped(text: &str) -> impl Iterator<Item = String> {
    (0..text.len() * 8).map(|bit| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

#[test]
fn a_message_with_one_bit_changed_is_refused() {
    let mut tried = 0;
    for (scheme, headers) in messages() {
        assert!(check(&scheme, &headers, BODY).is_ok(), "{scheme:?}");
        for bit in 0..BODY.len() * 8 {
            let mut body = BODY.to_vec();
            body[bit / 8] ^= 1 << (bit % 8);
            assert!(
                check(&scheme, &headers, &body).is_err(),
                "{scheme:?} body bit {bit}"
            );
            tried += 1;
        }
        for (at, (name, value)) in headers.iter().enumerate() {
            for value in flipped(value) {
                let mut changed = headers.clone();
                changed[at].1.clone_from(&value);
                // With WorkOS, a space after the comma is optional, as in its own library.
                let same = value.replace(", ", ",") == headers[at].1.replace(", ", ",");
                let accepted = check(&scheme, &changed, BODY).is_ok();
                assert_eq!(accepted, same, "{scheme:?} {name}: {value}");
                tried += 1;
            }
        }
    }
    assert!(tried > 5_000, "{tried}");
}

#[test]
fn a_body_cut_short_or_extended_is_refused() {
    for (scheme, headers) in messages() {
        for length in 0..BODY.len() {
            assert!(check(&scheme, &headers, &BODY[..length]).is_err());
        }
        assert!(check(&scheme, &headers, &[BODY, b" "].concat()).is_err());
    }
}

#[test]
fn a_token_with_one_bit_changed_is_refused() {
    let token = "0123456789abcdef0123456789abcdef";
    let secrets = secrets::tokens(&[token.to_owned()]).unwrap();
    let scheme = Scheme::Token(Token {
        secrets,
        header: "authorization".to_owned(),
    });
    for flip in flipped(token) {
        for value in [flip.clone(), format!("Bearer {flip}")] {
            assert!(check(&scheme, &[("authorization", value)], BODY).is_err());
        }
    }
    for scheme_name in ["", "Bearer ", "bearer "] {
        let value = format!("{scheme_name}{token}");
        assert!(check(&scheme, &[("authorization", value)], BODY).is_ok());
    }
}
