//! What is kept: events that were not understood, finished removals for their time, and small notes such as a webhook's
//! public key.

use super::Ledger;
use super::acceptance::Acceptance;
use super::id::RemovalId;
use super::keys::{KEY_MS, Key};
use super::state::RemovalState;
use super::store::{Store, StoreError};
use crate::realtimekit::Clock;
use crate::values;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// How many removals are purged in one go.
const PURGE_AT_ONCE: u32 = 20;

/// A signed event that nobody can act on.
#[derive(Debug, Clone)]
pub struct Quarantined<'a> {
    /// `webhook:` and the source's name.
    pub source: &'a str,
    /// The event's name and what could not be understood of it. Never the body: it may hold names.
    pub problem: &'a str,
    /// What makes a repeat known.
    pub key: Option<&'a Key>,
}

impl<S: Store> Ledger<S> {
    /// Keeps a signed event that could not be understood, so that somebody can look.
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
            self.store.run(
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

    /// When a removal that finished at that time has been kept long enough.
    pub(super) fn keeps_until(&self, finished: u64) -> u64 {
        let retention = u64::from(self.settings.retention_days) * DAY_MS;
        finished.saturating_add(retention).saturating_add(1)
    }

    /// Lets go of all finished removals whose time is over, or of a thousand where there are more. Gives how many.
    pub fn purge_all(&self, now: u64) -> Result<usize, StoreError> {
        let mut purged = 0;
        for _ in 0..50 {
            let some = self.purge(now)?;
            purged += some;
            if some == 0 {
                break;
            }
        }
        Ok(purged)
    }

    /// Lets go of finished removals and keys whose time is over. Gives how many removals went; there may be more.
    pub fn purge(&self, now: u64) -> Result<usize, StoreError> {
        let retention = u64::from(self.settings.retention_days);
        let before = now.saturating_sub(retention * DAY_MS);
        let keys_before = now.saturating_sub(KEY_MS);
        self.store.transaction(|| {
            self.forget_connections(now)?;
            let expired = self.store.run(
                "SELECT seq, id FROM removals WHERE finished_at < ?1 ORDER BY finished_at LIMIT ?2",
                &values![before, PURGE_AT_ONCE],
            )?;
            for row in &expired {
                let seq = row.integer(0)?;
                self.forget_pages(seq)?;
                for table in ["items", "works", "targets"] {
                    self.store.run(
                        &format!("DELETE FROM {table} WHERE removal = ?1"),
                        &values![seq],
                    )?;
                }
                self.store
                    .run("DELETE FROM removals WHERE seq = ?1", &values![seq])?;
                self.store.run(
                    "DELETE FROM keys WHERE removal = ?1",
                    &values![row.text(1)?],
                )?;
            }
            // Those of messages that made no removal.
            self.store.run(
                "DELETE FROM keys WHERE removal = '' AND created_at < ?1",
                &values![keys_before],
            )?;
            Ok(expired.len())
        })
    }

    pub(super) fn forget_pages(&self, removal: u64) -> Result<(), StoreError> {
        self.store.run(
            "DELETE FROM pages WHERE work IN (SELECT id FROM works WHERE removal = ?1)",
            &values![removal],
        )?;
        Ok(())
    }

    /// A note by its name, such as a webhook's public key.
    pub fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        let rows = self
            .store
            .run("SELECT value FROM notes WHERE name = ?1", &values![name])?;
        rows.first()
            .map(|row| row.text(0).map(str::to_owned))
            .transpose()
    }

    /// Keeps a note under its name. Names that begin with `ledger.` are the ledger's own.
    pub fn set_note(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.store.run(
            "INSERT INTO notes (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &values![name, value],
        )?;
        Ok(())
    }
}
