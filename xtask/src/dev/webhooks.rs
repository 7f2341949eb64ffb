//! Webhooks during development: a source for each sender that `cargo xtask webhook` can imitate, and `RealtimeKit`'s
//! own, whose webhooks the stand-in sends.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use super::token;

/// Returns the signing secret of this clone, shared by all sources. Every scheme accepts it: `whsec_` is followed by 48
/// hexadecimal digits, which are also the base64 of 36 bytes.
pub fn secret(state: &Path) -> Result<String> {
    let digits = token::of_this_clone(&state.join("dev-webhook-secret"))?;
    Ok(format!("whsec_{digits}"))
}

/// Returns `WEBHOOKS` and `WEBHOOK_SECRETS`.
pub fn settings(secret: &str) -> (Value, Value) {
    let rule = |place: &str, event: &str, user: &str| json!([{"when": {place: event}, "action": "user everywhere", "user": user}]);
    let sources = json!({
        // A short delay, to make it easy to see somebody come back in time, or not.
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
