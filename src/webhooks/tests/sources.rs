//! The configuration of sources: what is accepted, and how everything else is reported.

mod accepted;
mod mistakes;
mod secret_mistakes;
mod wholes;

use crate::ids::AppId;
use crate::webhooks::presets::PRESETS;
use crate::webhooks::realtimekit::KeySetting;
use crate::webhooks::rules::{Action, RealtimeKitRule};
use crate::webhooks::source::{REALTIMEKIT, Settings};
use crate::webhooks::tests::signers::{RsaSigner, pem, whpk};
use crate::webhooks::{Scheme, Sender, Source, SourceState, Sources};

const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

const KEY_URL: &str = "https://example.com/key.json";

fn apps() -> Vec<AppId> {
    ["one", "two"].map(|app| AppId::parse(app).unwrap()).into()
}

pub fn parse(webhooks: &str, secrets: &str) -> Sources {
    let apps = apps();
    Sources::parse(Settings {
        webhooks: Some(webhooks),
        secrets: Some(secrets),
        key_url: KEY_URL,
        apps: &apps,
        own_tokens: &[],
    })
    .unwrap()
}

/// Returns the only source of a configuration, which must be ready.
pub fn ready(name: &str, source: &str, secret: &str) -> Source {
    let sources = parse(
        &format!("{{\"{name}\": {source}}}"),
        &format!("{{\"{name}\": {secret}}}"),
    );
    match sources.get(name) {
        Some(SourceState::Ready(source)) => (**source).clone(),
        other => panic!("{other:?}"),
    }
}

pub fn ready_realtimekit(source: &str) -> Source {
    match parse(&format!("{{\"realtimekit\": {source}}}"), "{}").get(REALTIMEKIT) {
        Some(SourceState::Ready(source)) => (**source).clone(),
        other => panic!("{other:?}"),
    }
}

/// Returns that many conditions.
fn when_of(places: usize) -> String {
    let places: Vec<_> = (0..places).map(|at| format!(r#""/{at}": "a""#)).collect();
    format!("{{{}}}", places.join(","))
}

/// Returns the problems of the source `name`, as they are shown.
fn problems(name: &str, source: &str, secrets: &str) -> String {
    let sources = parse(&format!("{{\"{name}\": {source}}}"), secrets);
    assert!(
        matches!(sources.get(name), Some(SourceState::Refused(_))),
        "{source} {secrets}"
    );
    let shown: Vec<_> = sources.problems().map(ToString::to_string).collect();
    shown.join("\n")
}
