//! Mistakes in the fields of a source.

use super::*;

/// Checks rows of a source's fields, and what is shown about them.
fn shown_of(source: impl Fn(&str) -> String, secret: &str, rows: &[(&str, &str)]) {
    let secrets = format!(r#"{{"x": "{secret}"}}"#);
    for (fields, shown) in rows {
        let found = problems("x", &source(fields), &secrets);
        assert!(found.contains(shown), "{fields}\n{found}");
    }
}

#[test]
fn every_mistake_about_presets_and_schemes_is_named() {
    let many = format!(r#""scheme": "stripe", "rules": [{}]"#, ["{}"; 17].join(","));
    let rows = [
        (
            "",
            "WEBHOOKS.x needs `preset`, one of clerk, stytch, workos, auth0, supabase, stripe; or",
        ),
        (
            r#""preset": "clark""#,
            "WEBHOOKS.x.preset is unknown: a source needs `preset`, one of",
        ),
        (
            r#""preset": "clerk", "scheme": "stripe""#,
            "WEBHOOKS.x.preset brings its own scheme",
        ),
        (
            r#""preset": "clerk", "presett": "x""#,
            "WEBHOOKS.x has the unknown field `presett`: its fields are preset, scheme,",
        ),
        (
            r#""preset": "clerk", "whsec_MDEyMzQ1": "x""#,
            "WEBHOOKS.x has the unknown field `…`: its fields are",
        ),
        (
            r#""scheme": "hmac""#,
            "WEBHOOKS.x.scheme must be one of standard-webhooks, stripe",
        ),
        (r#""scheme": "realtimekit""#, "WEBHOOKS.x takes no secret"),
        (
            r#""scheme": "standard-webhooks""#,
            "WEBHOOKS.x.rules is missing",
        ),
        (
            r#""scheme": "standard-webhooks", "rules": []"#,
            "WEBHOOKS.x.rules must be 1 to 16",
        ),
        (&many, "WEBHOOKS.x.rules must be 1 to 16"),
    ];
    shown_of(|fields| format!("{{{fields}}}"), WHSEC, &rows);
    shown_of(
        |_| r#""clerk""#.to_owned(),
        WHSEC,
        &[("", "WEBHOOKS.x must be a table")],
    );
}

#[test]
fn no_mistake_shows_a_value() {
    let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    for source in [
        format!(r#""{secret}""#),
        format!(r#"["{secret}"]"#),
        format!(r#"{{"preset": "clerk", "kick": "{secret}"}}"#),
        format!(r#"{{"preset": "clerk", "delay_seconds": "{secret}"}}"#),
        format!(r#"{{"preset": "clerk", "rules": "{secret}"}}"#),
        format!(r#"{{"scheme": "github", "rules": ["{secret}"]}}"#),
        format!(r#"{{"preset": {{"clerk": "{secret}"}}}}"#),
        format!(r#"{{"preset": "{secret}"}}"#),
        format!(r#"{{"scheme": "{secret}"}}"#),
        format!(r#"{{"preset": "clerk", "user": "{secret}"}}"#),
        format!(r#"{{"preset": "clerk", "app_id": "{secret}"}}"#),
    ] {
        for name in ["x", REALTIMEKIT, secret] {
            let found = problems(name, &source, "{}");
            assert!(!found.contains("C2FV"), "{source}\n{found}");
        }
    }
    let twice = format!(r#"{{"{secret}": {{}}, "{secret}": {{}}}}"#);
    let sources = parse(&twice, "{}");
    let shown: Vec<_> = sources.problems().map(|problem| &problem.name).collect();
    assert_eq!(shown, ["WEBHOOKS.…"]);
}

#[test]
fn every_mistake_in_what_a_source_changes_is_named() {
    let rows = [
        (r#""public_key": "x""#, "unknown field `public_key`"),
        (r#""kick": "yes""#, "WEBHOOKS.x.kick must be true or false"),
        (r#""user": 5"#, "WEBHOOKS.x.user must be a string"),
        (
            r#""kick": "yes", "user": 5"#,
            "WEBHOOKS.x.user must be a string\nWEBHOOKS.x.kick must be true or false",
        ),
        (
            r#""user": 5, "app_id": 5"#,
            "WEBHOOKS.x.app_id must be a string\nWEBHOOKS.x.user must be a string",
        ),
        (
            r#""delay_seconds": -1"#,
            "WEBHOOKS.x.delay_seconds must be a whole number that is not negative",
        ),
        (
            r#""delay_seconds": 2592001"#,
            "WEBHOOKS.x.delay_seconds must be at most 2592000",
        ),
        (
            r#""tolerance_seconds": 0"#,
            "WEBHOOKS.x.tolerance_seconds must be from 1 to 3600",
        ),
        (
            r#""tolerance_seconds": 3601"#,
            "WEBHOOKS.x.tolerance_seconds must be from 1 to 3600",
        ),
        (
            r#""header": "x-y""#,
            "WEBHOOKS.x.header is for the schemes github and token",
        ),
        (
            r#""app_id": "three""#,
            "WEBHOOKS.x.app_id must be one of REALTIMEKIT_APP_IDS",
        ),
        (
            r#""user": "data.id""#,
            "WEBHOOKS.x.user must be a JSON pointer",
        ),
        (
            r#""message_id": "/a~b""#,
            "WEBHOOKS.x.message_id is no JSON pointer",
        ),
        (
            r#""user": "/u", "rules": []"#,
            "WEBHOOKS.x.rules replace a preset's rule",
        ),
    ];
    shown_of(
        |fields| format!(r#"{{"preset": "clerk", {fields}}}"#),
        WHSEC,
        &rows,
    );
    let rows = [
        (
            r#""tolerance_seconds": 60"#,
            "WEBHOOKS.x.tolerance_seconds is for schemes that sign",
        ),
        (
            r#""header": "x y""#,
            "WEBHOOKS.x.header must be a header's name",
        ),
        (
            r#""header": """#,
            "WEBHOOKS.x.header must be a header's name",
        ),
    ];
    shown_of(
        |fields| format!(r#"{{"preset": "auth0", {fields}}}"#),
        TOKEN,
        &rows,
    );
}

#[test]
fn a_source_that_says_nothing_is_told_once_what_it_needs() {
    let shown = problems("x", "{}", &format!(r#"{{"x": "{WHSEC}"}}"#));
    assert_eq!(shown.lines().count(), 1, "{shown}");
}

#[test]
fn a_pointer_that_is_none_is_not_said_to_be_missing_as_well() {
    let secrets = format!(r#"{{"x": "{WHSEC}"}}"#);
    let shown = problems("x", r#"{"preset": "clerk", "user": "data.id"}"#, &secrets);
    assert_eq!(shown.lines().count(), 1, "{shown}");
    assert!(shown.starts_with("WEBHOOKS.x.user must be"), "{shown}");
}

#[test]
fn every_mistake_in_a_rule_is_named() {
    let rule = |rule: &str| format!(r#"{{"scheme": "token", "rules": [{{{rule}}}]}}"#);
    let rows = [
        (
            r#""action": "delete""#,
            "WEBHOOKS.x.rules.0.action must be \"user everywhere\",",
        ),
        (
            r#""action": "user everywhere""#,
            "takes a pointer `user` and no `meeting`",
        ),
        (
            r#""action": "user everywhere", "user": "/u", "meeting": "/m""#,
            "no `meeting`",
        ),
        (
            r#""action": "user in meeting", "user": "/u""#,
            "the pointers `user` and `meeting`",
        ),
        (
            r#""action": "everyone in meeting", "meeting": "/m", "user": "/u""#,
            "and no `user`",
        ),
        (
            r#""action": "user everywhere", "user": "/u", "dry_run": true"#,
            "unknown field `dry_run`",
        ),
        (
            r#""action": "user everywhere", "user": "u""#,
            "WEBHOOKS.x.rules.0.user must be a JSON",
        ),
        (
            r#""user": "/u""#,
            "WEBHOOKS.x.rules.0.action must be \"user everywhere\",",
        ),
    ];
    shown_of(
        |fields| rule(&format!(r#""when": {{"/type": "a"}}, {fields}"#)),
        TOKEN,
        &rows,
    );
    let many = when_of(17);
    let rows = [
        ("{}", "WEBHOOKS.x.rules.0.when must name 1 to 16 places"),
        (&many, "WEBHOOKS.x.rules.0.when must name 1 to 16 places"),
        (r#"{"type": "a"}"#, "\"type\" must be a JSON pointer"),
        (r#"{"/type": []}"#, "\"/type\" must have a text"),
        (r#"{"/type": {"a": 1}}"#, "\"/type\" must have a text"),
        (r#"{"/type": null}"#, "\"/type\" must have a text"),
    ];
    let when = |when: &str| {
        rule(&format!(
            r#""when": {when}, "action": "user everywhere", "user": "/u""#
        ))
    };
    shown_of(when, TOKEN, &rows);
}
