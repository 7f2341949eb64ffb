//! Which `RealtimeKit` key the ledger has no copy of, and when to store one.

use super::key_cache::Generation;
use crate::recent::is_recent;

/// The least time between two attempts to store a key in the ledger, in milliseconds.
const STORE_INTERVAL_MS: u64 = 60_000;

/// The fetched key that the ledger has no copy of, if there is one.
#[derive(Debug, Clone, Default)]
pub(super) struct Unstored(Option<Fetched>);

#[derive(Debug, Clone)]
struct Fetched {
    generation: Generation,
    /// When storing it was last attempted.
    tried_ms: Option<u64>,
}

impl Unstored {
    /// Notes that a key was fetched that differs from the one before.
    pub(super) fn fetched(&mut self, generation: Generation) {
        self.0 = Some(Fetched {
            generation,
            tried_ms: None,
        });
    }

    /// Returns whether to store that key, now that it has verified a message: only the key that was fetched last,
    /// repeatedly until the ledger has it, and at most once every [`STORE_INTERVAL_MS`].
    pub(super) fn is_due(&mut self, generation: Generation, now_ms: u64) -> bool {
        let Some(fetched) = &mut self.0 else {
            return false;
        };
        if fetched.generation != generation
            || is_recent(fetched.tried_ms, now_ms, STORE_INTERVAL_MS)
        {
            return false;
        }
        fetched.tried_ms = Some(now_ms);
        true
    }

    /// Notes that the ledger has a copy of that key.
    pub(super) fn stored(&mut self, generation: Generation) {
        self.0.take_if(|fetched| fetched.generation == generation);
    }
}
