//! The endpoints: lists and their lies, single participants, deletes, sessions and kicks.

use participant_remover::realtimekit::RawAnswer;
use serde_json::{Value, json};

use super::answers::{error, no_route, ok};
use super::{Api, Churn, rows};
use crate::population::{Gone, Participant};

/// The default page size.
const PLAIN_ROWS: usize = 20;

impl Api {
    pub(super) fn list_meetings(&mut self, query: &str, now: u64) -> RawAnswer {
        if self.quirks.missing_list {
            return error(404, "Not found");
        }
        if self.strikes(self.faults.unrouted, now) {
            self.totals.unrouted += 1;
            return no_route();
        }
        let meetings = self.population.meetings.iter();
        let mut rows: Vec<Value> = meetings.map(rows::meeting).collect();
        if self.population.newest_first {
            rows.reverse();
        }
        self.page(&rows, query, now)
    }

    pub(super) fn list_participants(&mut self, meeting: &str, query: &str, now: u64) -> RawAnswer {
        if is_first_page(query) {
            self.first_pages
                .entry(meeting.to_owned())
                .or_default()
                .push(now);
        }
        let newest_first = self.population.newest_first;
        let stale = self.happens(self.faults.stale, now);
        self.churn(meeting, query, now);
        let Some(meeting) = self.population.meeting(meeting) else {
            return error(404, "No meeting found");
        };
        let listed = meeting.participants.iter();
        let mut first_gone = stale;
        let lag = self.quirks.lag_ms;
        let lags = |p: &Participant| p.gone.is_some_and(|gone| now < gone.at + lag);
        let listed =
            listed.filter(|p| p.gone.is_none() || lags(p) || std::mem::take(&mut first_gone));
        let mut rows: Vec<Value> = listed.map(rows::participant).collect();
        if newest_first {
            rows.reverse();
        }
        self.page(&rows, query, now)
    }

    /// Between two pages, one of the participants already shown leaves and another is added: at once, or before the
    /// next page. This happens once per run: somebody who slips over the edge of a page in every reading cannot be
    /// seen.
    fn churn(&mut self, meeting: &str, query: &str, now: u64) {
        let comes = match self.churned {
            Churn::NotYet => {
                if is_first_page(query) || !self.happens(self.faults.churn, now) {
                    return;
                }
                if !self.population.lose_first_listed(meeting, now) {
                    return;
                }
                self.chance.bool()
            }
            Churn::Owed => true,
            Churn::Done => return,
        };
        self.churned = if comes { Churn::Done } else { Churn::Owed };
        if comes {
            self.population.add_to(meeting, "user-0", now);
        }
    }

    pub(super) fn page(&mut self, rows: &[Value], query: &str, now: u64) -> RawAnswer {
        let number = |name: &str| {
            let value = query
                .split('&')
                .find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
            value
                .and_then(|value| value.parse::<usize>().ok())
                .unwrap_or(1)
        };
        let asked = query.contains("per_page").then(|| number("per_page"));
        if self
            .quirks
            .largest_page
            .is_some_and(|most| asked.is_some_and(|asked| asked > most))
        {
            return error(400, "per_page is too large");
        }
        let size = asked.unwrap_or(PLAIN_ROWS).min(self.page_rows);
        let mut start = (number("page_no") - 1) * size;
        if self.quirks.missing_pages && start > 0 && start >= rows.len() {
            return error(404, "No such page");
        }
        let mut total = Some(rows.len()).filter(|_| !self.no_totals);
        let mut cut = size;
        if self.quirks.cuts > 0 && start == 0 && rows.len() > size {
            self.quirks.cuts -= 1;
            total = Some(size);
        }
        let last = start + size >= rows.len();
        if self.strikes(self.faults.lying, now) {
            self.totals.lies += 1;
            match self.chance.u8(0..5) {
                // Without a total, rows cut off in every reading cannot be seen: only once per run.
                0 if !(self.no_totals && std::mem::replace(&mut self.cut_unseen, true)) => {
                    cut = self.chance.usize(0..size);
                }
                1 => start = start.saturating_sub(size),
                2 => total = Some(rows.len() + self.chance.usize(1..4)),
                // A total that is too small is a detectable lie only if there are more rows than it says.
                3 if last && rows.len() > 1 => total = Some(rows.len() - 1),
                _ => total = None,
            }
        }
        let shown: Vec<&Value> = rows
            .iter()
            .take(rows.len() - self.missing_rows.min(rows.len()))
            .skip(start)
            .take(size.min(cut))
            .collect();
        let paging = total.map(|total| {
            json!({"start_offset": start, "end_offset": start + shown.len(), "total_count": total})
        });
        ok(&json!({"success": true, "data": shown, "paging": paging}))
    }

    pub(super) fn one(&mut self, meeting: &str, id: &str) -> RawAnswer {
        let meeting = self.population.meeting(meeting);
        match meeting.and_then(|meeting| meeting.present().find(|p| p.id == id)) {
            Some(found) => ok(&json!({"success": true, "data": rows::participant(found)})),
            None => error(404, "No user found"),
        }
    }

    pub(super) fn delete(&mut self, meeting: &str, id: &str, now: u64) -> RawAnswer {
        let is_there = self.population.meeting(meeting);
        let is_there = is_there.is_some_and(|m| m.present().any(|p| p.id == id));
        let idle = self.quirks.idle_deletes > 0 || self.strikes(self.faults.idle, now);
        if is_there && idle {
            self.quirks.idle_deletes = self.quirks.idle_deletes.saturating_sub(1);
            self.totals.idle_deletes += 1;
            self.idle_deletes.push((meeting.to_owned(), id.to_owned()));
            return ok(&json!({"success": true, "data": {"created_at": "2026-01-01T00:00:00Z"}}));
        }
        let gone = Gone {
            at: now,
            by_us: true,
        };
        let deleted = self
            .population
            .meeting(meeting)
            .is_some_and(|m| m.delete(id, gone));
        if deleted {
            self.deletes.push((meeting.to_owned(), id.to_owned(), now));
            ok(&json!({"success": true, "data": {"created_at": "2026-01-01T00:00:00Z"}}))
        } else {
            error(404, "No user found with id")
        }
    }

    pub(super) fn session(&mut self, meeting: &str, now: u64) -> RawAnswer {
        let meeting = self.population.meeting(meeting);
        if meeting.is_some_and(|m| m.participants.iter().any(|p| p.is_live(now))) {
            ok(&json!({"success": true, "data": {}}))
        } else {
            error(404, "No active session")
        }
    }

    /// Kicks everyone or those named; 404 if nobody is live, or if one of those named is not.
    pub(super) fn kick(&mut self, meeting: &str, ids: Option<&[String]>, now: u64) -> RawAnswer {
        self.totals.kicks += 1;
        if self.happens(self.faults.unkickable, now) {
            return self.some_5xx();
        }
        let returns = self.happens(self.faults.returns, now);
        let Some(meeting) = self.population.meeting(meeting) else {
            return error(404, "No meeting found");
        };
        let people = meeting.participants.iter();
        let live = |id: &String| people.clone().any(|p| p.is_live(now) && *id == p.id);
        if let Some(ids) = ids
            && !ids.iter().all(live)
        {
            return error(404, "No user found with id");
        }
        let mut kicked = 0;
        for participant in &mut meeting.participants {
            let named = ids.is_none_or(|ids| ids.contains(&participant.id));
            if named && participant.is_live(now) {
                kicked += 1;
                let back = returns && participant.gone.is_none() && self.chance.bool();
                let delay = self.chance.u64(1..20_000);
                participant.live = false;
                participant.back_at = back.then_some(now + delay);
            }
        }
        if kicked == 0 {
            return error(404, "No active session");
        }
        ok(&json!({"success": true, "data": {"kicked_participants_count": kicked}}))
    }
}

/// Returns whether the first page of a list is requested, with or without a page size.
fn is_first_page(query: &str) -> bool {
    query.split('&').any(|part| part == "page_no=1")
}
