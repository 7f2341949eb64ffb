//! Users who are to go from all meetings cost a row of work for each meeting of the app, and turns among each other. So
//! only so many of these removals are at work at a time, and the others are held, in their order.

use super::Ledger;
use super::pass::MAX_TOTAL;
use super::store::{Store, StoreError, first_row};
use crate::values;

/// How often the first of those that are held looks for room, in milliseconds; when one has ended it is told.
const LOOK_MS: u64 = 60_000;
/// The note that keeps how long the list of meetings was when it was read last.
const MEETINGS_NOTE: &str = "ledger.meetings";
/// How many meetings an app is taken to have before its list was read.
const UNKNOWN_MEETINGS: u64 = 100_000;

impl<S: Store> Ledger<S> {
    /// Whether the removal of that turn and number may be taken up now: there is room, and nobody is held who comes before
    /// it. How much room there is, is looked up once for a choice.
    pub(super) fn lets_in(
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

    /// How many may be taken up now. One that waits for long before it repeats a request counts for its rows alone; and
    /// where no other is at work there is always room for one.
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

    /// Notes how long the list of meetings is.
    pub(super) fn note_meetings(&self, total: u64) -> Result<(), StoreError> {
        let total = total.min(MAX_TOTAL).to_string();
        if self.note(MEETINGS_NOTE)?.as_ref() == Some(&total) {
            return Ok(());
        }
        self.set_note(MEETINGS_NOTE, &total)
    }

    /// A removal waits until there is room for it. One of those that do looks now and then, the others are told.
    pub(super) fn hold(&self, removal: u64, now: u64) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE removals SET wake_at = iif(EXISTS (SELECT 1 FROM removals INDEXED BY removals_waiting
                WHERE state = 'queued' AND everywhere AND wake_at > ?2), NULL, ?3)
             WHERE seq = ?1",
            &values![removal, now, now.saturating_add(LOOK_MS)],
        )?;
        Ok(())
    }

    /// There may be room: the first of those that are held looks.
    pub(super) fn wake_held(&self, now: u64) -> Result<(), StoreError> {
        let first = self.first_held(now)?;
        first.map_or(Ok(()), |first| self.look(first, now))
    }

    /// The removal of that turn and number, which is held, looks.
    fn look(&self, (_, removal): (u64, u64), now: u64) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE removals SET wake_at = ?2 WHERE seq = ?1",
            &values![removal, now],
        )?;
        Ok(())
    }

    /// The turn and the number of the first that is held: the one that looks, or one of the others.
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
