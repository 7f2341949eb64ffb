//! Attacks on the signatures of `standard-webhooks`, symmetric and not.

use super::standard_webhooks::{WHSEC, message, scheme};
use super::*;

const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn with(signature: &str) -> Vec<(&'static str, String)> {
    message("msg_1", &NOW_S.to_string(), signature)
}

fn by(whsec: &str) -> String {
    v1(whsec, "msg_1", &NOW_S.to_string(), BODY.as_bytes())
}

fn by_private_key() -> String {
    v1a("msg_1", &NOW_S.to_string(), BODY.as_bytes())
}

#[test]
fn one_signature() {
    let (right, foreign) = (by(WHSEC), by(OTHER));
    let bare = right.strip_prefix("v1,").unwrap();
    let scheme = scheme(&[WHSEC]);
    for (attack, signature, why) in [
        ("another secret's", &foreign[..], Mismatch),
        ("no version", bare, Malformed),
        ("an unknown version", &format!("v2,{bare}"), Malformed),
        (
            "the version in upper case",
            &format!("V1,{bare}"),
            Malformed,
        ),
        ("said to be v1a", &format!("v1a,{bare}"), Mismatch),
        ("v1a without a public key", &by_private_key(), Mismatch),
        ("empty", "v1,", Mismatch),
        ("the version alone", "v1", Malformed),
        ("blank", " ", Malformed),
        ("truncated", &right[..right.len() - 4], Mismatch),
        ("without padding", right.trim_end_matches('='), Mismatch),
        ("junk behind", &format!("{right}A"), Mismatch),
        ("a comma behind", &format!("{right},"), Mismatch),
        (
            "base64 of URLs",
            &right.replace('+', "-").replace('/', "_"),
            Mismatch,
        ),
        (
            "HMAC of nothing",
            "v1,thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0=",
            Mismatch,
        ),
    ] {
        refused(&scheme, vec![(attack, with(signature), why)]);
    }
    let time = NOW_S.to_string();
    refused(
        &scheme,
        vec![("another id's", message("msg_2", &time, &right), Mismatch)],
    );
    let time = (NOW_S + 1).to_string();
    refused(
        &scheme,
        vec![("another time's", message("msg_1", &time, &right), Mismatch)],
    );
}

/// The last base64 digit of 32 bytes has bits that do not count: a lenient decoder takes four texts for one.
#[test]
fn unused_bits() {
    let right = by(WHSEC);
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut tried = 0;
    for last in digits.chars() {
        let signature = format!("{}{last}=", &right[..right.len() - 2]);
        if signature != right {
            refused(
                &scheme(&[WHSEC]),
                vec![("unused bits", with(&signature), Mismatch)],
            );
            tried += 1;
        }
    }
    assert_eq!(tried, 63);
}

#[test]
fn lists() {
    let (right, foreign) = (by(WHSEC), by(OTHER));
    let sixteen = format!("{}{right}", format!("{foreign} ").repeat(15));
    for accepted in [
        &sixteen,
        &format!("v2,x  {right}"),
        &format!("{right} v1a,AAAA"),
    ] {
        assert!(check(&scheme(&[WHSEC]), &with(accepted), BODY.as_bytes()).is_ok());
    }
    assert!(check(&scheme(&[OTHER, WHSEC]), &with(&right), BODY.as_bytes()).is_ok());
    for (attack, signatures, why) in [
        ("a doubled header", format!("{right}, {right}"), Malformed),
        (
            "a semicolon between",
            format!("{right};{foreign}"),
            Mismatch,
        ),
        ("a tab between", format!("{right}\t{foreign}"), Mismatch),
        (
            "seventeen",
            format!("{foreign} {sixteen}"),
            TooManySignatures,
        ),
        (
            "10,000",
            format!("{foreign} ").repeat(10_000),
            HeaderTooLong,
        ),
    ] {
        refused(&scheme(&[WHSEC]), vec![(attack, with(&signatures), why)]);
    }
}

#[test]
fn public_keys() {
    let scheme = scheme(&[&whpk()]);
    let right = by_private_key();
    let bare = right.strip_prefix("v1a,").unwrap();
    for accepted in [&right, &format!("v1,x {right}")] {
        assert!(check(&scheme, &with(accepted), BODY.as_bytes()).is_ok());
    }
    // Whoever knows the public key can compute an HMAC with it.
    let confused = by(&whpk().replace("whpk_", "whsec_"));
    for (attack, signature) in [
        ("an HMAC under the public key", &confused[..]),
        ("the same said to be v1a", &confused.replace("v1,", "v1a,")),
        ("v1a said to be v1", &format!("v1,{bare}")),
        ("truncated", &right[..right.len() - 4]),
        ("no base64", "v1a,!!!!"),
        ("empty", "v1a,"),
        ("64 zero bytes", &format!("v1a,{}==", "A".repeat(86))),
    ] {
        refused(&scheme, vec![(attack, with(signature), Mismatch)]);
    }
    let time = (NOW_S - 1).to_string();
    refused(
        &scheme,
        vec![("another time's", message("msg_1", &time, &right), Mismatch)],
    );
}
