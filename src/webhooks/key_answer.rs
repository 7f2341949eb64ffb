//! The answer of `REALTIMEKIT_WEBHOOK_KEY_URL`, before anything is believed of it.

use serde::Deserialize;

use super::public_key::RsaKey;

/// Where `RealtimeKit` publishes its key (<https://docs.realtime.cloudflare.com/guides/capabilities/webhooks>).
pub const DEFAULT_KEY_URL: &str = "https://api.realtime.cloudflare.com/.well-known/webhooks.json";

/// The longest answer that is read, in bytes. The real one has some 600.
pub const MAX_KEY_ANSWER_BYTES: usize = 16 * 1024;

/// Why there is no key: a sentence for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoKey(pub String);

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

/// Reads the answer. The caller follows no redirect and reads no more than [`MAX_KEY_ANSWER_BYTES`]; a body that was
/// longer is `None`.
pub fn parse(status: u16, body: Option<&str>) -> Result<RsaKey, NoKey> {
    let wrong = |what: &str| NoKey(format!("the key URL answered {what}"));
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
