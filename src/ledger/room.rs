//! Removals of users from all meetings cost a work row for each meeting of the app, and take turns with each other. So
//! only so many of them run at a time, and the others are held back, in order.

use super::Ledger;
use super::pass::MAX_TOTAL;
use super::store::{Store, StoreError, first_row};
use crate::values;

/// How often the first of those held looks for room, in milliseconds; it is also woken when one has ended.
const LOOK_MS: u64 = 60_000;
/// The note that holds how long the list of meetings was when it was last read.
const MEETINGS_NOTE: &str = "ledger.meetings";
/// How many meetings an app is assumed to have before its list has been read.
const UNKNOWN_MEETINGS: u64 = 100_000;

impl<S: Store> Ledger<S> {
    /// Returns whether the removal with that turn and number may start now: there is room, and no held one comes before
    /// it. The room is looked up once per choice.
    pub(super) fn may_start(
        &self,
        place: (u64, u64),
        room: &mut Option<u64>,
        now: u64,
    ) -> Result<bool, StoreError> {
        let left = match *room {
            Some(left) => left,
            None => *room.insert(self.room(now)?),
        };
        if left == 0 {
            return Ok(false);
        }
        if let Some(first) = self.first_held(now)?.filter(|first| *first < place) {
            self.look(first, now)?;
            return Ok(false);
        }
        *room = Some(left.saturating_sub(1));
        Ok(true)
    }

    /// Returns how many may start now. One that waits long before its next request counts only for its rows; and if
    /// none is at work there is always room for one.
    fn room(&self, now: u64) -> Result<u64, StoreError> {
        let meetings = self.note(MEETINGS_NOTE)?;
        let meetings = meetings.and_then(|text| text.parse().ok());
        let meetings = meetings.unwrap_or(UNKNOWN_MEETINGS).max(1);
        let rows = self.store.run(
            "SELECT count(*) FILTER (WHERE ifnull(wake_at, 0) <= ?1), ifnull(sum(max(meetings_known, ?2)), 0)
             FROM removals INDEXED BY removals_by_state WHERE state = 'running' AND everywhere",
            &values![now.saturating_add(LOOK_MS), meetings],
        )?;
        let row = first_row(&rows)?;
        let (at_work, works) = (row.integer(0)?, row.integer(1)?);
        let by_number = u64::from(self.settings.everywhere_at_once).saturating_sub(at_work);
        let by_rows = self.settings.everywhere_rows.saturating_sub(works) / meetings;
        Ok(by_number.min(by_rows).max(u64::from(at_work == 0)))
    }

    pub(super) fn note_meetings(&self, total: u64) -> Result<(), StoreError> {
        let total = total.min(MAX_TOTAL).to_string();
        if self.note(MEETINGS_NOTE)?.as_ref() == Some(&total) {
            return Ok(());
        }
        self.set_note(MEETINGS_NOTE, &total)
    }

    /// Holds a removal until there is room for it. One of those held looks now and then, the others are woken.
    pub(super) fn hold(&self, removal: u64, now: u64) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE removals SET wake_at = iif(EXISTS (SELECT 1 FROM removals INDEXED BY removals_waiting
                WHERE state = 'queued' AND everywhere AND wake_at > ?2), NULL, ?3)
             WHERE seq = ?1",
            &values![removal, now, now.saturating_add(LOOK_MS)],
        )
    }

    /// Lets the first of those held look for room.
    pub(super) fn wake_held(&self, now: u64) -> Result<(), StoreError> {
        let first = self.first_held(now)?;
        first.map_or(Ok(()), |first| self.look(first, now))
    }

    /// Lets the held removal with that turn and number look for room.
    fn look(&self, (_, removal): (u64, u64), now: u64) -> Result<(), StoreError> {
        self.store.execute(
            "UPDATE removals SET wake_at = ?2 WHERE seq = ?1",
            &values![removal, now],
        )
    }

    /// Returns the turn and number of the first that is held: the one that looks, or one of the others.
    fn first_held(&self, now: u64) -> Result<Option<(u64, u64)>, StoreError> {
        let rows = self.store.run(
            "SELECT turn, seq FROM (SELECT turn, seq FROM removals INDEXED BY removals_waiting
                WHERE state = 'queued' AND everywhere AND wake_at > ?1 LIMIT 1)
             UNION ALL SELECT turn, seq FROM (SELECT turn, seq FROM removals INDEXED BY removals_held
                WHERE state = 'queued' AND everywhere AND wake_at IS NULL ORDER BY turn, seq LIMIT 1)
             ORDER BY 1, 2 LIMIT 1",
            &values![now],
        )?;
        rows.first()
            .map(|row| Ok((row.integer(0)?, row.integer(1)?)))
            .transpose()
    }
}
