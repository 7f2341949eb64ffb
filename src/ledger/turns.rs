//! Whose turn it is: removals take turns, so that a small one does not wait for a large one to end. A step is chosen
//! and marked as sent in one transaction, before it leaves.

use super::Ledger;
use super::steps::{MAX_PARTICIPANTS_PER_KICK, Request, Step};
use super::store::{Store, StoreError};
use crate::values;

/// How soon to look again for a page that was to be shared, in milliseconds, in case the one that reads it has ended.
const SHARED_PAGE_MS: u64 = 2_000;

/// Selects the next removal that is awake, in the order of turns, after the turn `?2` and the number `?3`. Many share a
/// turn, so the others of that turn are tried first.
const NEXT_BY_TURN: &str = "SELECT seq, state, dry_run, turn, everywhere FROM removals
    WHERE (SELECT min(wake_at) FROM removals WHERE wake_at IS NOT NULL) <= ?1 AND seq = ifnull(
        (SELECT seq FROM removals INDEXED BY removals_by_turn
         WHERE turn = ?2 AND seq > ?3 AND wake_at <= ?1 AND state <> 'scheduled' ORDER BY seq LIMIT 1),
        (SELECT seq FROM removals INDEXED BY removals_by_turn
         WHERE turn > ?2 AND wake_at <= ?1 AND state <> 'scheduled' ORDER BY turn, seq LIMIT 1))";

impl<S: Store> Ledger<S> {
    /// Chooses the next request, taking turns among the removals that have something due, and marks it as sent. Returns
    /// `None` if nothing is due or the pace allows nothing.
    pub(super) fn next_step(&self, now: u64) -> Result<Option<Step>, StoreError> {
        if self.pacing.borrow_mut().free(now, &self.settings) == 0 {
            return Ok(None);
        }
        let step = self.store.transaction(|| self.choose(now))?;
        if step.is_some() {
            self.pacing.borrow_mut().send(now);
            self.save_throttle(now)?;
        }
        Ok(step)
    }

    fn choose(&self, now: u64) -> Result<Option<Step>, StoreError> {
        // Those whose time has come now wait for their turn.
        self.store.execute(
            "UPDATE removals INDEXED BY removals_scheduled SET state = 'queued', revision = revision + 1
             WHERE state = 'scheduled' AND wake_at <= ?1",
            &values![now],
        )?;
        let (mut last, mut room) = ((0, 0), None);
        loop {
            let rows = self
                .store
                .run(NEXT_BY_TURN, &values![now, last.0, last.1])?;
            let Some(row) = rows.first() else {
                return Ok(None);
            };
            let removal = row.integer(0)?;
            last = (row.integer(3)?, removal);
            let is_new = row.text(1)? != "running";
            if is_new && !self.take_up(last, row.flag(4)?, &mut room, now)? {
                continue;
            }
            let request = match self.due_item(removal, row.flag(2)?, now)? {
                Some(request) => Some(request),
                None => self.due_work(removal, now)?,
            };
            if let Some(request) = request {
                let request = self.with_app_check(request)?;
                self.take_turn(removal, &request, now)?;
                return Ok(Some(Step { removal, request }));
            }
            self.sleep(removal, now)?;
            // Another removal's page may have ended the last of its work before its turn came.
            self.confirm_or_finish(removal, now)?;
            if row.flag(4)? && self.ended.borrow().last() == Some(&removal) {
                // Its place is free again.
                room = room.map(|left: u64| left.saturating_add(1));
            }
        }
    }

    /// Starts the removal with that turn and number. Returns `false` if it must wait for room.
    fn take_up(
        &self,
        place: (u64, u64),
        everywhere: bool,
        room: &mut Option<u64>,
        now: u64,
    ) -> Result<bool, StoreError> {
        let (_, removal) = place;
        if everywhere && !self.may_start(place, room, now)? {
            self.hold(removal, now)?;
            return Ok(false);
        }
        self.start(removal, now)?;
        if everywhere {
            self.wake_held(now)?;
        }
        Ok(true)
    }

    /// Moves a removal that was served to the end of the queue; but a kick is one turn with what follows it, since
    /// whoever was kicked may soon be back.
    fn take_turn(&self, removal: u64, request: &Request, now: u64) -> Result<(), StoreError> {
        let turn = self.turn.get().saturating_add(1).max(now);
        self.turn.set(turn);
        let begins = if request.kicks() {
            MAX_PARTICIPANTS_PER_KICK
        } else {
            0
        };
        self.store.execute(
            "UPDATE removals SET requests = requests + 1, revision = revision + 1,
                turn = iif(keeps_turn > 1 OR keeps_turn = 0 AND ?3 > 0, turn, ?2),
                keeps_turn = iif(keeps_turn > 0, keeps_turn - 1, ?3)
             WHERE seq = ?1",
            &values![removal, turn, begins],
        )
    }

    /// Lets a removal that can send nothing now sleep until the first of its rows is due. Those in flight wake it
    /// themselves, and so does another removal's page that it waits for; if that page does not come, it looks again.
    fn sleep(&self, removal: u64, now: u64) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE removals SET wake_at = (SELECT CASE WHEN min(due_at) <= ?2 THEN ?3 ELSE min(due_at) END FROM (
                SELECT min(due_at) AS due_at FROM items INDEXED BY items_due WHERE removal = ?1 AND due_at IS NOT NULL
                UNION ALL SELECT min(due_at) FROM works INDEXED BY works_due WHERE removal = ?1 AND due_at IS NOT NULL))
             WHERE seq = ?1",
            &values![removal, now, now.saturating_add(SHARED_PAGE_MS)],
        )
    }
}
