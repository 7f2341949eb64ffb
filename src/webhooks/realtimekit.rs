//! `realtimekit`: `rtk-signature`, RSA PKCS#1 v1.5 with SHA-256 over the raw body, in base64.
//!
//! No time and no id is signed: the same body under a fresh `rtk-uuid` is a replay, which the ledger's deduplication by
//! the digest of the body absorbs.

use std::cell::RefCell;

use base64ct::{Base64, Encoding};

use super::headers::{self, Headers};
use super::key_answer::NoKey;
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
    /// The name of the ledger's note with the key, in base64 of its DER: what another URL gave is no copy of this one's.
    #[must_use]
    pub fn note(&self) -> String {
        let url = match self {
            Self::Url(url) => url.as_str(),
            Self::Pinned(_) => "",
        };
        format!("realtimekit.webhook_key {url}")
    }
}

/// Gets and keeps keys, and tells the time.
pub trait KeySource {
    /// Fetches the key, within [`super::key_cache::FETCH_DEADLINE_MS`], following no redirect.
    fn fetch(&self) -> impl Future<Output = Result<RsaKey, NoKey>>;
    /// The ledger's copy.
    fn stored(&self) -> impl Future<Output = Option<RsaKey>>;
    /// Keeps a key that was fetched and has verified a message. Whether it is kept now.
    fn store(&self, key: &RsaKey) -> impl Future<Output = bool>;
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64;
    /// Waits some 20 milliseconds for what another request has begun.
    fn pause(&self) -> impl Future<Output = ()>;
}

/// Verifies a message, with the steps that [`KeyCache`] decides.
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
                    // Another key may do, or the one that is published next.
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
            Step::Later => return Err(Rejection::Unavailable(cache.borrow().why_later())),
        }
    }
}

/// Has the ledger get a copy of the key that has verified a message, where it lacks one.
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

/// The bytes of the signature that the header claims. What is not as long as that of any key that is allowed is refused
/// without looking further.
pub fn claim(headers: Headers<'_>) -> Result<Vec<u8>, Refused> {
    let header = headers::required(headers, SIGNATURE_HEADER)?;
    let signature = Base64::decode_vec(&header).map_err(|_| Refused::Malformed)?;
    if MODULUS_BYTES.contains(&signature.len()) {
        Ok(signature)
    } else {
        Err(Refused::Malformed)
    }
}
