//! Attacks on the ids and times of `standard-webhooks`, and on its two families of headers.

use super::*;

pub const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

type Headers = Vec<(&'static str, String)>;

pub fn scheme(own: &[&str]) -> Scheme {
    let (secrets, public_keys) = secrets::standard_webhooks(&texts(own)).unwrap();
    Scheme::StandardWebhooks(StandardWebhooks {
        secrets,
        public_keys,
        tolerance_seconds: 300,
    })
}

pub fn message(id: &str, time: &str, signature: &str) -> Headers {
    vec![
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", time.to_owned()),
        ("webhook-signature", signature.to_owned()),
    ]
}

/// Returns a message whose signature is right for exactly these headers: only their form can get it refused.
fn signed(id: &str, time: &str) -> Headers {
    message(id, time, &v1(WHSEC, id, time, BODY.as_bytes()))
}

fn now() -> String {
    NOW_S.to_string()
}

#[test]
fn every_header_is_needed() {
    let scheme = scheme(&[WHSEC]);
    assert!(check(&scheme, &signed("msg_1", &now()), BODY.as_bytes()).is_ok());
    refused(&scheme, vec![("no headers", vec![], HeaderMissing)]);
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut headers = signed("msg_1", &now());
        headers.retain(|(own, _)| *own != name);
        refused(&scheme, vec![(name, headers, HeaderMissing)]);
        let mut headers = signed("msg_1", &now());
        let empty = headers.iter_mut().filter(|(own, _)| *own == name);
        empty.for_each(|(_, value)| value.clear());
        refused(&scheme, vec![(name, headers, HeaderMissing)]);
    }
}

#[test]
fn ids() {
    let (long, huge) = ("a".repeat(257), "a".repeat(8 * 1024 + 1));
    let timed = format!("msg_1.{NOW_S}");
    for (attack, id, why) in [
        ("a dot", "msg_1.1", Malformed),
        ("a time within", &timed, Malformed),
        ("doubled", "msg_1, msg_1", Malformed),
        ("doubled without a space", "msg_1,msg_1", Malformed),
        ("a space", "msg 1", Malformed),
        ("not ASCII", "msg_\u{fffd}", Malformed),
        ("a control character", "msg_\u{7f}", Malformed),
        ("257 bytes", &long, Malformed),
        ("8 KiB and a byte", &huge, HeaderTooLong),
    ] {
        refused(&scheme(&[WHSEC]), vec![(attack, signed(id, &now()), why)]);
    }
}

#[test]
fn times() {
    let at = |offset: i64| NOW_S.checked_add_signed(offset).unwrap().to_string();
    for time in [at(0), at(-300), at(300)] {
        let headers = signed("msg_1", &time);
        assert!(check(&scheme(&[WHSEC]), &headers, BODY.as_bytes()).is_ok());
    }
    for (attack, time, why) in [
        ("a second too late", &at(-301)[..], TooOld),
        ("a second too early", &at(301), TooNew),
        ("the epoch's first second", "1", TooOld),
        ("in milliseconds", &format!("{NOW_S}000"), TooNew),
        ("zero", "0", Malformed),
        ("i64::MIN", "-9223372036854775808", Malformed),
        ("i64::MAX", "9223372036854775807", Malformed),
        ("2^64 and the time", "18446744075323816946", Malformed),
        ("a plus", &format!("+{NOW_S}"), Malformed),
        ("a leading zero", &format!("0{NOW_S}"), Malformed),
        ("01", "01", Malformed),
        ("Arabic digits", "١٦١٤٢٦٥٣٣٠", Malformed),
        ("a fraction", &format!("{NOW_S}.0"), Malformed),
        ("an exponent", "1614265330e0", Malformed),
        ("hexadecimal digits", "0x6037B832", Malformed),
        ("junk behind", &format!("{NOW_S}x"), Malformed),
        ("a space before", &format!(" {NOW_S}"), Malformed),
        ("doubled", &format!("{NOW_S}, {NOW_S}"), Malformed),
        ("RFC 3339", "2021-02-25T15:02:10Z", Malformed),
    ] {
        refused(
            &scheme(&[WHSEC]),
            vec![(attack, signed("msg_1", time), why)],
        );
    }
}

#[test]
fn families_are_not_mixed() {
    let scheme = scheme(&[WHSEC]);
    let under = |prefixes: [&str; 3]| {
        let mut headers = signed("msg_1", &now()).into_iter();
        let names = ["id", "timestamp", "signature"].into_iter().zip(prefixes);
        let names = names.map(|(name, prefix)| format!("{prefix}-{name}"));
        let values: Vec<_> = names
            .map(|name| (name, headers.next().unwrap().1))
            .collect();
        values
    };
    let answer = |headers: &[(String, String)]| {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (&name[..], value.clone()))
            .collect();
        check(&scheme, &headers, BODY.as_bytes())
    };
    let svix = under(["svix"; 3]);
    assert!(answer(&svix).is_ok());
    // A second family is ignored, whatever it says.
    let other = message("msg_2", &now(), "v1,AAAA").into_iter();
    let other = other.map(|(name, value)| (name.to_owned(), value));
    let both: Vec<_> = svix.into_iter().chain(other).collect();
    assert_eq!(answer(&both).unwrap().message_id.as_deref(), Some("msg_1"));
    for mixed in [
        ["svix", "webhook", "webhook"],
        ["webhook", "svix", "webhook"],
        ["webhook", "webhook", "svix"],
        ["clerk", "clerk", "clerk"],
    ] {
        assert_eq!(
            answer(&under(mixed)),
            Err(HeaderMissing.into()),
            "{mixed:?}"
        );
    }
}
