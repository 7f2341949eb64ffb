//! Webhooks while developing: a source for each sender that `cargo xtask webhook` can play, and `RealtimeKit`'s own,
//! which the stand-in sends.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use super::token;

/// The signing secret of this clone, which all sources share. Every scheme takes it: after `whsec_` stand 48
/// hexadecimal digits, which are base64 of 36 bytes as well.
pub fn secret(state: &Path) -> Result<String> {
    let digits = token::of_this_clone(&state.join("dev-webhook-secret"))?;
    Ok(format!("whsec_{digits}"))
}

/// `WEBHOOKS` and `WEBHOOK_SECRETS`.
pub fn settings(secret: &str) -> (Value, Value) {
    let rule = |place: &str, event: &str, user: &str| json!([{"when": {place: event}, "action": "user everywhere", "user": user}]);
    let sources = json!({
        // A short delay, so that one sees somebody come back in time, and somebody not.
        "realtimekit": {"meeting_ended": true, "participant_left": {"delay_seconds": 10}},
        "clerk": {"preset": "clerk"},
        "stytch": {"preset": "stytch"},
        "workos": {"preset": "workos"},
        "auth0": {"preset": "auth0"},
        "supabase": {"preset": "supabase"},
        "stripe": {"preset": "stripe"},
        "standard": {"scheme": "standard-webhooks", "rules": rule("/type", "user.deleted", "/data/id")},
        "github": {"scheme": "github", "rules": rule("/action", "member_removed", "/membership/user/login")},
        "token": {"scheme": "token", "message_id": "/id", "rules": rule("/event", "user.deleted", "/user/id")},
    });
    let names = sources
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name);
    let secrets = names
        .filter(|name| *name != "realtimekit")
        .map(|name| (name.clone(), json!(secret)));
    let secrets = Value::Object(secrets.collect());
    (sources, secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_but_realtimekit_has_the_secret() {
        let (sources, secrets) = settings("whsec_0");
        let (sources, secrets) = (sources.as_object().unwrap(), secrets.as_object().unwrap());
        assert_eq!(sources.len(), secrets.len() + 1);
        assert!(!secrets.contains_key("realtimekit"));
        for (name, secret) in secrets {
            assert!(sources.contains_key(name) && secret == "whsec_0", "{name}");
        }
    }
}
