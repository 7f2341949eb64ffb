//! Attacks on `github` and `token`.

use super::*;

#[test]
fn github() {
    let secrets = secrets::text_keys(&texts(&[SECRET])).unwrap();
    let header = "x-hub-signature-256";
    let scheme = Scheme::GitHub(GitHub {
        secrets,
        header: header.to_owned(),
    });
    let right = hex_hmac(SECRET, BODY.as_bytes());
    let with = |value: String| vec![(header, value)];
    assert!(check(&scheme, &with(format!("sha256={right}")), BODY.as_bytes()).is_ok());
    refused(
        &scheme,
        vec![
            ("no header", vec![], HeaderMissing),
            (
                "the header of SHA-1",
                vec![("x-hub-signature", format!("sha256={right}"))],
                HeaderMissing,
            ),
            ("no algorithm", with(right.clone()), Malformed),
            (
                "another algorithm",
                with(format!("sha1={right}")),
                Malformed,
            ),
            (
                "the algorithm in upper case",
                with(format!("SHA256={right}")),
                Malformed,
            ),
            ("an empty signature", with("sha256=".to_owned()), Mismatch),
            (
                "upper-case digits",
                with(format!("sha256={}", right.to_uppercase())),
                Mismatch,
            ),
            (
                "truncated",
                with(format!("sha256={}", &right[..32])),
                Mismatch,
            ),
            (
                "a doubled header",
                with(format!("sha256={right}, sha256={right}")),
                Mismatch,
            ),
            (
                "two algorithms",
                with(format!("sha256=sha256={right}")),
                Mismatch,
            ),
            (
                "another secret's",
                with(format!("sha256={}", hex_hmac("x", BODY.as_bytes()))),
                Mismatch,
            ),
        ],
    );
}

#[test]
fn a_token_may_be_the_whole_value_of_the_header() {
    for whole in [format!("Bearer {SECRET}"), format!("Basic {SECRET}")] {
        let scheme = Scheme::Token(Token {
            secrets: secrets::tokens(&texts(&[&whole])).unwrap(),
            header: "authorization".to_owned(),
        });
        assert!(check(&scheme, &[("authorization", whole)], b"").is_ok());
    }
}

#[test]
fn token() {
    let other = "fedcba9876543210fedcba9876543210";
    // A token that is listed twice, in the middle of a rotation, say, is as good as one.
    let secrets = secrets::tokens(&texts(&[SECRET, other, SECRET])).unwrap();
    let scheme = |header: &str| {
        Scheme::Token(Token {
            secrets: secrets.clone(),
            header: header.to_owned(),
        })
    };
    let authorization = |value: &str| vec![("authorization", value.to_owned())];
    for accepted in [SECRET, other] {
        let headers = authorization(&format!("Bearer {accepted}"));
        assert!(check(&scheme("authorization"), &headers, b"").is_ok());
        let headers = [("x-token", accepted.to_owned())];
        assert!(check(&scheme("x-token"), &headers, b"").is_ok());
    }
    refused(
        &scheme("authorization"),
        vec![
            ("no header", vec![], HeaderMissing),
            ("an empty token", authorization("Bearer "), Mismatch),
            ("Basic", authorization(&format!("Basic {SECRET}")), Mismatch),
            (
                "Bearer twice",
                authorization(&format!("Bearer Bearer {SECRET}")),
                Mismatch,
            ),
            (
                "a prefix",
                authorization(&format!("Bearer {}", &SECRET[..31])),
                Mismatch,
            ),
            (
                "another case",
                authorization(&format!("Bearer {}", SECRET.to_uppercase())),
                Mismatch,
            ),
            (
                "a doubled header",
                authorization(&format!("Bearer {SECRET}, Bearer {SECRET}")),
                Mismatch,
            ),
            (
                "both tokens at once",
                authorization(&format!("Bearer {SECRET}{other}")),
                Mismatch,
            ),
            (
                "a tab",
                authorization(&format!("Bearer\t{SECRET}")),
                Mismatch,
            ),
            ("8 KiB", authorization(&"a".repeat(8 * 1024)), Mismatch),
            (
                "8 KiB and a byte",
                authorization(&"a".repeat(8 * 1024 + 1)),
                HeaderTooLong,
            ),
        ],
    );
    let bearer = vec![("x-token", format!("Bearer {SECRET}"))];
    refused(
        &scheme("x-token"),
        vec![("Bearer in another header", bearer, Mismatch)],
    );
}
