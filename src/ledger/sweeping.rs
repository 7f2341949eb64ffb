//! Deleting rows that are no longer needed. A removal of a user from all meetings has one for each meeting, and many
//! removals end in one turn, during which the object serves nobody: so these rows go in portions, one per turn.

use std::time::Duration;

use super::Ledger;
use super::store::{Store, StoreError, count};
use crate::values;

/// How long to wait before the next portion.
pub(super) const PAUSE: Duration = Duration::from_millis(50);
/// When a removal ends, 1/`PART` of a portion is deleted at once: some 200 may end in one turn.
const PART: u64 = 250;
/// Deletes work rows of the removal `?1` that no response will need, and no retry of a failed kick, at most `?2`.
const WORKS: &[&str] = &[
    "DELETE FROM works WHERE id IN (SELECT id FROM works w INDEXED BY works_open
        WHERE removal = ?1 AND sent_at IS NULL AND NOT EXISTS (SELECT 1 FROM items INDEXED BY items_sent
            WHERE sent_at IS NOT NULL AND work = w.id)
        AND NOT EXISTS (SELECT 1 FROM items i INDEXED BY items_unkicked JOIN removals r ON r.seq = i.removal
            WHERE i.removal = ?1 AND i.work = w.id AND i.kick_error IS NOT NULL AND i.state = 'done'
                AND r.state = 'succeeded')
        LIMIT ?2)
     RETURNING 1",
];
/// Deletes rows of the removal `?1`, at most `?2` per table.
const ALL: &[&str] = &[
    // None are left if all went well.
    "DELETE FROM pages WHERE work IN (SELECT id FROM works INDEXED BY works_open WHERE removal = ?1 LIMIT ?2) RETURNING 1",
    "DELETE FROM works WHERE id IN (SELECT id FROM works INDEXED BY works_open WHERE removal = ?1 LIMIT ?2) RETURNING 1",
    "DELETE FROM items WHERE id IN (SELECT id FROM items INDEXED BY items_by_removal WHERE removal = ?1 LIMIT ?2)
     RETURNING 1",
    "DELETE FROM targets WHERE removal = ?1 AND position IN (SELECT position FROM targets WHERE removal = ?1 LIMIT ?2)
     RETURNING 1",
];

impl<S: Store> Ledger<S> {
    /// Deletes a few work rows that a removal no longer needs, and leaves the rest to the alarms.
    pub(super) fn drop_works(&self, removal: u64) -> Result<(), StoreError> {
        let at_once = self.settings.sweep_rows / PART;
        if self.delete_rows(removal, false, at_once)? > 0 {
            return Ok(());
        }
        self.leave(removal, false)
    }

    /// Leaves rows of a removal to the alarms: those of its work, or all if it is `forgotten`.
    pub(super) fn leave(&self, removal: u64, forgotten: bool) -> Result<(), StoreError> {
        self.sweep_pending.set(true);
        self.store.execute(
            "INSERT INTO leftovers (removal, forgotten) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET forgotten = max(forgotten, excluded.forgotten)",
            &values![removal, forgotten],
        )
    }

    /// Deletes as many leftover rows as allowed. Returns how many more may be deleted.
    pub(super) fn sweep(&self, mut rows: u64) -> Result<u64, StoreError> {
        while rows > 0 {
            let first = self.store.run(
                "SELECT removal, forgotten FROM leftovers ORDER BY removal LIMIT 1",
                &[],
            )?;
            let Some(first) = first.first() else {
                break;
            };
            let removal = first.integer(0)?;
            rows = self.delete_rows(removal, first.flag(1)?, rows)?;
            if rows > 0 {
                self.store.execute(
                    "DELETE FROM leftovers WHERE removal = ?1",
                    &values![removal],
                )?;
                rows -= 1;
            }
        }
        Ok(rows)
    }

    /// Deletes as many rows of a removal as allowed: those of its work that no response will need, or all if it is
    /// `forgotten`. Returns how many more may be deleted; if none, it may have others.
    pub(super) fn delete_rows(
        &self,
        removal: u64,
        forgotten: bool,
        mut rows: u64,
    ) -> Result<u64, StoreError> {
        for statement in if forgotten { ALL } else { WORKS } {
            rows = self.delete_some(statement, removal, rows)?;
        }
        Ok(rows)
    }

    /// Runs a DELETE that is limited to `?2` rows and returns each row that it deletes; `?1` says of what. Returns the
    /// rest of the limit.
    pub(super) fn delete_some(
        &self,
        statement: &str,
        of: u64,
        rows: u64,
    ) -> Result<u64, StoreError> {
        if rows == 0 {
            return Ok(0);
        }
        let deleted = self.store.run(statement, &values![of, rows])?;
        Ok(rows.saturating_sub(count(deleted.len())))
    }
}
