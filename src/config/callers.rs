//! The callers and their tokens, as configured.

use crate::json::object_entries;
use crate::secret::{MIN_TOKEN_CHARS, Secret};

/// Somebody who may call, with the name that the audit trail shows.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The name.
    pub name: String,
    /// The token that proves it.
    pub token: Secret,
}

const MAX_TOKEN_CHARS: usize = 512;
const MAX_NAME_CHARS: usize = 64;

/// Returns whether a text can follow `Bearer` (RFC 6750 §2.1, `b64token`).
pub fn is_bearer_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let allowed =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    !body.is_empty() && text.len() <= MAX_TOKEN_CHARS && body.bytes().all(allowed)
}

/// Parses `CALLER_TOKENS`. The messages number the entries and quote nothing: if the two were swapped, the name is the
/// token.
pub fn parse(json: &str, api_token: Option<&Secret>) -> Result<Vec<Caller>, String> {
    let entries = object_entries::<String>(json)
        .ok_or(r#"must be a JSON object of caller name to token, such as {"support-desk": "…"}"#)?;
    let mut callers: Vec<Caller> = Vec::with_capacity(entries.len());
    for (entry, (name, token)) in (1..).zip(entries) {
        check_name(entry, &name)?;
        check_token(entry, &token)?;
        if callers.iter().any(|other| other.name == name) {
            return Err(format!(
                "repeats an earlier name in entry {entry}: to rotate a token, give the new one a name of its own"
            ));
        }
        if callers.iter().any(|other| other.token.matches(&token)) {
            return Err(format!(
                "repeats an earlier token in entry {entry}: each caller needs its own"
            ));
        }
        if api_token.is_some_and(|api_token| api_token.matches(&token)) {
            return Err(format!(
                "has in entry {entry} the Cloudflare API token itself: make one with `openssl rand -hex 32`"
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

fn check_name(entry: u32, name: &str) -> Result<(), String> {
    let chars = name.chars().count();
    if chars == 0 || chars > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(format!(
            "has in entry {entry} a caller name that is not 1 to {MAX_NAME_CHARS} printable characters"
        ));
    }
    Ok(())
}

fn check_token(entry: u32, token: &str) -> Result<(), String> {
    if token.len() < MIN_TOKEN_CHARS {
        return Err(format!(
            "has in entry {entry} a token of fewer than {MIN_TOKEN_CHARS} characters (it is name first, then token): make \
             one with `openssl rand -hex 32`"
        ));
    }
    if !is_bearer_token(token) {
        return Err(format!(
            "has in entry {entry} a token with characters other than letters, digits and '-._~+/', or of more than \
             {MAX_TOKEN_CHARS}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, token: &str) -> Result<Vec<Caller>, String> {
        let json = serde_json::json!({ name: token });
        parse(&json.to_string(), None)
    }

    #[test]
    fn a_name_has_64_printable_characters_at_most() {
        let token = "0123456789abcdef".repeat(2);
        assert!(read(&"é".repeat(64), &token).is_ok());
        for wrong in ["", &"é".repeat(65), "a\nb"] {
            let message = read(wrong, &token).unwrap_err();
            assert!(message.contains("1 to 64 printable"), "{message}");
        }
    }

    #[test]
    fn a_token_has_32_to_512_characters_of_those_that_stand_behind_bearer() {
        for right in [
            "-._~+/09AZaz".repeat(3),
            "a".repeat(512),
            "a".repeat(31) + "=",
        ] {
            assert!(read("a", &right).is_ok(), "{right}");
        }
        for wrong in [
            "a".repeat(31),
            "a".repeat(513),
            "=".repeat(32),
            format!("a={}", "a".repeat(32)),
        ] {
            assert!(read("a", &wrong).is_err(), "{wrong}");
        }
    }
}
