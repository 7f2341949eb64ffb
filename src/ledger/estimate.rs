//! How long a removal will still take: the requests that it needs, at the pace that the budget allows.

use super::Ledger;
use super::planning::RANK_ACTIVE;
use super::store::{Store, StoreError, first_row};
use super::views::RemovalView;
use crate::values;

/// How long one request takes on average with six in flight, in milliseconds. Matters only while there is budget.
const REQUEST_MS: u64 = 60;
const FIVE_MINUTES_MS: u64 = 300_000;
/// How many rows of other removals are counted at most: showing an open removal counts them, unless its estimate is cached.
const COUNTED: u64 = 20_000;
/// The number of rows per page, as far as is known.
const ROWS_PER_PAGE: u64 = 100;
/// An estimate that reads more rows than this is cached.
const CHEAP: u64 = 1_000;

/// What an estimate is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outlook {
    /// Requests that this removal still needs.
    pub requests: u64,
    /// How many other removals take turns with it.
    pub sharers: u64,
    /// Requests that those still need, as far as is known.
    pub others: u64,
    /// Requests that may leave at once.
    pub free: u64,
    /// Requests that durable work may send per five minutes.
    pub per_5_minutes: u64,
    /// How long until anything may be sent, in milliseconds.
    pub standstill_ms: u64,
}

impl Outlook {
    /// Returns the time left in seconds, rounded up. Each of the others takes as many turns as this removal, or as it
    /// needs.
    pub fn seconds(self) -> u64 {
        let turns = self.requests.saturating_mul(self.sharers);
        let all = self.requests.saturating_add(self.others.min(turns));
        let beyond = all.saturating_sub(self.free);
        let waiting = beyond.saturating_mul(FIVE_MINUTES_MS) / self.per_5_minutes.max(1);
        let sending = all.saturating_mul(REQUEST_MS);
        self.standstill_ms
            .saturating_add(waiting.max(sending))
            .div_ceil(1000)
    }
}

/// What a removal still has to do, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Left {
    /// Participants without an outcome.
    items: u64,
    /// Meetings to confirm once those have theirs.
    confirmations: u64,
    /// Meetings whose list has not been read to its end.
    unread: u64,
    /// Remaining pages of the lists being read.
    pages: u64,
    /// Rows on those pages where everyone is to be removed.
    rows: u64,
    /// Pages of the list of meetings.
    lists: u64,
}

impl Left {
    /// Returns the number of requests. The remaining meetings of a list are assumed to hold as many participants as
    /// those before, each costing a delete, a confirmation of its meeting, and perhaps a kick.
    fn requests(self, view: &RemovalView) -> u64 {
        let progress = view.progress;
        let ahead = progress.found.saturating_mul(self.unread) / progress.meetings_scanned.max(1);
        let to_find = if self.lists > 0 {
            ahead.saturating_mul(2 + u64::from(view.kick))
        } else {
            0
        };
        let rows = if view.dry_run { 0 } else { self.rows };
        self.items + rows + self.confirmations + self.unread + self.pages + self.lists + to_find
    }
}

impl<S: Store> Ledger<S> {
    /// Returns the seconds left, or `None` until something that could tell has been read.
    pub(super) fn estimate(
        &self,
        seq: u64,
        view: &RemovalView,
        now: u64,
    ) -> Result<Option<u64>, StoreError> {
        if let Some(kept) = self.estimates.borrow().get(seq, now) {
            return Ok(kept.seconds);
        }
        let (left, own) = self.still_to_do(seq, view)?;
        let (seconds, others) = match left {
            Some(left) => self.at_the_pace(seq, view, left, now)?,
            None => (None, 0),
        };
        if own.saturating_add(others) > CHEAP {
            self.estimates.borrow_mut().keep(seq, seconds, now);
        }
        Ok(seconds)
    }

    /// Returns how long that takes at the allowed pace, alongside the other removals, and how many rows those have.
    fn at_the_pace(
        &self,
        seq: u64,
        view: &RemovalView,
        left: Left,
        now: u64,
    ) -> Result<(Option<u64>, u64), StoreError> {
        let rows = self.store.run(
            "SELECT (SELECT count(*) FROM removals WHERE state IN ('queued', 'running') AND seq <> ?1),
                (SELECT count(*) FROM (SELECT 1 FROM items INDEXED BY items_open
                    WHERE state IN ('waiting', 'pending') AND removal <> ?1 LIMIT ?2))
                + (SELECT count(*) FROM (SELECT 1 FROM works INDEXED BY works_due
                    WHERE due_at IS NOT NULL AND removal <> ?1 LIMIT ?2))",
            &values![seq, COUNTED],
        )?;
        let row = first_row(&rows)?;
        let (sharers, others) = (row.integer(0)?, row.integer(1)?);
        let start = view.not_before.unwrap_or(0).saturating_sub(now);
        let pause = view
            .pause
            .map_or(0, |pause| pause.until.saturating_sub(now));
        let mut pacing = self.pacing.borrow_mut();
        let allowed = pacing.allowed(&self.settings);
        let outlook = Outlook {
            requests: left.requests(view).max(1),
            sharers,
            // Too many to be counted: they take every turn.
            others: if others < COUNTED { others } else { u64::MAX },
            free: u64::from(pacing.window.free(now, allowed)),
            per_5_minutes: u64::from(allowed.durable),
            standstill_ms: start.max(pause),
        };
        Ok((Some(outlook.seconds()), sharers.saturating_add(others)))
    }

    /// Returns what is left of a removal, if anything that could tell has been read, and its number of rows.
    fn still_to_do(&self, seq: u64, view: &RemovalView) -> Result<(Option<Left>, u64), StoreError> {
        let rows = self.store.run(
            "SELECT count(*), ifnull(sum(stage = 'deleting' AND lists), 0),
                ifnull(sum(meeting IS NULL AND stage NOT IN ('done', 'failed')), 0),
                ifnull(sum(lists AND stage = 'reading' AND reading IS NULL AND pass = 1), 0),
                ifnull(sum(max(0, (reading ->> 'last_total') - (reading ->> 'rows')) * (stage = 'reading')), 0),
                ifnull(sum(max(0, (reading ->> 'last_total') - (reading ->> 'rows')) * (stage = 'reading' AND everyone)), 0),
                ifnull(sum(rank = ?2 AND confirmed = 0), 0),
                (SELECT count(*) FROM items WHERE removal = ?1 AND state IN ('waiting', 'pending'))
             FROM (SELECT meeting, rank, lists, everyone, stage, pass, confirmed, nullif(reading, '') AS reading
                FROM works WHERE removal = ?1)",
            &values![seq, RANK_ACTIVE],
        )?;
        let row = first_row(&rows)?;
        let meetings = view.progress.meetings_total;
        let rows_read = row.integer(0)?.saturating_add(row.integer(7)?);
        let all_unread = row.integer(3)? == row.integer(0)?;
        if all_unread || (row.integer(2)? > 0 && meetings == 0) {
            return Ok((None, rows_read));
        }
        let left = Left {
            items: row.integer(7)?,
            // Active meetings in the list are read twice.
            confirmations: row.integer(1)? + row.integer(6)? * row.integer(2)?,
            unread: meetings.saturating_sub(view.progress.meetings_scanned),
            pages: row.integer(4)?.div_ceil(ROWS_PER_PAGE),
            rows: row.integer(5)?,
            // The list of meetings is read twice.
            lists: row.integer(2)? * (1 + meetings.div_ceil(ROWS_PER_PAGE)),
        };
        Ok((Some(left), rows_read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTLOOK: Outlook = Outlook {
        requests: 960,
        sharers: 0,
        others: 0,
        free: 960,
        per_5_minutes: 960,
        standstill_ms: 0,
    };

    #[test]
    fn the_budget_decides_once_it_is_used_up() {
        assert_eq!(OUTLOOK.seconds(), 58);
        assert_eq!(Outlook { free: 0, ..OUTLOOK }.seconds(), 300);
        assert_eq!(
            Outlook {
                requests: 2880,
                ..OUTLOOK
            }
            .seconds(),
            600
        );
    }

    #[test]
    fn others_and_a_standstill_count() {
        assert_eq!(
            Outlook {
                sharers: 1,
                others: 5_000,
                ..OUTLOOK
            }
            .seconds(),
            300
        );
        assert_eq!(
            Outlook {
                standstill_ms: 60_000,
                ..OUTLOOK
            }
            .seconds(),
            118
        );
        assert_eq!(
            Outlook {
                requests: 0,
                ..OUTLOOK
            }
            .seconds(),
            0
        );
    }
}
