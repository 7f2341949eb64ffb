//! The stand-in's own RSA key, generated at start and never stored.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::{RsaPrivateKey, RsaPublicKey};

/// A 2048-bit key pair.
pub(crate) struct WebhookKey {
    signing: SigningKey<Sha256>,
    public_pem: String,
}

impl WebhookKey {
    /// Generates a key on a blocking thread; this takes up to a good part of a second.
    pub(crate) async fn generate() -> Result<Self, String> {
        let made = tokio::task::spawn_blocking(Self::generate_here).await;
        let made = made.map_err(|error| format!("cannot make a webhook key: {error}"))?;
        made.map_err(|error| format!("cannot make a webhook key: {error}"))
    }

    fn generate_here() -> Result<Self, rsa::pkcs8::spki::Error> {
        let private = RsaPrivateKey::new(&mut OsRng, 2048)
            .map_err(|_| rsa::pkcs8::spki::Error::KeyMalformed)?;
        let public = RsaPublicKey::from(&private);
        let public_pem = public.to_public_key_pem(LineEnding::LF)?;
        Ok(Self {
            signing: SigningKey::new(private),
            public_pem,
        })
    }

    pub(crate) fn public_pem(&self) -> &str {
        &self.public_pem
    }

    /// Signs a body: base64 of RSA-SHA256 with PKCS#1 v1.5, as in `rtk-signature`.
    pub(crate) fn sign(&self, body: &[u8]) -> String {
        STANDARD.encode(self.signing.sign(body).to_bytes())
    }
}

impl fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookKey(..)")
    }
}
