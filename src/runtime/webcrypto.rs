//! Checks public-key signatures with the runtime's `WebCrypto`.

use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto, WorkerGlobalScope};

use super::js_error;
use crate::webhooks::public_key::{PublicKey, PublicKeyVerifier, VerifyError};

/// RFC 8032 §5.1.6
const ED25519_SIGNATURE_BYTES: usize = 64;

/// Checks signatures with `crypto.subtle`.
#[derive(Debug, Clone, Copy)]
pub struct WebCrypto;

impl PublicKeyVerifier for WebCrypto {
    async fn holds(
        &self,
        key: &PublicKey,
        signature: &[u8],
        message: &[u8],
    ) -> Result<bool, VerifyError> {
        // The runtime throws for an Ed25519 signature of any other length, as if the error were ours.
        if matches!(key, PublicKey::Ed25519(_)) && signature.len() != ED25519_SIGNATURE_BYTES {
            return Ok(false);
        }
        let result = holds(key, signature, message).await;
        result.map_err(|error| {
            let name = js_error::name(&error).unwrap_or_default();
            VerifyError(format!("WebCrypto cannot use the key: {name}"))
        })
    }
}

async fn holds(key: &PublicKey, signature: &[u8], message: &[u8]) -> Result<bool, JsValue> {
    let subtle = subtle()?;
    let algorithm = algorithm(key)?;
    let key = import(&subtle, &algorithm, key).await?;
    let promise = subtle.verify_with_object_and_js_u8_array_and_js_u8_array(
        &algorithm,
        &key,
        &Uint8Array::from(signature),
        &Uint8Array::from(message),
    )?;
    Ok(JsFuture::from(promise).await?.is_truthy())
}

fn subtle() -> Result<SubtleCrypto, JsValue> {
    let scope = js_sys::global().unchecked_into::<WorkerGlobalScope>();
    Ok(scope.crypto()?.subtle())
}

fn algorithm(key: &PublicKey) -> Result<Object, JsValue> {
    let algorithm = Object::new();
    let name = match key {
        PublicKey::Ed25519(_) => "Ed25519",
        PublicKey::Rsa(_) => "RSASSA-PKCS1-v1_5",
    };
    Reflect::set(&algorithm, &"name".into(), &name.into())?;
    if let PublicKey::Rsa(_) = key {
        Reflect::set(&algorithm, &"hash".into(), &"SHA-256".into())?;
    }
    Ok(algorithm)
}

async fn import(
    subtle: &SubtleCrypto,
    algorithm: &Object,
    key: &PublicKey,
) -> Result<CryptoKey, JsValue> {
    let (format, bytes) = match key {
        PublicKey::Ed25519(raw) => ("raw", raw.as_slice()),
        PublicKey::Rsa(key) => ("spki", key.der()),
    };
    let bytes = Uint8Array::from(bytes);
    let usages = js_sys::Array::of1(&"verify".into());
    let promise = subtle.import_key_with_object(format, &bytes, algorithm, false, &usages)?;
    JsFuture::from(promise).await?.dyn_into()
}
