//! Deleting rows that nobody needs any more. A user everywhere has one for each meeting of the app, and many removals end in
//! one turn, until whose end the object hears nobody: so these rows go in portions, one a turn.

use std::time::Duration;

use super::Ledger;
use super::store::{Store, StoreError, count};
use crate::values;

/// How long the next portion waits.
pub(super) const PAUSE: Duration = Duration::from_millis(50);
/// What part of a portion goes at once when a removal ends: some 200 may in one turn.
const PART: u64 = 250;

impl<S: Store> Ledger<S> {
    /// The rows of work of a removal have had their use: a few go at once, more are left to the alarms.
    pub(super) fn drop_works(&self, removal: u64) -> Result<(), StoreError> {
        let at_once = self.settings.sweep_rows / PART;
        if self.delete_works(removal, at_once)? < at_once {
            return Ok(());
        }
        self.untidy.set(true);
        self.store.run(
            "INSERT INTO leftovers (removal) VALUES (?1) ON CONFLICT DO NOTHING",
            &values![removal],
        )?;
        Ok(())
    }

    /// Deletes a portion of what is left over.
    pub fn sweep(&self) -> Result<(), StoreError> {
        self.store.transaction(|| {
            let mut rows = self.settings.sweep_rows;
            while rows > 0 {
                let first = self.store.run(
                    "SELECT removal FROM leftovers ORDER BY removal LIMIT 1",
                    &[],
                )?;
                let Some(first) = first.first() else {
                    self.untidy.set(false);
                    return Ok(());
                };
                let removal = first.integer(0)?;
                let deleted = self.delete_works(removal, rows)?;
                if deleted < rows {
                    self.store.run(
                        "DELETE FROM leftovers WHERE removal = ?1",
                        &values![removal],
                    )?;
                }
                rows = rows.saturating_sub(deleted.max(1));
            }
            Ok(())
        })
    }

    /// Deletes rows of work of a removal, as many at most, and none that an answer will ask for. Gives how many.
    fn delete_works(&self, removal: u64, limit: u64) -> Result<u64, StoreError> {
        let deleted = self.store.run(
            "DELETE FROM works WHERE id IN (SELECT id FROM works w INDEXED BY works_open
                WHERE removal = ?1 AND sent_at IS NULL AND NOT EXISTS (SELECT 1 FROM items INDEXED BY items_sent
                    WHERE sent_at IS NOT NULL AND work = w.id) LIMIT ?2)
             RETURNING 1",
            &values![removal, limit],
        )?;
        Ok(count(deleted.len()))
    }
}
