//! Fixtures for the tests of several files.

use crate::config::{self, Config};
use crate::webhooks::{Source, SourceState};

/// Returns a configuration with two apps and a `RealtimeKit` source.
pub fn served() -> Config {
    served_with(&[])
}

/// Returns the same with some more variables.
pub fn served_with(more: &[(&str, &str)]) -> Config {
    config::parse(&|name| {
        if let Some((_, value)) = more.iter().find(|(own, _)| *own == name) {
            return Some((*value).to_owned());
        }
        Some(match name {
            "CLOUDFLARE_API_TOKEN" => "cf-token".to_owned(),
            "CLOUDFLARE_ACCOUNT_ID" => "account1".to_owned(),
            "REALTIMEKIT_APP_IDS" => "app1,app2".to_owned(),
            "CALLER_TOKENS" => r#"{"a":"0123456789abcdef0123456789abcdef"}"#.to_owned(),
            "WEBHOOKS" => r#"{"realtimekit":{"participant_left":{}}}"#.to_owned(),
            _ => return None,
        })
    })
    .unwrap()
}

/// Returns the source of that configuration.
pub fn source() -> Source {
    match served().webhooks.get("realtimekit") {
        Some(SourceState::Ready(source)) => (**source).clone(),
        other => panic!("{other:?}"),
    }
}
