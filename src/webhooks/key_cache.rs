//! Which `RealtimeKit` key to try, and when to fetch it again.
//!
//! `RealtimeKit` retries a delivery only after a 5xx; every other status is final. The key can change at any time, and
//! nothing in a message says which key signed it. So two aims conflict: a forgery must not cost a fetch each time, and
//! a message signed with a new key must not be refused for good. The rules:
//!
//! 1. A signature that is valid under a known key needs no fetch.
//! 2. If it is valid under none, the key is fetched, at most once a minute per isolate, whatever arrives. Requests that
//!    arrive during a fetch wait for it.
//! 3. **401** is answered only if the message was checked against the key as fetched *after* the message arrived. What
//!    is invalid then is a forgery.
//! 4. If a fetch is needed but not allowed yet, or fails, the ledger's copy is read if there is no key at all, and
//!    otherwise the answer is **503**. The honest sender retries when a fetch is allowed again, so a rotation loses
//!    nothing, even under a flood that keeps using up the one fetch a minute. A forger learns nothing and gains
//!    nothing: neither answer acts on the message.
//! 5. Anything not even shaped like a signature never gets here and is always a 401 ([`super::realtimekit`]).
//! 6. The previous key stays valid for [`PREVIOUS_KEY_MS`], for messages signed before a rotation and delivered after
//!    it. A rotation because of a leak calls for a pinned key, which this rule does not affect.
//! 7. A pinned key is the only key: 401 at once, and never a fetch.
//!
//! A flood of forgeries therefore costs one fetch a minute per isolate, and nothing in the ledger: the ledger's copy is
//! read only when there is no key, once after each fetch, and written only when a fetched key has verified a message.
//! One ledger keeps the copy for all sources, as they share the keys: whichever gets a message first stores it for all.
//!
//! Everything here is plain data; [`super::realtimekit::verify`] carries out the steps.

use super::key_answer::KeyFetchError;
use super::key_copy::Unstored;
use super::public_key::RsaKey;
use crate::recent::is_recent;

/// The least time between the starts of two fetches, in milliseconds.
pub const FETCH_INTERVAL_MS: u64 = 60_000;

/// How long a fetch may take, in milliseconds; others then stop waiting for it, as they do for the ledger's copy.
pub const FETCH_DEADLINE_MS: u64 = 5_000;

/// How long the previous key stays valid, in milliseconds.
pub const PREVIOUS_KEY_MS: u64 = 3_600_000;

/// Identifies a key within one cache.
pub type Generation = u32;

#[derive(Debug, Clone)]
struct CachedKey {
    generation: Generation,
    key: RsaKey,
}

/// The keys from one place, kept for the life of the isolate.
#[derive(Debug, Clone, Default)]
pub struct KeyCache {
    pinned: bool,
    current: Option<CachedKey>,
    previous: Option<(CachedKey, u64)>,
    /// When the last fetch started.
    last_fetch_ms: Option<u64>,
    /// When the fetch started that returned the current key, for the first time or again.
    confirmed_ms: Option<u64>,
    /// Why the last fetch returned no key, if it did not.
    failure: Option<String>,
    /// Whether the ledger's copy was read since the last fetch started.
    read: bool,
    /// Until when to wait for a fetch or a read that is in progress.
    busy_until_ms: Option<u64>,
    unstored: Unstored,
    last_generation: Generation,
}

/// One message on its way through the steps.
#[derive(Debug, Clone)]
pub struct Attempt {
    arrived_ms: u64,
    tried: Vec<Generation>,
}

/// What to do next with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Check the signature under this key.
    Try(Generation, RsaKey),
    /// Fetch the key: [`KeyCache::fetch_started`], then [`KeyCache::fetch_ended`].
    Fetch,
    /// Read the ledger's copy: [`KeyCache::read_started`], then [`KeyCache::read_ended`].
    Read,
    /// Another request is fetching or reading: wait a little and ask again.
    Wait,
    /// 401: the message is not `RealtimeKit`'s.
    Refuse,
    /// 503: this cannot be decided now; [`KeyCache::retry_later_reason`] says why.
    Later,
}

impl Attempt {
    /// Creates an attempt for a message that arrived at this time.
    #[must_use]
    pub fn new(arrived_ms: u64) -> Self {
        Self {
            arrived_ms,
            tried: Vec::new(),
        }
    }

    /// Notes that the signature is not valid under that key.
    pub fn failed(&mut self, generation: Generation) {
        self.tried.push(generation);
    }
}

impl KeyCache {
    /// Creates a cache that holds one key for good.
    #[must_use]
    pub fn pinned(key: RsaKey) -> Self {
        let mut cache = Self {
            pinned: true,
            ..Self::default()
        };
        cache.adopt(key, 0);
        cache
    }

    /// Returns what to do next with a message.
    #[must_use]
    pub fn next(&self, attempt: &Attempt, now_ms: u64) -> Step {
        if let Some(held) = self.untried(attempt, now_ms) {
            return Step::Try(held.generation, held.key.clone());
        }
        let asked_since = self.confirmed_ms.is_some_and(|at| at >= attempt.arrived_ms);
        if self.pinned || asked_since {
            return Step::Refuse;
        }
        if self.busy_until_ms.is_some_and(|until| now_ms < until) {
            return Step::Wait;
        }
        if !is_recent(self.last_fetch_ms, now_ms, FETCH_INTERVAL_MS) {
            return Step::Fetch;
        }
        if self.current.is_none() && !self.read {
            return Step::Read;
        }
        Step::Later
    }

    /// Returns why this cannot be decided now: a sentence for the log.
    #[must_use]
    pub fn retry_later_reason(&self) -> String {
        match &self.failure {
            Some(why) => format!("no key could be had: {why}"),
            None => "the signature holds under no known key, and the key was fetched less than a minute ago".to_owned(),
        }
    }

    fn untried(&self, attempt: &Attempt, now_ms: u64) -> Option<&CachedKey> {
        let previous = self.previous.as_ref();
        let previous =
            previous.filter(|(_, replaced)| is_recent(Some(*replaced), now_ms, PREVIOUS_KEY_MS));
        let held = self.current.iter().chain(previous.map(|(held, _)| held));
        held.into_iter()
            .find(|held| !attempt.tried.contains(&held.generation))
    }

    /// Notes that a fetch starts.
    pub fn fetch_started(&mut self, now_ms: u64) {
        self.last_fetch_ms = Some(now_ms);
        self.failure = Some("the fetch did not end".to_owned());
        self.read = false;
        self.wait_for(now_ms);
    }

    /// Notes that the last fetch has ended, with a key or without.
    pub fn fetch_ended(&mut self, fetched: Result<RsaKey, KeyFetchError>, now_ms: u64) {
        self.busy_until_ms = None;
        match fetched {
            Ok(key) => {
                self.failure = None;
                self.confirmed_ms = self.last_fetch_ms;
                let before = self.last_generation;
                self.adopt(key, now_ms);
                if self.last_generation != before {
                    self.unstored.fetched(self.last_generation);
                }
            }
            Err(KeyFetchError(why)) => self.failure = Some(why),
        }
    }

    /// Notes that reading the ledger's copy starts.
    pub fn read_started(&mut self, now_ms: u64) {
        self.read = true;
        self.wait_for(now_ms);
    }

    /// Notes that the ledger's copy has been read, if there is one.
    pub fn read_ended(&mut self, copy: Option<RsaKey>, now_ms: u64) {
        self.busy_until_ms = None;
        // A key that was fetched in the meantime is newer.
        if let (None, Some(key)) = (&self.current, copy) {
            self.adopt(key, now_ms);
        }
    }

    fn wait_for(&mut self, now_ms: u64) {
        self.busy_until_ms = Some(now_ms.saturating_add(FETCH_DEADLINE_MS));
    }

    /// Notes that a message was verified under this key. Returns whether the ledger needs a copy of the key now.
    pub fn held(&mut self, generation: Generation, now_ms: u64) -> bool {
        self.unstored.is_due(generation, now_ms)
    }

    /// Notes that the ledger has a copy of that key.
    pub fn stored(&mut self, generation: Generation) {
        self.unstored.stored(generation);
    }

    /// Makes a key the current one, and keeps the one before as the previous.
    fn adopt(&mut self, key: RsaKey, now_ms: u64) {
        if self.current.as_ref().is_some_and(|held| held.key == key) {
            return;
        }
        self.last_generation = self.last_generation.wrapping_add(1);
        let held = CachedKey {
            generation: self.last_generation,
            key,
        };
        let replaced = self.current.replace(held);
        self.previous = replaced.map(|held| (held, now_ms)).or(self.previous.take());
    }
}

#[cfg(test)]
#[path = "tests/key_cache.rs"]
mod tests;
