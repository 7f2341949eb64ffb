mod variables;

use std::collections::BTreeMap;

use super::*;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

pub fn complete() -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("CLOUDFLARE_API_TOKEN", "cf-api-token_0123456789".to_owned()),
        (
            "CLOUDFLARE_ACCOUNT_ID",
            "023e105f4ecef8ad9ca31a8372d0c353".to_owned(),
        ),
        ("REALTIMEKIT_APP_IDS", "app-one, app_two".to_owned()),
        ("CALLER_TOKENS", format!(r#"{{"support":"{TOKEN}"}}"#)),
    ])
}

fn parse_map(map: &BTreeMap<&'static str, String>) -> Result<Config, Vec<ConfigProblem>> {
    parse(&|name| map.get(name).cloned())
}

fn problem_with(name: &'static str, value: &str) -> String {
    let mut map = complete();
    map.insert(name, value.to_owned());
    let problems = parse_map(&map).expect_err(value);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].name, name);
    problems[0].message.clone()
}

#[test]
fn what_is_complete_is_accepted() {
    let config = parse_map(&complete()).unwrap();
    assert_eq!(config.base_url, DEFAULT_BASE_URL);
    assert_eq!(config.default_app.as_str(), "app-one");
    assert!(
        config.serves(&AppId::parse("app_two").unwrap())
            && !config.serves(&AppId::parse("x").unwrap())
    );
    assert_eq!(config.callers[0].name, "support");
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let problems = parse(&|_| None).unwrap_err();
    let names: Vec<_> = problems
        .iter()
        .map(|problem| problem.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "CLOUDFLARE_API_TOKEN",
            "CLOUDFLARE_ACCOUNT_ID",
            "REALTIMEKIT_APP_IDS",
            "CALLER_TOKENS"
        ]
    );
}

#[test]
fn what_is_wrong_with_webhooks_is_named_beside_everything_else() {
    let mut map = complete();
    map.insert("WEBHOOK_SECRETS", "{oops".to_owned());
    map.insert("REALTIMEKIT_WEBHOOK_KEY_URL", "nope".to_owned());
    let named = |map: &BTreeMap<_, _>| -> Vec<String> {
        let problems = parse_map(map).unwrap_err().into_iter();
        problems.map(|problem| problem.name).collect()
    };
    let whole = ["REALTIMEKIT_WEBHOOK_KEY_URL", "WEBHOOK_SECRETS"];
    assert_eq!(named(&map), whole);
    map.insert("REALTIMEKIT_APP_IDS", "a b".to_owned());
    assert_eq!(named(&map)[1..], whole);
    let mut map = complete();
    map.insert("REALTIMEKIT_APP_IDS", "a b".to_owned());
    let table = r#"{"clerk": {"preset": "clerk", "app_id": "a", "presett": 1}}"#;
    map.insert("WEBHOOKS", table.to_owned());
    // An unknown field, and no secret.
    assert_eq!(
        named(&map),
        ["REALTIMEKIT_APP_IDS", "WEBHOOKS.clerk", "WEBHOOKS.clerk"]
    );
    let mut map = complete();
    map.insert("CLOUDFLARE_ACCOUNT_ID", "-".to_owned());
    map.insert("WEBHOOKS", r#"{"clerk": {"preset": "clerk"}}"#.to_owned());
    assert_eq!(named(&map), ["CLOUDFLARE_ACCOUNT_ID", "WEBHOOKS.clerk"]);
}

#[test]
fn an_empty_value_counts_as_missing() {
    for name in [
        "CLOUDFLARE_API_TOKEN",
        "CLOUDFLARE_ACCOUNT_ID",
        "REALTIMEKIT_APP_IDS",
        "CALLER_TOKENS",
    ] {
        assert!(problem_with(name, "  ").contains("is missing"), "{name}");
    }
}

#[test]
fn what_is_malformed_is_refused_by_name() {
    for (name, value) in [
        ("CLOUDFLARE_API_BASE_URL", "http://api.cloudflare.com"),
        ("CLOUDFLARE_API_TOKEN", "two words"),
        ("CLOUDFLARE_API_TOKEN", "line\nbreak"),
        ("CLOUDFLARE_ACCOUNT_ID", "../x"),
        ("REALTIMEKIT_APP_IDS", "a,,b"),
        ("REALTIMEKIT_APP_IDS", "a/b"),
        ("API_REQUESTS_PER_5_MINUTES", "0"),
        ("API_REQUESTS_PER_5_MINUTES", "1e3"),
        ("API_REQUESTS_PER_5_MINUTES", "+500"),
        ("SYNCHRONOUS_SHARE_PERCENT", "91"),
        ("LEDGER_RETENTION_DAYS", "-1"),
        ("LEDGER_RETENTION_DAYS", "6"),
        ("GIVE_UP_AFTER_HOURS", "0"),
        ("RECORD_SYNCHRONOUS_REMOVALS", "yes"),
        ("REALTIMEKIT_WEBHOOK_KEY_URL", "http://example.com/key.json"),
        ("WEBHOOKS", "clerk"),
        ("CALLER_TOKENS", "{}"),
        ("CALLER_TOKENS", "[]"),
        ("CALLER_TOKENS", "not json"),
        ("CALLER_TOKENS", r#"{"a": 5}"#),
        ("CALLER_TOKENS", r#"{"a": "short"}"#),
        (
            "CALLER_TOKENS",
            r#"{"": "0123456789abcdef0123456789abcdef"}"#,
        ),
        // Name and token swapped.
        (
            "CALLER_TOKENS",
            r#"{"0123456789abcdef0123456789abcdef": "backend"}"#,
        ),
        (
            "CALLER_TOKENS",
            r#"{"a": "0123456789abcdef 0123456789abcdef"}"#,
        ),
        (
            "CALLER_TOKENS",
            r#"{"a": "0123456789abcdef0123456789abcdef", "b": "0123456789abcdef0123456789abcdef"}"#,
        ),
        (
            "CALLER_TOKENS",
            r#"{"a": "0123456789abcdef0123456789abcdef", "a": "1123456789abcdef0123456789abcdef"}"#,
        ),
    ] {
        let message = problem_with(name, value);
        assert!(
            !message.contains("0123456789abcdef"),
            "a problem shows a value: {message}"
        );
    }
}

#[test]
fn a_caller_never_holds_the_api_token() {
    let mut map = complete();
    map.insert("CLOUDFLARE_API_TOKEN", TOKEN.to_owned());
    assert!(
        parse_map(&map).unwrap_err()[0]
            .message
            .contains("the Cloudflare API token itself")
    );
}

#[test]
fn a_webhook_source_never_holds_a_token_of_ours() {
    const API_TOKEN: &str = "whsec_cf-api-token-0123456789abcdef";
    let mut map = complete();
    map.insert("CLOUDFLARE_API_TOKEN", API_TOKEN.to_owned());
    let rules = r#""rules": [{"when": {"/a": 1}, "action": "user everywhere", "user": "/u"}]"#;
    for (source, secrets, whose) in [
        (
            r#""preset": "auth0""#,
            format!(r#""{API_TOKEN}""#),
            "the Cloudflare API token itself",
        ),
        (
            r#""preset": "auth0""#,
            format!(r#""Bearer {API_TOKEN}""#),
            "the Cloudflare API token itself",
        ),
        (
            r#""preset": "supabase""#,
            format!(r#"["fedcba9876543210fedcba9876543210", "{TOKEN}"]"#),
            "a caller's token",
        ),
        (
            r#""preset": "workos""#,
            format!(r#""{TOKEN}""#),
            "a caller's token",
        ),
        (
            r#""preset": "clerk""#,
            format!(r#""{API_TOKEN}""#),
            "the Cloudflare API token itself",
        ),
        (
            r#""preset": "stripe""#,
            format!(r#""{API_TOKEN}""#),
            "the Cloudflare API token itself",
        ),
        (
            &format!(r#""scheme": "github", {rules}"#),
            format!(r#""{API_TOKEN}""#),
            "the Cloudflare API token itself",
        ),
    ] {
        map.insert("WEBHOOKS", format!(r#"{{"x": {{{source}}}}}"#));
        map.insert("WEBHOOK_SECRETS", format!(r#"{{"x": {secrets}}}"#));
        let config = parse_map(&map).unwrap();
        let shown: Vec<_> = config
            .webhooks
            .problems()
            .map(ToString::to_string)
            .collect();
        let expected = format!("WEBHOOKS.x has {whose} as a secret in WEBHOOK_SECRETS");
        assert!(
            shown.len() == 1 && shown[0].starts_with(&expected) && shown[0].contains("openssl"),
            "{source}: {shown:?}"
        );
        assert!(!shown[0].contains("0123456789abcdef"), "{shown:?}");
    }
}

#[test]
fn a_configuration_shows_no_secret() {
    let shown = format!("{:?}", parse_map(&complete()).unwrap());
    assert!(
        !shown.contains(TOKEN) && !shown.contains("cf-api-token"),
        "{shown}"
    );
}

#[test]
fn a_refused_webhook_source_does_not_refuse_the_worker() {
    let mut map = complete();
    map.insert(
        "WEBHOOKS",
        r#"{"clerk": {"preset": "clerk"}, "realtimekit": {"meeting_ended": true}}"#.to_owned(),
    );
    let config = parse_map(&map).unwrap();
    let problems: Vec<_> = config.webhooks.problems().collect();
    assert!(problems.len() == 1 && problems[0].name == "WEBHOOKS.clerk");
    assert!(matches!(
        config.webhooks.get("realtimekit"),
        Some(crate::webhooks::SourceState::Ready(_))
    ));
}

#[test]
fn secrets_of_webhooks_are_a_json_object() {
    let mut map = complete();
    map.insert("WEBHOOKS", r#"{"clerk": {"preset": "clerk"}}"#.to_owned());
    map.insert(
        "WEBHOOK_SECRETS",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(),
    );
    let problems = parse_map(&map).unwrap_err();
    assert_eq!(problems[0].name, "WEBHOOK_SECRETS");
    assert!(!problems[0].message.contains("MfKQ"));
}

#[test]
fn a_limit_that_leaves_an_app_nothing_is_refused() {
    let message = problem_with("API_REQUESTS_PER_5_MINUTES", "1");
    assert!(message.contains("REALTIMEKIT_APP_IDS"), "{message}");
    let mut map = complete();
    map.insert("API_REQUESTS_PER_5_MINUTES", "2".to_owned());
    assert_eq!(parse_map(&map).unwrap().requests_per_5_minutes, 2);
}
