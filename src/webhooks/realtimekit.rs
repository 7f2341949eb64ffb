//! `realtimekit`: `rtk-signature`, RSA PKCS#1 v1.5 with SHA-256 over the raw body, in base64.
//!
//! Neither a time nor an id is signed: the same body under a fresh `rtk-uuid` is a replay, which the ledger absorbs by
//! deduplicating on the digest of the body.

use std::cell::RefCell;

use base64ct::{Base64, Encoding};

use super::headers::{self, Headers};
use super::key_answer::KeyFetchError;
use super::key_cache::{Attempt, Generation, KeyCache, Step};
use super::public_key::{MODULUS_BYTES, PublicKey, PublicKeyVerifier, RsaKey};
use super::verification::{Refused, Rejection, Verified};

const SIGNATURE_HEADER: &str = "rtk-signature";

/// Where the key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySetting {
    /// `public_key` of the source.
    Pinned(RsaKey),
    /// `REALTIMEKIT_WEBHOOK_KEY_URL`
    Url(String),
}

impl KeySetting {
    /// Returns the name of the ledger's note that holds the key, in base64 of its DER. Each URL has its own: a key from
    /// another URL is not a copy of this one's.
    #[must_use]
    pub fn note(&self) -> String {
        let url = match self {
            Self::Url(url) => url.as_str(),
            Self::Pinned(_) => "",
        };
        format!("realtimekit.webhook_key {url}")
    }
}

/// Fetches and stores keys, and tells the time.
pub trait KeySource {
    /// Fetches the key, within [`super::key_cache::FETCH_DEADLINE_MS`], without following redirects.
    fn fetch(&self) -> impl Future<Output = Result<RsaKey, KeyFetchError>>;
    /// Reads the ledger's copy, if there is one.
    fn stored(&self) -> impl Future<Output = Option<RsaKey>>;
    /// Stores a key that was fetched and has verified a message. Returns whether it is stored now.
    fn store(&self, key: &RsaKey) -> impl Future<Output = bool>;
    /// Returns the current time in milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64;
    /// Waits about 20 milliseconds for what another request has started.
    fn pause(&self) -> impl Future<Output = ()>;
}

/// Verifies a message, following the steps that [`KeyCache`] decides on.
pub async fn verify<V: PublicKeyVerifier, K: KeySource>(
    cache: &RefCell<KeyCache>,
    keys: &K,
    signature: &[u8],
    body: &[u8],
    verifier: &V,
) -> Result<Verified, Rejection> {
    let mut attempt = Attempt::new(keys.now_ms());
    let mut unusable = None;
    loop {
        // The borrow ends here: other requests of the isolate run during every `.await` below.
        let step = cache.borrow().next(&attempt, keys.now_ms());
        match step {
            Step::Try(generation, key) => {
                let public_key = PublicKey::Rsa(key.clone());
                match verifier.holds(&public_key, signature, body).await {
                    Ok(true) => {
                        keep(cache, keys, generation, &key).await;
                        return Ok(Verified::default());
                    }
                    Ok(false) => attempt.failed(generation),
                    // Another key may work, or the next one published.
                    Err(error) => {
                        attempt.failed(generation);
                        unusable = Some(error.0);
                    }
                }
            }
            Step::Fetch => {
                cache.borrow_mut().fetch_started(keys.now_ms());
                let fetched = keys.fetch().await;
                cache.borrow_mut().fetch_ended(fetched, keys.now_ms());
            }
            Step::Read => {
                cache.borrow_mut().read_started(keys.now_ms());
                let copy = keys.stored().await;
                cache.borrow_mut().read_ended(copy, keys.now_ms());
            }
            Step::Wait => keys.pause().await,
            Step::Refuse => {
                let refused = Rejection::from(Refused::Mismatch);
                return Err(unusable.map_or(refused, Rejection::Unavailable));
            }
            Step::Later => return Err(Rejection::Unavailable(cache.borrow().retry_later_reason())),
        }
    }
}

/// Stores the key that has verified a message in the ledger, if a copy is due there.
async fn keep<K: KeySource>(
    cache: &RefCell<KeyCache>,
    keys: &K,
    generation: Generation,
    key: &RsaKey,
) {
    let lacks = cache.borrow_mut().held(generation, keys.now_ms());
    if lacks && keys.store(key).await {
        cache.borrow_mut().stored(generation);
    }
}

/// Returns the bytes of the signature that the header claims. A length that no allowed key produces is refused.
pub fn claim(headers: Headers<'_>) -> Result<Vec<u8>, Refused> {
    let header = headers::required(headers, SIGNATURE_HEADER)?;
    let signature = Base64::decode_vec(&header).map_err(|_| Refused::Malformed)?;
    if MODULUS_BYTES.contains(&signature.len()) {
        Ok(signature)
    } else {
        Err(Refused::Malformed)
    }
}
