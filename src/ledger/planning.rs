//! From a removal's targets to the work that they need: one row per meeting, and one for the list of meetings if a user
//! is to be removed from all of them.
//!
//! All targets of a removal share these rows. However many users are erased at once, each meeting is read once for all
//! of them.

use super::Ledger;
use super::store::{Store, StoreError, first_row};
use crate::values;

/// Lists of meetings come first: everything else follows from them.
pub(super) const RANK_LIST: u32 = 0;
/// Then meetings named by a target.
pub(super) const RANK_NAMED: u32 = 1;
/// Then those in the list: first where people can be live.
pub(super) const RANK_ACTIVE: u32 = 2;
/// The rest of the list.
pub(super) const RANK_INACTIVE: u32 = 3;

impl<S: Store> Ledger<S> {
    /// Starts a removal that was scheduled or queued. If it is a retry, its work rows already exist.
    pub(super) fn start(&self, seq: u64, now: u64) -> Result<(), StoreError> {
        self.begin_targets(seq)?;
        // Derived from the targets: an earlier version, which this one may replace once more, does not set
        // `everywhere`.
        let rows = self.store.run(
            "UPDATE removals SET state = 'running', started_at = ifnull(started_at, ?2), revision = revision + 1,
                everywhere = EXISTS (SELECT 1 FROM targets WHERE removal = ?1 AND meeting IS NULL)
             WHERE seq = ?1 RETURNING everywhere, EXISTS (SELECT 1 FROM works WHERE removal = ?1)",
            &values![seq, now],
        )?;
        let row = first_row(&rows)?;
        if row.flag(1)? {
            return Ok(());
        }
        self.plan(seq, row.flag(0)?, now)
    }

    /// Makes it too late to cancel the removal by coming back.
    pub(super) fn begin_targets(&self, seq: u64) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE targets SET pending = 0 WHERE removal = ?1 AND pending",
            &values![seq],
        )
    }

    fn plan(&self, seq: u64, everywhere: bool, now: u64) -> Result<(), StoreError> {
        // A meeting is read if a target needs its list, and always if a user is to be removed from all meetings.
        self.store.execute(
            "INSERT INTO works (removal, meeting, rank, lists, everyone, stage)
             SELECT removal, meeting, ?2, max(?3, max(participant IS NULL)),
                max(participant IS NULL AND user IS NULL), 'reading'
             FROM targets WHERE removal = ?1 AND meeting IS NOT NULL GROUP BY removal, meeting ORDER BY min(position)",
            &values![seq, RANK_NAMED, everywhere],
        )?;
        // The plus removes the type affinity, with which the index on meetings could not be used.
        self.store.execute(
            "INSERT OR IGNORE INTO items (removal, work, meeting, participant, state, found_at, target)
             SELECT t.removal, w.id, t.meeting, t.participant, 'waiting', ?2, t.position
             FROM targets t CROSS JOIN works w INDEXED BY works_by_meeting
                ON w.removal = t.removal AND ifnull(w.meeting, '') = +t.meeting
             WHERE t.removal = ?1 AND t.participant IS NOT NULL ORDER BY t.position",
            &values![seq, now],
        )?;
        if everywhere {
            self.store.execute(
                "INSERT INTO works (removal, meeting, rank, lists, stage) VALUES (?1, NULL, ?2, 1, 'reading')",
                &values![seq, RANK_LIST],
            )?;
        }
        self.store.execute(
            "UPDATE works SET due_at = ?2 WHERE removal = ?1 AND lists = 1",
            &values![seq, now],
        )?;
        self.store.execute(
            "UPDATE removals SET (found, meetings_total, meetings_known) = (
                SELECT (SELECT count(*) FROM items WHERE removal = ?1), count(*), count(*)
                FROM works WHERE removal = ?1 AND meeting IS NOT NULL)
             WHERE seq = ?1",
            &values![seq],
        )?;
        let named = self.store.run(
            "SELECT id FROM works WHERE removal = ?1 AND lists = 0",
            &values![seq],
        )?;
        for row in named {
            self.kick_and_delete(row.integer(0)?, now)?;
        }
        Ok(())
    }
}
