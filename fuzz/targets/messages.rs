//! Bodies of messages, answers of the key URL, and configurations.

use std::sync::LazyLock;

use participant_remover::ids::AppId;
use participant_remover::webhooks::presets::PRESETS;
use participant_remover::webhooks::source::Settings;
use participant_remover::webhooks::{
    Decision, Source, SourceState, Sources, Verified, decide, key_answer as answer,
};

use super::{NOW_MS, SECRET, WHSEC, parts, text};

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(all_sources);

/// The number of a source, body.
pub fn mapping(data: &[u8]) -> bool {
    let Some((number, body)) = data.split_first() else {
        return false;
    };
    let source = &SOURCES[usize::from(*number) % SOURCES.len()];
    let verified = Verified::default();
    let decision = decide(source, &verified, body, NOW_MS);
    assert_eq!(decision, decide(source, &verified, body, NOW_MS));
    // A `Value` is no judge: it takes a key of serde_json's own, with which a raw value is marked, for more than a key.
    let is_json = || serde_json::from_slice::<&serde_json::value::RawValue>(body).is_ok();
    match decision {
        Decision::Remove { message, .. } => {
            assert!(message.key.len() <= 270);
            assert!(is_json());
            return true;
        }
        Decision::Quarantine { .. } | Decision::Refused(_) => {
            assert_eq!(source.name, "realtimekit");
        }
        Decision::BadEvent { pointer, .. } => {
            assert_ne!(source.name, "realtimekit");
            assert!(pointer.is_none() || is_json());
        }
        _ => assert!(is_json()),
    }
    false
}

fn all_sources() -> Vec<Source> {
    let secret = |preset: &str| match preset {
        "clerk" | "stytch" | "stripe" => WHSEC,
        _ => SECRET,
    };
    let rules = r#"{"scheme": "github", "rules": [
        {"when": {"/t": ["left", 1]}, "action": "user in meeting", "user": "/u/0", "meeting": "/m"},
        {"when": {"/t": "over"}, "action": "everyone in meeting", "meeting": "/m", "delay_seconds": 9}]}"#;
    let realtimekit = r#"{"organization_id": "org", "participant_left": {"delay_seconds": 9}, "meeting_ended": true}"#;
    let mut sources = vec![
        ready("own", rules, SECRET),
        ready("realtimekit", realtimekit, ""),
    ];
    for preset in &PRESETS {
        let source = format!(r#"{{"preset": "{}"}}"#, preset.name);
        sources.push(ready(preset.name, &source, secret(preset.name)));
    }
    sources
}

fn parse(webhooks: &str, secrets: &str) -> Option<Sources> {
    let apps = [AppId::parse("app").expect("an app")];
    let settings = Settings {
        webhooks: Some(webhooks),
        secrets: Some(secrets),
        key_url: "https://example.com/key.json",
        apps: &apps,
        own_tokens: &[],
    };
    Sources::parse(settings).ok()
}

fn ready(name: &str, source: &str, secret: &str) -> Source {
    let secrets = if secret.is_empty() {
        "{}".to_owned()
    } else {
        format!(r#"{{"{name}": "{secret}"}}"#)
    };
    let sources = parse(&format!(r#"{{"{name}": {source}}}"#), &secrets).expect("sources");
    match sources.get(name) {
        Some(SourceState::Ready(source)) => (**source).clone(),
        other => panic!("{other:?}"),
    }
}

/// The answer of the key URL.
pub fn key_answer(data: &[u8]) -> bool {
    let body = text(data);
    let Ok(key) = answer::parse(200, Some(&body)) else {
        return false;
    };
    assert!((290..=1100).contains(&key.der().len()) && body.len() <= 16 * 1024);
    assert!(answer::parse(302, Some(&body)).is_err());
    true
}

/// `WEBHOOKS`, `WEBHOOK_SECRETS`.
pub fn sources(data: &[u8]) -> bool {
    let Some(parts) = parts(data, 2) else {
        return false;
    };
    let Some(sources) = parse(&text(parts[0]), &text(parts[1])) else {
        return false;
    };
    for problem in sources.problems() {
        assert!(!problem.message.is_empty());
        if problem.name == "WEBHOOK_SECRETS" {
            continue;
        }
        let name = problem.name.strip_prefix("WEBHOOKS.");
        let ready = sources.get(name.expect("the name of a source"));
        assert!(!matches!(ready, Some(SourceState::Ready(_))), "{problem}");
    }
    sources.problems().next().is_none()
}
