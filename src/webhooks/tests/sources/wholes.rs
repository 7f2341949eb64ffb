//! Mistakes in `realtimekit`, in names, and in the configuration as a whole.

use super::*;

#[test]
fn realtimekits_mistakes_are_named() {
    for (source, secrets, shown) in [
        (
            r#"{"preset": "clerk"}"#,
            "{}",
            " has the unknown field `preset`: its fields are scheme,",
        ),
        ("{}", r#"{"realtimekit": "x"}"#, " takes no secret"),
        (
            r#"{"scheme": "token"}"#,
            "{}",
            ".scheme is given by the source's name",
        ),
        (
            r#"{"organization_id": " "}"#,
            "{}",
            ".organization_id must not be empty",
        ),
        (
            r#"{"meeting_ended": true, "organization_id": "o "}"#,
            "{}",
            ".organization_id has leading or trailing whitespace or a control character",
        ),
        (
            r#"{"meeting_ended": true, "organization_id": "\u00a0o"}"#,
            "{}",
            ".organization_id has leading or trailing whitespace or a control character",
        ),
        (
            r#"{"meeting_ended": true, "organization_id": "a\u0000b"}"#,
            "{}",
            ".organization_id has leading or trailing whitespace or a control character",
        ),
        ("{}", "{}", " needs `meeting_ended` or `participant_left`"),
        (
            r#"{"meeting_ended": false, "participant_left": false}"#,
            "{}",
            " needs `meeting_ended` or `participant_left`",
        ),
        (
            r#"{"public_key": "x"}"#,
            "{}",
            " needs `meeting_ended` or `participant_left`",
        ),
        (
            r#"{"meeting_ended": {"delay_seconds": 99999999}}"#,
            "{}",
            ".meeting_ended.delay_seconds must be at most",
        ),
        (
            r#"{"participant_left": {"delay": 5}}"#,
            "{}",
            ".participant_left has the unknown field `delay`: its fields are kick, delay_seconds",
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
fn a_rule_of_realtimekit_that_is_wrong_is_not_said_to_be_missing_as_well() {
    let found = problems(REALTIMEKIT, r#"{"meeting_ended": 5}"#, "{}");
    assert_eq!(found, "WEBHOOKS.realtimekit.meeting_ended must be a table");
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
fn a_name_that_stands_twice_in_a_source_refuses_it_with_its_place() {
    let rule = r#""action": "user everywhere""#;
    for (source, place) in [
        (
            r#"{"preset": "clerk", "preset": "clerk"}"#.to_owned(),
            "preset",
        ),
        (
            format!(
                r#"{{"scheme": "standard-webhooks", "rules": [{{"when": {{"/type": "a"}}, {rule}, "user": "/a"}},
                    {{"when": {{"/type": "a"}}, {rule}, "user": "/a", "us\u0065r": "/b"}}]}}"#
            ),
            "rules.1.user",
        ),
        (
            format!(
                r#"{{"scheme": "standard-webhooks", "rules": [{{"when": {{"/type": "a", "/type": "b"}}, {rule},
                    "user": "/a"}}]}}"#
            ),
            "rules.0.when./type",
        ),
        (
            r#"{"scheme": "realtimekit", "meeting_ended": false, "meeting_ended": true}"#
                .to_owned(),
            "meeting_ended",
        ),
        (
            r#"{"scheme": "realtimekit", "meeting_ended": {"kick": false, "kick": true}}"#
                .to_owned(),
            "meeting_ended.kick",
        ),
        (format!(r#"{{"{WHSEC}": 1, "{WHSEC}": 2}}"#), "…"),
    ] {
        let shown = problems("x", &source, &format!(r#"{{"x": "{WHSEC}"}}"#));
        let expected = format!("WEBHOOKS.x.{place} is given twice: leave one of them out");
        assert_eq!(shown, expected, "{source}");
        let webhooks = format!(r#"{{"clerk": {{"preset": "clerk"}}, "x": {source}}}"#);
        let others = parse(&webhooks, &format!(r#"{{"clerk": "{WHSEC}"}}"#));
        assert!(matches!(others.get("clerk"), Some(SourceState::Ready(_))));
    }
}

#[test]
fn a_source_that_cannot_be_read_leaves_the_others_alone() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for (value, place) in [("1e999", "WEBHOOKS.x.kick"), (&deep, "WEBHOOKS.x.kick")] {
        let webhooks = format!(r#"{{"clerk": {{"preset": "clerk"}}, "x": {{"kick": {value}}}}}"#);
        let sources = parse(&webhooks, &format!(r#"{{"clerk": "{WHSEC}"}}"#));
        assert!(matches!(sources.get("clerk"), Some(SourceState::Ready(_))));
        let shown: Vec<_> = sources.problems().map(ToString::to_string).collect();
        assert!(
            shown.len() == 1
                && shown[0].starts_with(place)
                && shown[0].contains(" cannot be read: "),
            "{shown:?}"
        );
    }
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
    for (webhooks, secrets, named) in [
        (Some("[]"), None, &["WEBHOOKS"][..]),
        (Some("{"), None, &["WEBHOOKS"]),
        (Some("{}"), Some("whsec_x"), &["WEBHOOK_SECRETS"]),
        (None, Some("whsec_x"), &["WEBHOOK_SECRETS"]),
        (Some("{"), Some("whsec_x"), &["WEBHOOKS", "WEBHOOK_SECRETS"]),
    ] {
        let problems = parse(webhooks, secrets).unwrap_err();
        let names: Vec<_> = problems.iter().map(|problem| &problem.name).collect();
        assert_eq!(names, named);
    }
    assert_eq!(parse(None, None).unwrap().problems().count(), 0);
}

#[test]
fn a_secret_without_its_table_is_told_and_nobody_else_is_refused() {
    let sources = parse(
        r#"{"clerk": {"preset": "clerk"}}"#,
        &format!(r#"{{"clerk": "{WHSEC}", "stytch": "{WHSEC}", "no name": "x"}}"#),
    );
    assert!(matches!(sources.get("clerk"), Some(SourceState::Ready(_))));
    assert!(matches!(
        sources.get("stytch"),
        Some(SourceState::Refused(_))
    ));
    let problems: Vec<_> = sources.problems().map(ToString::to_string).collect();
    // The name may in fact be the secret.
    let told = |entry: u32| {
        format!(
            "WEBHOOK_SECRETS has in entry {entry} the secret of a source without a table in wrangler.toml: add the table or \
             remove the secret"
        )
    };
    assert_eq!(problems, [told(2), told(3)]);
}
