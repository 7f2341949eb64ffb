//! What is kept: events that were not understood, finished removals until they expire, and small notes such as a
//! webhook's public key.

use super::Ledger;
use super::acceptance::Acceptance;
use super::id::RemovalId;
use super::keys::{KEY_MS, Key};
use super::state::RemovalState;
use super::store::{Store, StoreError, count};
use crate::realtimekit::Clock;
use crate::values;

/// How long expired rows stay at most, in milliseconds: what expires within an hour is purged by one alarm.
pub(super) const GATHERED_MS: u64 = 60 * 60 * 1000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// How many removals are purged at a time.
const PURGE_AT_ONCE: u64 = 200;
/// Deletes keys of messages that led to no removal: those created before `?1`, at most `?2`.
const IGNORED: &str =
    "DELETE FROM keys WHERE (scope, key) IN (SELECT scope, key FROM keys INDEXED BY keys_by_removal
        WHERE removal = '' AND created_at < ?1 LIMIT ?2)
     RETURNING 1";

/// A signed event that cannot be acted on.
#[derive(Debug, Clone)]
pub struct Quarantined<'a> {
    /// `webhook:` followed by the source's name.
    pub source: &'a str,
    /// The event's name and what could not be understood about it. Never the body: it may hold names.
    pub problem: &'a str,
    /// Identifies a repeat.
    pub key: Option<&'a Key>,
}

impl<S: Store> Ledger<S> {
    /// Keeps a signed event that could not be understood, so that somebody can look at it.
    pub fn quarantine(
        &self,
        event: &Quarantined<'_>,
        clock: &impl Clock,
    ) -> Result<Acceptance, StoreError> {
        let now = clock.now_ms();
        self.store.transaction(|| {
            if let Some(earlier) = self.replay(event.key, now)? {
                return Ok(earlier);
            }
            let id = RemovalId::new(now, || clock.random());
            self.store.execute(
                "INSERT INTO removals (id, state, source, kick, dry_run, targets, accepted_at, finished_at, last_error)
                 VALUES (?1, ?2, ?3, 0, 0, 0, ?4, ?4, ?5)",
                &values![
                    id.as_str(),
                    RemovalState::Quarantined.as_str(),
                    event.source,
                    now,
                    event.problem,
                ],
            )?;
            self.remember_key(event.key, &id, now)?;
            Ok(Acceptance::Accepted(id))
        })
    }

    /// Returns when a removal that finished at that time is purged at the latest.
    pub(super) fn keeps_until(&self, finished: u64) -> u64 {
        let retention = u64::from(self.settings.retention_days) * DAY_MS;
        finished.saturating_add(retention + GATHERED_MS)
    }

    /// Purges a portion of the expired removals, expired keys and leftover rows. Returns how many removals were purged;
    /// if there may be more, the next alarm follows at once.
    pub fn purge(&self, now: u64) -> Result<usize, StoreError> {
        let portion = self.settings.sweep_rows;
        let retention = u64::from(self.settings.retention_days);
        let before = now.saturating_sub(retention * DAY_MS);
        self.store.transaction(|| {
            let rows = self.forget_connections(now, portion)?;
            let rows = self.delete_some(IGNORED, now.saturating_sub(KEY_MS), rows)?;
            let mut rows = self.sweep(rows)?;
            let expired = self.store.run(
                "SELECT seq, id FROM removals WHERE finished_at < ?1 ORDER BY finished_at LIMIT ?2",
                &values![before, PURGE_AT_ONCE],
            )?;
            let mut purged = 0;
            for row in &expired {
                if rows == 0 {
                    break;
                }
                rows = self.forget(row.integer(0)?, row.text(1)?, rows)?;
                purged += 1;
            }
            self.sweep_pending
                .set(rows == 0 || count(expired.len()) == PURGE_AT_ONCE);
            Ok(purged)
        })
    }

    /// Deletes a removal with its key, and as many of its rows as still allowed; the rest are left over. Returns how
    /// many more may be deleted.
    fn forget(&self, removal: u64, id: &str, rows: u64) -> Result<u64, StoreError> {
        let rows = self.delete_rows(removal, true, rows)?;
        if rows == 0 {
            self.leave(removal, true)?;
        }
        self.store
            .execute("DELETE FROM removals WHERE seq = ?1", &values![removal])?;
        self.store
            .execute("DELETE FROM keys WHERE removal = ?1", &values![id])?;
        Ok(rows.saturating_sub(2))
    }

    pub(super) fn forget_pages(&self, removal: u64) -> Result<(), StoreError> {
        self.store.execute(
            "DELETE FROM pages WHERE work IN (SELECT id FROM works WHERE removal = ?1)",
            &values![removal],
        )
    }

    /// Returns a note by its name, such as a webhook's public key.
    pub fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        let rows = self
            .store
            .run("SELECT value FROM notes WHERE name = ?1", &values![name])?;
        rows.first()
            .map(|row| row.text(0).map(str::to_owned))
            .transpose()
    }

    /// Stores a note under its name. Names that begin with `ledger.` are reserved for the ledger.
    pub fn set_note(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.store.execute(
            "INSERT INTO notes (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &values![name, value],
        )
    }
}
