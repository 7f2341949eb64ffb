//! Configurations that are accepted.

use super::*;

fn secret_for(preset: &str) -> String {
    match preset {
        "clerk" | "stytch" | "stripe" => format!("\"{WHSEC}\""),
        _ => format!("\"{TOKEN}\""),
    }
}

#[test]
fn every_preset_is_one_line_and_a_secret() {
    for preset in &PRESETS {
        let text = format!(r#"{{"preset": "{}"}}"#, preset.name);
        let source = ready(preset.name, &text, &secret_for(preset.name));
        assert_eq!(source.app.as_str(), "one");
        let Sender::Signed {
            scheme,
            rules,
            message_id,
        } = source.sender
        else {
            panic!()
        };
        let name = match scheme {
            Scheme::StandardWebhooks(_) => "standard-webhooks",
            Scheme::Stripe(_) => "stripe",
            Scheme::WorkOs(_) => "workos",
            Scheme::GitHub(_) => "github",
            Scheme::Token(_) => "token",
        };
        assert_eq!(name, preset.scheme.as_str());
        assert_eq!(
            message_id.map(|at| at.to_string()).as_deref(),
            preset.message_id
        );
        assert!(rules.len() == 1 && rules[0].kick && rules[0].delay_seconds == 0);
        let Action::UserEverywhere { user } = &rules[0].action else {
            panic!()
        };
        assert_eq!(user.to_string(), preset.user);
    }
}

#[test]
fn a_preset_can_be_changed_and_rules_replace_it() {
    let changed = r#"{"preset": "stripe", "user": "/data/object/metadata/user_id", "kick": false,
        "delay_seconds": 60, "app_id": "two", "tolerance_seconds": 600}"#;
    let source = ready("billing", changed, &secret_for("stripe"));
    assert_eq!(source.app.as_str(), "two");
    let Sender::Signed {
        scheme: Scheme::Stripe(stripe),
        rules,
        ..
    } = source.sender
    else {
        panic!()
    };
    assert_eq!(stripe.tolerance_seconds, 600);
    assert!(!rules[0].kick && rules[0].delay_seconds == 60);
    let own = r#"{"preset": "stripe", "rules": [{"when": {"/type": ["a", "b"], "/livemode": true},
        "action": "user in meeting", "user": "/u", "meeting": "/m"}]}"#;
    let Sender::Signed { rules, .. } = ready("billing", own, &secret_for("stripe")).sender else {
        panic!()
    };
    assert!(rules.len() == 1 && rules[0].when.len() == 2);
    assert!(matches!(rules[0].action, Action::UserInMeeting { .. }));
}

#[test]
fn a_source_may_have_as_much_of_everything_as_its_rules_say() {
    let rule = format!(
        r#"{{"when": {}, "action": "user everywhere", "user": "/u", "delay_seconds": 2592000}}"#,
        when_of(16)
    );
    let rules = vec![rule; 16].join(",");
    let text = format!(r#"{{"scheme": "stripe", "tolerance_seconds": 3600, "rules": [{rules}]}}"#);
    let secrets = vec![secret_for("stripe"); 8].join(",");
    let source = ready(&"a".repeat(32), &text, &format!("[{secrets}]"));
    let Sender::Signed { rules, .. } = source.sender else {
        panic!()
    };
    assert!(rules.len() == 16 && rules[15].when.len() == 16);
}

#[test]
fn a_list_of_secrets_is_a_rotation() {
    let secrets = format!(
        r#"["{WHSEC}", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "{}"]"#,
        whpk()
    );
    let source = ready("clerk", r#"{"preset": "clerk"}"#, &secrets);
    let Sender::Signed {
        scheme: Scheme::StandardWebhooks(scheme),
        ..
    } = source.sender
    else {
        panic!()
    };
    assert!(scheme.secrets.len() == 2 && scheme.public_keys.len() == 1);
}

#[test]
fn a_header_is_the_schemes_own_or_another_one_in_lower_case() {
    let rules = r#""rules": [{"when": {"/a": 1}, "action": "user everywhere", "user": "/u"}]"#;
    let longest = "X_-9".repeat(16);
    for (scheme, own, header) in [
        ("github", None, "x-hub-signature-256"),
        ("token", None, "authorization"),
        ("github", Some("X-Mine"), "x-mine"),
        ("token", Some(&longest[..]), &longest.to_lowercase()),
    ] {
        let own = own.map_or_else(String::new, |own| format!(r#""header": "{own}","#));
        let text = format!(r#"{{"scheme": "{scheme}", {own} {rules}}}"#);
        let found = match ready("x", &text, &secret_for(scheme)).sender {
            Sender::Signed {
                scheme: Scheme::GitHub(github),
                ..
            } => ("github", github.header),
            Sender::Signed {
                scheme: Scheme::Token(token),
                ..
            } => ("token", token.header),
            other => panic!("{other:?}"),
        };
        assert_eq!(found, (scheme, header.to_owned()));
    }
}

#[test]
fn realtimekit_does_only_what_it_is_told_to() {
    let left = ready_realtimekit(r#"{"participant_left": true}"#);
    let Sender::RealtimeKit(settings) = left.sender else {
        panic!()
    };
    assert_eq!(settings.meeting_ended, None);
    assert_eq!(settings.key, KeySetting::Url(KEY_URL.to_owned()));
    let text = r#"{"participant_left": {"delay_seconds": 300}, "meeting_ended": true, "organization_id": "o"}"#;
    let Sender::RealtimeKit(settings) = ready_realtimekit(text).sender else {
        panic!()
    };
    let rule = |delay_seconds| {
        Some(RealtimeKitRule {
            kick: false,
            delay_seconds,
        })
    };
    assert_eq!(
        (settings.participant_left, settings.meeting_ended),
        (rule(300), rule(0))
    );
    assert_eq!(settings.organization_id.as_deref(), Some("o"));
}

#[test]
fn a_further_source_of_realtimekit_is_one_by_its_scheme() {
    let text = r#"{"second": {"scheme": "realtimekit", "app_id": "two", "meeting_ended": true}}"#;
    let sources = parse(text, "{}");
    let Some(SourceState::Ready(second)) = sources.get("second") else {
        panic!()
    };
    assert_eq!(second.app.as_str(), "two");
    assert!(matches!(second.sender, Sender::RealtimeKit(_)));
}

/// Returns the DER of a 1,024-bit key.
fn rsa_1024() -> Vec<u8> {
    let algorithm = [
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0,
    ];
    [
        &[0x30, 0x81, 0x9f][..],
        &algorithm,
        &[0x03, 0x81, 0x8d, 0, 0x30, 0x81, 0x89],
        &[0x02, 0x81, 0x81, 0, 0x80],
        &[1; 127],
        &[0x02, 3, 1, 0, 1],
    ]
    .concat()
}

#[test]
fn a_pinned_key_is_an_rsa_key() {
    let key = RsaSigner::a();
    let pinned = |pem: &str| {
        format!(
            r#"{{"meeting_ended": true, "public_key": {}}}"#,
            serde_json::to_string(pem).unwrap()
        )
    };
    let right = pem("PUBLIC KEY", &key.public_der());
    let Sender::RealtimeKit(settings) = ready_realtimekit(&pinned(&right)).sender else {
        panic!()
    };
    assert_eq!(settings.key, KeySetting::Pinned(key.public()));
    let ed25519 = [
        &[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..],
        &[7; 32],
    ]
    .concat();
    // Also RSA, but for another kind of signature: id-RSASSA-PSS (RFC 4055 §3.1).
    let mut pss = key.public_der();
    pss[16] = 0x0a;
    let longer = [&key.public_der()[..], &[0]].concat();
    for (wrong, rule) in [
        (pem("CERTIFICATE", &key.public_der()), "must be PEM"),
        (
            pem("RSA PUBLIC KEY", &key.public_der()[24..]),
            "must be PEM",
        ),
        (pem("PUBLIC KEY", &ed25519), "another kind"),
        (pem("PUBLIC KEY", &pss), "another kind"),
        (pem("PUBLIC KEY", &key.public_der()[..200]), "is damaged"),
        (pem("PUBLIC KEY", &longer), "is damaged"),
        (pem("PUBLIC KEY", &rsa_1024()), "2048 to 8192 bits"),
        (right.replacen("MII", "M!I", 1), "not base64"),
        (String::new(), "must be PEM"),
    ] {
        let shown = problems(REALTIMEKIT, &pinned(&wrong), "{}");
        assert!(
            shown.starts_with("WEBHOOKS.realtimekit.public_key") && shown.contains(rule),
            "{shown}"
        );
    }
}
