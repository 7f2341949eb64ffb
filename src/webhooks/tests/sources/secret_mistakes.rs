//! Mistakes in secrets. No message shows any part of one.

use super::*;

fn shown_of(preset: &str, secrets: &str, shown: &str) {
    let found = problems("x", &format!(r#"{{"preset": "{preset}"}}"#), secrets);
    assert!(found.contains(shown), "{preset} {secrets}\n{found}");
    for part in ["MfKQ9r8", "0123456789abcde", "6Xb/dCc"] {
        assert!(!found.contains(part), "a problem shows a secret: {found}");
    }
}

fn text(secret: &str) -> String {
    format!(r#"{{"x": "{secret}"}}"#)
}

#[test]
fn a_source_without_its_secret_is_named() {
    let many = format!(
        r#"{{"x": [{}]}}"#,
        vec![format!("\"{WHSEC}\""); 9].join(",")
    );
    for (secrets, shown) in [
        ("{}", "WEBHOOKS.x has no secret: set WEBHOOK_SECRETS"),
        (
            r#"{"y": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}"#,
            "has no secret",
        ),
        (r#"{"x": []}"#, "has no secret"),
        (r#"{"x": 5}"#, "must have a text or a list of texts"),
        (r#"{"x": [5]}"#, "must have a text or a list of texts"),
        (
            r#"{"x": "a", "x": "b"}"#,
            "is given twice in WEBHOOK_SECRETS",
        ),
        (&many, "more than 8 secrets"),
    ] {
        shown_of("clerk", secrets, shown);
    }
}

#[test]
fn a_secret_of_standard_webhooks_is_24_to_75_bytes_in_base64() {
    let long = format!("whsec_{}", "AAAA".repeat(26));
    let private = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
    for (secret, shown) in [
        ("", "without whsec_"),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "without whsec_"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "not base64"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!", "not base64"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa==", "not base64"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLQ==", "too short: 24"),
        ("whsec_", "too short"),
        (&long, "too long"),
        ("whpk_AAAA", "whpk_ key that is not 32 bytes"),
        (private, "whsk_ key, the sender's private one"),
    ] {
        shown_of("clerk", &text(secret), shown);
    }
}

#[test]
fn a_secret_that_is_used_as_text_is_long_enough_and_of_the_right_kind() {
    let public = whpk();
    for (preset, secret, shown) in [
        (
            "stripe",
            &public[..],
            "public key (whpk_) where a secret belongs",
        ),
        (
            "workos",
            &public,
            "public key (whpk_) where a secret belongs",
        ),
        (
            "auth0",
            &public,
            "public key (whpk_) where a secret belongs",
        ),
        ("stripe", "sk_live_0123456789abcdef", "not an API key"),
        ("stripe", "whsec_012345678", "fewer than 16 characters"),
        ("workos", "0123456789abcde", "fewer than 16 characters"),
        (
            "auth0",
            "0123456789abcdef0123456789abcde",
            "fewer than 32 characters",
        ),
        ("workos", "0123456789abcdef\\n", "control character"),
        (
            "supabase",
            "0123456789abcdef0123456789abcdefé",
            "a character that no header can hold",
        ),
        (
            "auth0",
            " 0123456789abcdef0123456789abcdef",
            "leading or trailing whitespace",
        ),
    ] {
        shown_of(preset, &text(secret), shown);
    }
}
