//! The callers and their tokens, as they are configured.

use crate::json::object_entries;
use crate::secret::Secret;

/// Somebody who may call, under the name that the audit shows.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The name.
    pub name: String,
    /// The token that proves it.
    pub token: Secret,
}

/// The shortest caller token: 32 characters of base64 hold 192 bits.
pub const MIN_TOKEN_CHARS: usize = 32;

const MAX_TOKEN_CHARS: usize = 512;
const MAX_NAME_CHARS: usize = 64;

/// Whether a text can stand after `Bearer` (RFC 6750 §2.1, `b64token`).
pub fn is_bearer_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let allowed =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    !body.is_empty() && text.len() <= MAX_TOKEN_CHARS && body.bytes().all(allowed)
}

/// Reads `CALLER_TOKENS`. The messages name callers, never tokens.
pub fn parse(json: &str, api_token: Option<&Secret>) -> Result<Vec<Caller>, String> {
    let entries = object_entries::<String>(json)
        .ok_or(r#"must be a JSON object of caller name to token, such as {"support-desk": "…"}"#)?;
    let mut callers: Vec<Caller> = Vec::with_capacity(entries.len());
    for (name, token) in entries {
        check_name(&name)?;
        check_token(&name, &token)?;
        if callers.iter().any(|other| other.name == name) {
            return Err(format!(
                "names {name:?} twice; for a rotation give the new token a name of its own"
            ));
        }
        if let Some(other) = callers.iter().find(|other| other.token.matches(&token)) {
            return Err(format!(
                "gives {name:?} and {:?} the same token: each caller needs its own",
                other.name
            ));
        }
        if api_token.is_some_and(|api_token| api_token.matches(&token)) {
            return Err(format!(
                "gives {name:?} the Cloudflare API token itself: make one with `openssl rand -hex 32`"
            ));
        }
        callers.push(Caller {
            name,
            token: Secret::new(token),
        });
    }
    if callers.is_empty() {
        return Err("has no caller: nobody could use the Worker".to_owned());
    }
    Ok(callers)
}

fn check_name(name: &str) -> Result<(), String> {
    let chars = name.chars().count();
    if chars == 0 || chars > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(format!(
            "has a caller name that is not 1 to {MAX_NAME_CHARS} printable characters"
        ));
    }
    Ok(())
}

fn check_token(name: &str, token: &str) -> Result<(), String> {
    if token.len() < MIN_TOKEN_CHARS {
        return Err(format!(
            "has a token of fewer than {MIN_TOKEN_CHARS} characters for {name:?}: make one with `openssl rand -hex 32`"
        ));
    }
    if !is_bearer_token(token) {
        return Err(format!(
            "has a token for {name:?} with other characters than letters, digits and '-._~+/', or of more than \
             {MAX_TOKEN_CHARS}"
        ));
    }
    Ok(())
}
