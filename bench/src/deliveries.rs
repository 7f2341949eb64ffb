//! The webhooks to send: signed the way Clerk signs them, each with a different id and user.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use anyhow::{Result, anyhow};
use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request};
use sha2::Sha256;

use crate::configuration::WEBHOOK_SECRET;

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Returns the next webhook.
pub fn next() -> Result<Request<Full<Bytes>>> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let id = format!("msg_{number:012}");
    let seconds = now.as_secs();
    let body = format!(
        r#"{{"data":{{"deleted":true,"id":"user_{number:012}","object":"user"}},"object":"event","timestamp":{seconds},"type":"user.deleted"}}"#
    );
    let key = Base64::decode_vec(WEBHOOK_SECRET).map_err(|error| anyhow!("{error}"))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key)?;
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    let signature = Base64::encode_string(&mac.finalize().into_bytes());
    Ok(Request::builder()
        .method(Method::POST)
        .uri("/webhooks/clerk")
        .header("host", "participant-remover.example")
        .header("content-type", "application/json")
        .header("svix-id", id)
        .header("svix-timestamp", seconds)
        .header("svix-signature", format!("v1,{signature}"))
        .body(Full::new(Bytes::from(body)))?)
}
