//! How repeats are recognised: keys, and the result of the request or message that first brought each.

use super::Ledger;
use super::acceptance::Acceptance;
use super::id::RemovalId;
use super::store::{Store, StoreError};
use crate::digest::BODY_KEY;
use crate::values;

/// The prefix of webhooks' scopes; a caller may use any key.
const WEBHOOK: &str = "webhook:";
/// How long the key of a body, or of a message that led to no removal, is remembered, in milliseconds. The others live
/// as long as their removal.
pub(super) const KEY_MS: u64 = 7 * 24 * 60 * 60 * 1000;

/// Identifies repeats of a request: a caller's `Idempotency-Key`, or the message id of a webhook source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Whose key it is, such as `caller:support-desk` or `webhook:clerk`: others may use the same key.
    pub scope: String,
    /// The key.
    pub key: String,
    /// The digest of the body: the same key with a different body is a conflict.
    pub digest: String,
}

impl<S: Store> Ledger<S> {
    /// Returns the result of an earlier request with the same key.
    pub fn replay(&self, key: Option<&Key>, now: u64) -> Result<Option<Acceptance>, StoreError> {
        let Some(key) = key else { return Ok(None) };
        if key.scope.starts_with(WEBHOOK) && key.key.starts_with(BODY_KEY) {
            // After that long, the same body without an id means that the same thing has happened again.
            self.store.execute(
                "DELETE FROM keys WHERE scope = ?1 AND key = ?2 AND created_at < ?3",
                &values![
                    key.scope.as_str(),
                    key.key.as_str(),
                    now.saturating_sub(KEY_MS)
                ],
            )?;
        }
        let rows = self.store.run(
            "SELECT digest, removal FROM keys WHERE scope = ?1 AND key = ?2",
            &values![key.scope.as_str(), key.key.as_str()],
        )?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        if row.text(0)? != key.digest {
            return Ok(Some(Acceptance::Conflict));
        }
        if row.text(1)?.is_empty() {
            return Ok(Some(Acceptance::Ignored));
        }
        RemovalId::stored(row.text(1)?).map(|id| Some(Acceptance::Replayed(id)))
    }

    /// Remembers a message that led to no removal: a repeat must not create one after things have changed.
    pub fn remember_ignored(&self, key: &Key, now: u64) -> Result<(), StoreError> {
        self.insert_key(key, "", now)
    }

    pub(super) fn remember_key(
        &self,
        key: Option<&Key>,
        id: &RemovalId,
        now: u64,
    ) -> Result<(), StoreError> {
        key.map_or(Ok(()), |key| self.insert_key(key, id.as_str(), now))
    }

    fn insert_key(&self, key: &Key, removal: &str, now: u64) -> Result<(), StoreError> {
        self.store.execute(
            "INSERT INTO keys (scope, key, digest, removal, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            &values![
                key.scope.as_str(),
                key.key.as_str(),
                key.digest.as_str(),
                removal,
                now
            ],
        )
    }
}
