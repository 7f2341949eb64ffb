//! Pages of lists: whom to remove, which meetings to read, and whether the list has been read whole.

use std::collections::HashSet;

use serde::Serialize;

use super::Ledger;
use super::acceptance::{first_row, json};
use super::pass::{MAX_PASSES, MAX_UNCLEAN_PASSES, Pass, agrees};
use super::planning::{RANK_ACTIVE, RANK_INACTIVE};
use super::repeat::repeat_after;
use super::store::{Row, Store, StoreError};
use super::work::{Stage, Work};
use crate::realtimekit::answers::{Meeting, Page, Participant};
use crate::values;

#[derive(Serialize)]
struct MeetingRow<'a> {
    id: &'a str,
    active: bool,
    rank: u32,
    created: &'a str,
}

#[derive(Serialize)]
struct ParticipantRow<'a> {
    id: &'a str,
    user: Option<&'a str>,
}

impl<S: Store> Ledger<S> {
    /// A page of the list of meetings: each that is new becomes work.
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
            "INSERT OR IGNORE INTO works (removal, meeting, rank, created_at, lists, everyone, may_be_live, stage, due_at)
             SELECT ?1, value ->> 'id', value ->> 'rank', value ->> 'created', 1, 0, value ->> 'active', 'reading', ?2
             FROM json_each(?3) RETURNING id",
            &values![work.removal, now, json(&rows)?],
        )?;
        let found = u64::try_from(new.len()).unwrap_or(u64::MAX);
        // The total is what is known of how many there will be, until all of them are there.
        self.store.run(
            "UPDATE removals SET meetings_total = max(?2,
                (SELECT count(*) FROM works WHERE removal = ?1 AND meeting IS NOT NULL)) WHERE seq = ?1",
            &values![work.removal, page.total_count.unwrap_or(0)],
        )?;
        let ids: Vec<&str> = rows.iter().map(|row| row.id).collect();
        self.take_page(work, &ids, page.total_count, found, random, now)
    }

    /// A page of a meeting's participants: each that a target is about becomes an item.
    pub(super) fn read_participants(
        &self,
        work: &Work,
        page: &Page<Participant>,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        let rows: Vec<ParticipantRow<'_>> = page
            .rows
            .iter()
            .map(|participant| ParticipantRow {
                id: participant.id.as_str(),
                user: participant
                    .custom_participant_id
                    .as_ref()
                    .map(crate::ids::CustomParticipantId::as_str),
            })
            .collect();
        let state = if work.dry_run { "found" } else { "waiting" };
        let new = self.store.run(
            "INSERT INTO items (removal, work, meeting, participant, state, found_at)
             SELECT ?1, ?2, ?3, value ->> 'id', ?4, ?5 FROM json_each(?6)
             WHERE ?7 OR EXISTS (SELECT 1 FROM targets t WHERE t.removal = ?1 AND t.user = value ->> 'user'
                AND (t.meeting IS NULL OR t.meeting = ?3))
             ON CONFLICT (work, participant) DO NOTHING RETURNING id",
            &values![
                work.removal,
                work.id,
                work.meeting.as_deref(),
                state,
                now,
                json(&rows)?,
                work.everyone,
            ],
        )?;
        let found = u64::try_from(new.len()).unwrap_or(u64::MAX);
        self.store.run(
            "UPDATE removals SET found = found + ?2 WHERE seq = ?1",
            &values![work.removal, found],
        )?;
        let ids: Vec<&str> = rows.iter().map(|row| row.id).collect();
        let back = self.bring_back(work, &ids)?;
        self.take_page(work, &ids, page.total_count, found + back, random, now)
    }

    /// Whoever has an outcome as gone and is listed still is deleted once more: a list may lag, but it may be right.
    fn bring_back(&self, work: &Work, ids: &[&str]) -> Result<u64, StoreError> {
        let rows = self.store.run(
            "UPDATE items SET state = 'waiting', ambiguous = 1
             WHERE work = ?1 AND state = 'done' AND participant IN (SELECT value FROM json_each(?2)) RETURNING id",
            &values![work.id, json(&ids)?],
        )?;
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }

    /// There is no such meeting any more: its list is empty.
    pub(super) fn read_nothing(
        &self,
        work: &Work,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        let begun: Pass = serde_json::from_str(&work.reading).unwrap_or_default();
        let mut pass = Pass::default();
        pass.read(1, &[], &[], Some(0));
        pass.found = begun.found;
        self.end_pass(work, &pass, true, random, now)
    }

    fn take_page(
        &self,
        work: &Work,
        ids: &[&str],
        total: Option<u64>,
        found: u64,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        let mut pass: Pass = serde_json::from_str(&work.reading).unwrap_or_default();
        let before = self.page_ids(work.id, work.pass, work.page.saturating_sub(1))?;
        let more = pass.read(work.page, ids, &before, total);
        pass.found = pass.found.saturating_add(found);
        if more || work.page > 1 {
            self.store.run(
                "INSERT OR REPLACE INTO pages (work, pass, page, ids) VALUES (?1, ?2, ?3, ?4)",
                &values![work.id, work.pass, work.page, json(&ids)?],
            )?;
        }
        if more {
            self.store.run(
                "UPDATE works SET page = page + 1, reading = ?2 WHERE id = ?1",
                &values![work.id, json(&pass)?],
            )?;
            return self.enter(work.id, Stage::Reading, Some(now));
        }
        let whole = if work.page == 1 {
            let distinct: HashSet<&str> = ids.iter().copied().collect();
            pass.is_whole(count(&distinct))
        } else {
            self.is_whole(work, &pass)?
        };
        self.end_pass(work, &pass, whole, random, now)
    }

    /// Whether a pass of several pages is whole, and for a meeting's participants agrees with the one before.
    fn is_whole(&self, work: &Work, pass: &Pass) -> Result<bool, StoreError> {
        let ids = self.pass_ids(work.id, work.pass)?;
        let distinct: HashSet<&str> = ids.iter().map(String::as_str).collect();
        if !pass.is_whole(count(&distinct)) {
            return Ok(false);
        }
        // Whoever was found is looked for again anyway, in a pass of its own.
        if work.meeting.is_none() || pass.found > 0 {
            return Ok(true);
        }
        let rows = self.store.run(
            "SELECT participant FROM items WHERE work = ?1",
            &values![work.id],
        )?;
        let ours = rows
            .iter()
            .map(|row| row.text(0).map(str::to_owned))
            .collect::<Result<_, _>>()?;
        let before = self.pass_ids(work.id, work.pass.saturating_sub(1))?;
        Ok(agrees(&before, &distinct, &ours))
    }

    fn end_pass(
        &self,
        work: &Work,
        pass: &Pass,
        whole: bool,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        // A list that never says how long it is may end early unseen: it is believed at its third reading in a row.
        let whole = whole && (pass.has_total() || work.unclean_passes >= 2);
        let unclean = if whole { 0 } else { work.unclean_passes + 1 };
        self.store.run(
            "UPDATE works SET unclean_passes = ?2 WHERE id = ?1",
            &values![work.id, unclean],
        )?;
        if unclean >= MAX_UNCLEAN_PASSES {
            return self.give_up(
                work,
                "the list could not be read whole: its pages contradict each other or its total",
                now,
            );
        }
        if work.pass >= MAX_PASSES && !(whole && pass.found == 0) {
            return self.give_up(
                work,
                "somebody new was found in every reading of the list",
                now,
            );
        }
        if work.meeting.is_some() && pass.found > 0 && !work.dry_run {
            return self.put_out(work.id, now);
        }
        if !whole {
            return self.read_again(work, repeat_after(unclean, random, now));
        }
        if work.meeting.is_none() && pass.found > 0 {
            self.enter(work.id, Stage::Settled, None)?;
            return self.go_on(work.removal, now);
        }
        self.end_reading(work, now)
    }

    /// The list was read whole and showed nobody new. Participants that a target names may be waiting still.
    fn end_reading(&self, work: &Work, now: u64) -> Result<(), StoreError> {
        let rows = self.store.run(
            "SELECT EXISTS (SELECT 1 FROM items WHERE work = ?1 AND state = 'waiting')",
            &values![work.id],
        )?;
        if first_row(&rows)?.flag(0)? {
            return self.put_out(work.id, now);
        }
        self.end_work(work, Stage::Done, now)
    }

    fn page_ids(&self, work: u64, pass: u32, page: u32) -> Result<Vec<String>, StoreError> {
        let rows = self.store.run(
            "SELECT ids FROM pages WHERE work = ?1 AND pass = ?2 AND page = ?3",
            &values![work, pass, page],
        )?;
        rows.first().map_or_else(|| Ok(Vec::new()), ids_of)
    }

    fn pass_ids(&self, work: u64, pass: u32) -> Result<Vec<String>, StoreError> {
        let rows = self.store.run(
            "SELECT ids FROM pages WHERE work = ?1 AND pass = ?2 ORDER BY page",
            &values![work, pass],
        )?;
        let pages: Vec<Vec<String>> = rows.iter().map(ids_of).collect::<Result<_, _>>()?;
        Ok(pages.into_iter().flatten().collect())
    }
}

fn ids_of(row: &Row) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(row.text(0)?).map_err(|error| StoreError(error.to_string()))
}

fn count(distinct: &HashSet<&str>) -> u64 {
    u64::try_from(distinct.len()).unwrap_or(u64::MAX)
}
