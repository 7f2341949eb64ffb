//! The answer from `REALTIMEKIT_WEBHOOK_KEY_URL`, and what must hold before it is trusted.

use serde::Deserialize;

use super::public_key::RsaKey;

/// Where `RealtimeKit` publishes its key (<https://docs.realtime.cloudflare.com/guides/capabilities/webhooks>).
pub const DEFAULT_KEY_URL: &str = "https://api.realtime.cloudflare.com/.well-known/webhooks.json";

/// The longest answer that is read, in bytes. The real one is about 600.
pub const MAX_KEY_ANSWER_BYTES: usize = 16 * 1024;

/// Why there is no key: a sentence for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFetchError(pub String);

#[derive(Deserialize)]
struct Answer {
    success: bool,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "publicKey")]
    public_key: String,
}

/// Parses the answer. The caller must not follow redirects or read more than [`MAX_KEY_ANSWER_BYTES`]; the body is
/// `None` if it was longer.
pub fn parse(status: u16, body: Option<&str>) -> Result<RsaKey, KeyFetchError> {
    let wrong = |what: &str| KeyFetchError(format!("the key URL answered {what}"));
    if status != 200 {
        return Err(wrong(&format!("with status {status}")));
    }
    let body = body.filter(|body| body.len() <= MAX_KEY_ANSWER_BYTES);
    let body = body.ok_or_else(|| wrong("with more than 16 KiB"))?;
    let answer: Answer =
        serde_json::from_str(body).map_err(|_| wrong("with JSON of another form"))?;
    let data = answer.data.filter(|_| answer.success);
    let data = data.ok_or_else(|| wrong("without success"))?;
    RsaKey::from_pem(&data.public_key).map_err(|rule| wrong(&format!("with a key that {rule}")))
}
