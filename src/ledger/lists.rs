//! Handling pages of lists: whom to remove and which meetings to read.

use serde::Serialize;

use super::Ledger;
use super::app::no_app;
use super::pass::MAX_TOTAL;
use super::passes::Found;
use super::planning::{RANK_ACTIVE, RANK_INACTIVE};
use super::repeat::{Next, next};
use super::steps::Request;
use super::store::{Store, StoreError, count, json};
use super::wanted::{ParticipantRow, first_naming, wanted_rows};
use super::work::Work;
use crate::realtimekit::ApiError;
use crate::realtimekit::answers::{Meeting, Page, Participant};
use crate::values;

#[derive(Serialize)]
struct MeetingRow<'a> {
    id: &'a str,
    active: bool,
    rank: u32,
    created: &'a str,
}

/// How many other removals share one page at most: it all happens in one turn.
const SHARED_WITH: usize = 200;

/// How long other lists follow one that was refused with `per_page` and answered without, in milliseconds: the refusal
/// may have had another reason.
const PLAIN_MS: u64 = 600_000;

impl<S: Store> Ledger<S> {
    /// Passes a page to the work row that requested it, and to those of other removals that were about to request the
    /// same: however many users are erased at a time, each list is read once for all of them. Leaves out rows that fell
    /// due after the request had left, since the page may be older than their removal.
    pub(super) fn share(
        &self,
        work: &Work,
        now: u64,
        read: impl Fn(&Work) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        read(work)?;
        if self.size_refused_for.get() == Some(work.id) {
            self.size_refused_for.set(None);
            self.plain_until.set(now.saturating_add(PLAIN_MS));
        }
        let others = self.store.run(
            "SELECT id FROM works WHERE ifnull(meeting, '') = ?1 AND page = ?2 AND due_at <= ?3 AND stage = 'reading'
                AND id <> ?4 AND (plain = ?6 OR ?6 AND page = 1) LIMIT ?5",
            &values![
                work.meeting.as_deref().unwrap_or_default(),
                work.page,
                work.sent_at.unwrap_or(0),
                work.id,
                u64::try_from(SHARED_WITH + 1).unwrap_or(u64::MAX),
                work.plain
            ],
        )?;
        if let Some(row) = others.get(SHARED_WITH) {
            // One of the remaining rows requests it at once, for all of them.
            self.wake(self.work_row(row.integer(0)?)?.removal, now)?;
        }
        for row in others.iter().take(SHARED_WITH) {
            let id = row.integer(0)?;
            if work.plain {
                // Its next page continues from this one.
                self.make_plain(id)?;
            }
            let other = self.work_row(id)?;
            read(&other)?;
            self.wake(other.removal, now)?;
        }
        Ok(())
    }

    /// Handles a list that could not be read, or a failed app check before it.
    pub(super) fn list_failed(
        &self,
        request: &Request,
        work: &Work,
        error: ApiError,
        ray: Option<&str>,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        let asks_for_app = matches!(request, Request::FindApp { .. });
        let not_found = error.is_not_found() && !asks_for_app;
        if not_found && work.page > 1 {
            return self.page_not_found(work, random, now);
        }
        if not_found && work.meeting.is_some() {
            self.note_no_meeting(work)?;
            return self.read_nothing(work, random, now);
        }
        let refused = matches!(
            error,
            ApiError::Rejected {
                status: 400 | 413 | 422,
                ..
            }
        );
        if (refused || error.is_too_large()) && !work.plain && !asks_for_app {
            // The API may not accept the number of rows, or so many are too long a body: a row may hold a picture.
            if refused {
                self.size_refused_for.set(Some(work.id));
            }
            return self.read_plainly(work, now);
        }
        let error = if asks_for_app || !self.knows_app.get() {
            no_app(error)
        } else {
            error
        };
        let reason = error.describe(ray);
        let limit = self.settings.give_up_after_ms;
        match next(&error, work.attempts, work.waited, limit, random, now) {
            Next::Repeat { due, waited } => {
                let refused = error.is_refusal();
                self.repeat_work(work, due, waited, refused, &reason)
            }
            Next::GiveUp => self.give_up(work, &reason, now),
        }
    }

    /// Reads a page of the list of meetings: each new one becomes work.
    pub(super) fn read_meetings(
        &self,
        work: &Work,
        page: &Page<Meeting>,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        let rows: Vec<MeetingRow<'_>> = page
            .rows
            .iter()
            .map(|meeting| MeetingRow {
                id: meeting.id.as_str(),
                active: meeting.active,
                rank: if meeting.active {
                    RANK_ACTIVE
                } else {
                    RANK_INACTIVE
                },
                created: &meeting.created_at,
            })
            .collect();
        let new = self.store.run(
            "INSERT OR IGNORE INTO works
                (removal, meeting, rank, created_at, lists, everyone, may_be_live, listed_at, stage, due_at)
             SELECT ?1, value ->> 'id', value ->> 'rank', value ->> 'created', 1, 0, value ->> 'active', ?2, 'reading', ?2
             FROM json_each(?3) RETURNING id",
            &values![work.removal, now, json(&rows)?],
        )?;
        let found = count(new.len());
        if work.confirming > 0 {
            self.read_active_again(work.removal, &json(&rows)?, now)?;
        }
        // The total is the best estimate of how many there will be, until all of them are there.
        self.store.execute(
            "UPDATE removals SET meetings_known = meetings_known + ?2, meetings_total = max(?3, meetings_known + ?2)
             WHERE seq = ?1",
            &values![work.removal, found, page.total_count.unwrap_or(0).min(MAX_TOTAL)],
        )?;
        let ids: Vec<&str> = rows.iter().map(|row| row.id).collect();
        let found = Found {
            to_do: found,
            ..Found::default()
        };
        self.take_page(work, &ids, page.total_count, found, random, now)
    }

    /// Reads active meetings again in a confirming pass over the list, since people are added to running meetings:
    /// those in which nobody was found and which no second reading has confirmed yet.
    fn read_active_again(&self, removal: u64, meetings: &str, now: u64) -> Result<(), StoreError> {
        let again = self.store.run(
            "UPDATE works INDEXED BY works_by_meeting
             SET stage = 'reading', page = 1, pass = pass + 1, reading = '', confirmed = 1, may_be_live = 1, due_at = ?2
             WHERE removal = ?1 AND stage = 'done' AND confirmed = 0
                AND ifnull(meeting, '') IN (SELECT value ->> 'id' FROM json_each(?3) WHERE value ->> 'active')
                AND NOT EXISTS (SELECT 1 FROM items WHERE work = works.id)
             RETURNING id",
            &values![removal, now, meetings],
        )?;
        self.store.execute(
            "UPDATE removals SET meetings_scanned = meetings_scanned - ?2 WHERE seq = ?1",
            &values![removal, count(again.len())],
        )
    }

    /// Reads a page of a meeting's participants: each that a target is about becomes an item, except those whom no
    /// request can name.
    pub(super) fn read_participants(
        &self,
        work: &Work,
        page: &Page<Participant>,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        let rows = |can_be_named| {
            let rows = page.rows.iter();
            rows.filter(move |one| one.can_be_named == can_be_named)
                .map(ParticipantRow::of)
        };
        let state = if work.dry_run { "found" } else { "waiting" };
        let (target, wanted) = (first_naming(), wanted_rows());
        let new = self.store.run(
            &format!(
                "INSERT INTO items (removal, work, meeting, participant, state, found_at, target)
                 SELECT ?1, ?5, ?3, value ->> 'id', ?6, ?7, ifnull({target}, ?8) {wanted}
                 ON CONFLICT (work, participant) DO NOTHING RETURNING id"
            ),
            &values![
                work.removal,
                json(&rows(true).collect::<Vec<_>>())?,
                work.meeting.as_deref(),
                work.everyone,
                work.id,
                state,
                now,
                self.target_of_everyone(work)?,
            ],
        )?;
        let found = count(new.len());
        if found > 0 {
            self.store.execute(
                "UPDATE removals SET found = found + ?2 WHERE seq = ?1",
                &values![work.removal, found],
            )?;
        }
        let nameless = self.wanted(work, &rows(false).collect::<Vec<_>>())?;
        let ids: Vec<&str> = page.rows.iter().map(|row| row.id.as_str()).collect();
        let gone = self.listed_though_gone(work, &ids)?;
        let back = if work.unclean_passes > 0 { gone } else { 0 };
        let found = Found {
            to_do: found + back,
            gone,
            nameless,
        };
        self.take_page(work, &ids, page.total_count, found, random, now)
    }

    /// Counts those recorded as gone who are still listed. A list may lag, so it is read again after a while; but it
    /// may be right, so whoever is listed then is deleted again.
    fn listed_though_gone(&self, work: &Work, ids: &[&str]) -> Result<u64, StoreError> {
        let statement = if work.unclean_passes > 0 {
            "UPDATE items SET state = 'waiting', ambiguous = NOT (SELECT dry_run FROM removals WHERE seq = removal)
             WHERE work = ?1 AND state = 'done' AND participant IN (SELECT value FROM json_each(?2)) RETURNING id"
        } else {
            "SELECT id FROM items
             WHERE work = ?1 AND state = 'done' AND participant IN (SELECT value FROM json_each(?2))"
        };
        let rows = self.store.run(statement, &values![work.id, json(&ids)?])?;
        Ok(count(rows.len()))
    }
}
