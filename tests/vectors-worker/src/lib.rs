//! Runs published test vectors through the Worker's own signature checks, in the runtime. None of this is deployed.
//!
//! Built for `wasm32-unknown-unknown`, bound with `wasm-bindgen --target web --out-dir pkg`, served by `worker.mjs`.

use std::fmt::Write;

use participant_remover::digest::hex;
use participant_remover::runtime::webcrypto::WebCrypto;
use participant_remover::webhooks::hmac::{HmacKey, any_matches};
use participant_remover::webhooks::public_key::{PublicKey, PublicKeyVerifier, RsaKey};
use wasm_bindgen::prelude::wasm_bindgen;

/// Returns whether a signature is valid. An error means that the Worker refuses the key.
#[wasm_bindgen]
pub async fn check(
    algorithm: String,
    key: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
) -> Result<bool, String> {
    let key = match algorithm.as_str() {
        "HMAC-SHA256" => return hmac(&key, &message, &signature),
        "Ed25519" => PublicKey::Ed25519(key.try_into().map_err(|_| "32 bytes")?),
        "RSA" => PublicKey::Rsa(RsaKey::from_der(key)?),
        _ => return Err(format!("unknown algorithm {algorithm}")),
    };
    let holds = WebCrypto.holds(&key, &signature, &message).await;
    holds.map_err(|error| error.0)
}

fn hmac(key: &[u8], message: &[u8], signature: &[u8]) -> Result<bool, String> {
    let key = HmacKey::new(key).ok_or("no HMAC key")?;
    let candidate = signature.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    Ok(any_matches(&[key], &[message], hex, &[candidate]))
}
