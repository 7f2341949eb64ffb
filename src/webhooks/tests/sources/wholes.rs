//! Mistakes in `realtimekit`, in names, and in the whole.

use super::*;

#[test]
fn realtimekits_mistakes_are_named() {
    for (source, secrets, shown) in [
        (
            r#"{"preset": "clerk"}"#,
            "{}",
            " cannot be read: unknown field `preset`",
        ),
        ("{}", r#"{"realtimekit": "x"}"#, " takes no secret"),
        (
            r#"{"organization_id": " "}"#,
            "{}",
            ".organization_id must not be empty",
        ),
        (
            r#"{"meeting_ended": {"delay_seconds": 99999999}}"#,
            "{}",
            ".meeting_ended.delay_seconds must be at most",
        ),
        (
            r#"{"participant_left": {"delay": 5}}"#,
            "{}",
            ".participant_left cannot be read: unknown field `delay`",
        ),
        (
            r#"{"participant_left": 5}"#,
            "{}",
            ".participant_left must be a table",
        ),
        (
            r#"{"app_id": "three"}"#,
            "{}",
            ".app_id must be one of REALTIMEKIT_APP_IDS",
        ),
    ] {
        let found = problems(REALTIMEKIT, source, secrets);
        let shown = format!("WEBHOOKS.realtimekit{shown}");
        assert!(found.contains(&shown), "{source}\n{found}");
    }
}

#[test]
fn names_stand_in_a_path() {
    let long = "a".repeat(33);
    for name in ["", "Clerk", "a/b", "a.b", "a_b", "é", &long] {
        let secrets = format!(r#"{{"{name}": "{WHSEC}"}}"#);
        let found = problems(name, r#"{"preset": "clerk"}"#, &secrets);
        assert!(found.contains("must be named with 1 to 32"), "{found}");
    }
}

#[test]
fn one_refused_source_leaves_the_others_alone() {
    let webhooks = r#"{"clerk": {"preset": "clerk"}, "auth0": {"preset": "auth0"},
        "b": {"preset": "clerk"}, "b": {}}"#;
    let sources = parse(
        webhooks,
        &format!(r#"{{"clerk": "{WHSEC}", "b": "{WHSEC}"}}"#),
    );
    assert!(matches!(sources.get("clerk"), Some(SourceState::Ready(_))));
    assert!(matches!(
        sources.get("auth0"),
        Some(SourceState::Refused(_))
    ));
    assert!(matches!(sources.get("b"), Some(SourceState::Refused(_))));
    assert!(sources.get("stripe").is_none() && sources.problems().count() == 2);
}

#[test]
fn a_whole_that_is_no_object_is_named_and_none_is_no_mistake() {
    let apps = apps();
    let parse = |webhooks, secrets| {
        let key_url = KEY_URL;
        Sources::parse(Settings {
            webhooks,
            secrets,
            key_url,
            apps: &apps,
            own_tokens: &[],
        })
    };
    for (webhooks, secrets, name) in [
        (Some("[]"), None, "WEBHOOKS"),
        (Some("{"), None, "WEBHOOKS"),
        (Some("{}"), Some("whsec_x"), "WEBHOOK_SECRETS"),
        (None, Some("whsec_x"), "WEBHOOK_SECRETS"),
    ] {
        assert_eq!(parse(webhooks, secrets).unwrap_err().name, name);
    }
    assert_eq!(parse(None, None).unwrap().problems().count(), 0);
}
