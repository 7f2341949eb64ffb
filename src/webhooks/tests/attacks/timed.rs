//! Attacks on `stripe` and `workos`.

use super::*;

const STRIPE: &str = "whsec_0123456789abcdef";

#[test]
fn stripe() {
    let secrets = secrets::stripe(&texts(&[STRIPE])).unwrap();
    let scheme = Scheme::Stripe(Stripe {
        secrets,
        tolerance_seconds: 300,
    });
    let sign = |time: &str| hex_hmac(STRIPE, format!("{time}.{BODY}").as_bytes());
    let signed = |time: &str| vec![("stripe-signature", format!("t={time},v1={}", sign(time)))];
    let header = |value: String| vec![("stripe-signature", value)];
    let (now, right) = (NOW_S, sign(&NOW_S.to_string()));
    let zeros = "0".repeat(64);
    for accepted in [
        format!("t={now},v1={right}"),
        format!("v1={right},t={now}"),
        format!("t={now},v1={zeros},v1={right},v0={zeros}"),
    ] {
        assert!(check(&scheme, &header(accepted), BODY.as_bytes()).is_ok());
    }
    refused(
        &scheme,
        vec![
            ("no header", vec![], HeaderMissing),
            ("an empty header", header(String::new()), HeaderMissing),
            ("too old", signed(&(now - 301).to_string()), TooOld),
            ("too new", signed(&(now + 301).to_string()), TooNew),
            ("i64::MIN", signed("-9223372036854775808"), Malformed),
            ("a plus", signed(&format!("+{now}")), Malformed),
            ("a leading zero", signed(&format!("0{now}")), Malformed),
            ("Arabic digits", signed("١٦١٤٢٦٥٣٣٠"), Malformed),
            (
                "junk behind the time",
                signed(&format!("{now} ")),
                Malformed,
            ),
            ("no time", header(format!("v1={right}")), Malformed),
            ("an empty time", header(format!("t=,v1={right}")), Malformed),
            (
                "two times",
                header(format!("t={now},t={now},v1={right}")),
                Malformed,
            ),
            (
                "a doubled header",
                header(format!("t={now},v1={right}, t={now},v1={right}")),
                Malformed,
            ),
            ("v0 alone", header(format!("t={now},v0={right}")), Malformed),
            (
                "upper-case digits",
                header(format!("t={now},v1={}", right.to_uppercase())),
                Mismatch,
            ),
            (
                "truncated",
                header(format!("t={now},v1={}", &right[..62])),
                Mismatch,
            ),
            ("empty", header(format!("t={now},v1=")), Mismatch),
            (
                "base64",
                header(format!(
                    "t={now},v1=g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
                )),
                Mismatch,
            ),
            (
                "a signature for another time",
                header(format!("t={},v1={right}", now + 1)),
                Mismatch,
            ),
            (
                "17 signatures",
                header(format!("t={now}{}", format!(",v1={right}").repeat(17))),
                TooManySignatures,
            ),
            (
                "10,000 signatures",
                header(format!("t={now}{}", format!(",v1={right}").repeat(10_000))),
                HeaderTooLong,
            ),
            (
                "the secret without whsec_",
                header(format!(
                    "t={now},v1={}",
                    hex_hmac(&STRIPE[6..], format!("{now}.{BODY}").as_bytes())
                )),
                Mismatch,
            ),
        ],
    );
}

#[test]
fn workos() {
    let secrets = secrets::text_keys(&texts(&[SECRET])).unwrap();
    let scheme = Scheme::WorkOs(WorkOs {
        secrets,
        tolerance_seconds: 180,
    });
    let now = NOW_S * 1000;
    let sign = |time: &str| hex_hmac(SECRET, format!("{time}.{BODY}").as_bytes());
    let signed = |time: &str| vec![("workos-signature", format!("t={time}, v1={}", sign(time)))];
    let header = |value: String| vec![("workos-signature", value)];
    let right = sign(&now.to_string());
    for accepted in [now, now - 180_000, now + 180_000] {
        assert!(check(&scheme, &signed(&accepted.to_string()), BODY.as_bytes()).is_ok());
    }
    refused(
        &scheme,
        vec![
            ("no header", vec![], HeaderMissing),
            (
                "a millisecond too old",
                signed(&(now - 180_001).to_string()),
                TooOld,
            ),
            (
                "a millisecond too new",
                signed(&(now + 180_001).to_string()),
                TooNew,
            ),
            ("the time in seconds", signed(&NOW_S.to_string()), TooOld),
            ("a minus", signed(&format!("-{now}")), Malformed),
            (
                "a doubled header",
                header(format!("t={now}, v1={right}, t={now}, v1={right}")),
                Malformed,
            ),
            (
                "two signatures",
                header(format!("t={now}, v1={}, v1={right}", "0".repeat(64))),
                Malformed,
            ),
            (
                "two spaces",
                header(format!("t={now},  v1={right}")),
                Malformed,
            ),
            (
                "upper-case digits",
                header(format!("t={now}, v1={}", right.to_uppercase())),
                Mismatch,
            ),
            ("no version", header(format!("t={now}, {right}")), Malformed),
        ],
    );
}
