//! `RealtimeKit` as the ledger meets it: lists by pages, deletes, kicks, live sessions, a limit with its headers and its
//! block, and lies.

use std::collections::VecDeque;

use fastrand::Rng;
use participant_remover::realtimekit::{ApiRequest, Method, RawAnswer};
use serde_json::{Value, json};

use crate::clock::START;
use crate::faults::Faults;
use crate::population::{Gone, Meeting, Population};
use crate::report::Totals;

const FIVE_MINUTES: u64 = 300_000;

/// The modelled API.
pub struct Api {
    /// Whom it knows.
    pub population: Population,
    /// What goes wrong.
    pub faults: Faults,
    /// The most rows of a page, whatever is asked for.
    pub page_rows: usize,
    /// Requests in five minutes before everything is blocked.
    pub quota: usize,
    /// Whether answers carry `Ratelimit`.
    pub headers: bool,
    /// A `Ratelimit` that every answer carries instead.
    pub fixed_header: Option<String>,
    /// When each request arrived.
    pub arrivals: Vec<u64>,
    /// When the first page of each meeting's list was asked for last, by its id.
    pub first_pages: std::collections::HashMap<String, Vec<u64>>,
    /// Deletes that took effect: meeting, participant, time.
    pub deletes: Vec<(String, String, u64)>,
    /// What has happened.
    pub totals: Totals,
    window: VecDeque<u64>,
    blocked_until: u64,
    chance: Rng,
}

impl Api {
    /// An API with these people.
    #[must_use]
    pub fn new(population: Population, faults: Faults, chance: Rng) -> Self {
        Self {
            population,
            faults,
            page_rows: 100,
            quota: 1200,
            headers: true,
            fixed_header: None,
            arrivals: Vec::new(),
            first_pages: std::collections::HashMap::new(),
            deletes: Vec::new(),
            totals: Totals::default(),
            window: VecDeque::new(),
            blocked_until: 0,
            chance,
        }
    }

    /// Whether a fault of that chance strikes now.
    pub fn strikes(&mut self, chance: f64, now: u64) -> bool {
        now < START + self.faults.end && chance > 0.0 && self.chance.f64() < chance
    }

    /// A request arrives.
    pub fn handle(&mut self, request: &ApiRequest, now: u64) -> RawAnswer {
        self.arrivals.push(now);
        let mut answer = self.answer(request, now);
        if self.headers {
            let used = self.window.len();
            let left = self.quota.saturating_sub(used);
            let oldest = self.window.front().map_or(now, |at| at + FIVE_MINUTES);
            let seconds = oldest.saturating_sub(now).div_ceil(1000).max(1);
            answer.ratelimit = Some(format!("\"default\";r={left};t={seconds}"));
            answer.ratelimit_policy = Some(format!("\"default\";q={};w=300", self.quota));
        }
        if let Some(header) = &self.fixed_header {
            answer.ratelimit = Some(header.clone());
        }
        answer
    }

    fn answer(&mut self, request: &ApiRequest, now: u64) -> RawAnswer {
        if let Some(blocked) = self.limit(now) {
            return blocked;
        }
        let outage = self.faults.token_outage;
        if outage.is_some_and(|(from, to)| (START + from..START + to).contains(&now)) {
            self.totals.refused += 1;
            return error(401, "Authentication error");
        }
        if self.strikes(self.faults.error_before, now) {
            self.totals.errors += 1;
            return self.some_5xx();
        }
        let answer = self.act(request, now);
        if self.strikes(self.faults.error_after, now) {
            self.totals.errors += 1;
            return self.some_5xx();
        }
        if self.strikes(self.faults.garbled, now) {
            self.totals.garbled += 1;
            return RawAnswer {
                status: 200,
                body: Some("<html>".to_owned()),
                ..RawAnswer::default()
            };
        }
        answer
    }

    /// Counts a request; a 429 when there are too many, or out of nowhere.
    fn limit(&mut self, now: u64) -> Option<RawAnswer> {
        while self
            .window
            .front()
            .is_some_and(|at| at + FIVE_MINUTES <= now)
        {
            self.window.pop_front();
        }
        if now < self.blocked_until {
            self.totals.limited += 1;
            return Some(limited(Some(
                (self.blocked_until - now).div_ceil(1000).to_string(),
            )));
        }
        self.window.push_back(now);
        if self.window.len() > self.quota {
            self.totals.limited += 1;
            self.totals.own_429 += 1;
            self.blocked_until = now + FIVE_MINUTES;
            return Some(limited(None));
        }
        if self.strikes(self.faults.limited, now) {
            self.totals.limited += 1;
            let retry_after = match self.chance.u8(0..4) {
                0 => None,
                1 => Some("soon".to_owned()),
                2 => Some(self.chance.u32(0..3).to_string()),
                _ => Some(self.chance.u32(1..120).to_string()),
            };
            return Some(limited(retry_after));
        }
        None
    }

    fn some_5xx(&mut self) -> RawAnswer {
        let status = *self
            .chance
            .choice(&[500, 502, 503, 504, 520])
            .unwrap_or(&500);
        let retry_after = (status == 503).then(|| self.chance.u32(0..5).to_string());
        RawAnswer {
            status,
            body: Some(String::new()),
            retry_after,
            ..RawAnswer::default()
        }
    }

    fn act(&mut self, request: &ApiRequest, now: u64) -> RawAnswer {
        let url = &request.url;
        let path = url
            .split_once("/kit/app/")
            .map_or(url.as_str(), |(_, path)| path);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.split('/').collect();
        match (request.method, parts.as_slice()) {
            (Method::Get, ["meetings"]) => self.list_meetings(query, now),
            (Method::Get, ["meetings", meeting, "participants"]) => {
                self.list_participants(meeting, query, now)
            }
            (Method::Get, ["meetings", meeting, "participants", id]) => self.one(meeting, id),
            (Method::Delete, ["meetings", meeting, "participants", id]) => {
                self.delete(meeting, id, now)
            }
            (Method::Get, ["meetings", meeting, "active-session"]) => self.session(meeting),
            (Method::Post, ["meetings", meeting, "active-session", "kick-all"]) => {
                self.kick(meeting, None)
            }
            (Method::Post, ["meetings", meeting, "active-session", "kick"]) => {
                self.kick(meeting, request.body.as_deref())
            }
            _ => error(404, "No such route"),
        }
    }

    fn list_meetings(&mut self, query: &str, now: u64) -> RawAnswer {
        let row = |meeting: &Meeting| {
            let status = if meeting.active { "ACTIVE" } else { "INACTIVE" };
            json!({"id": meeting.id, "status": status, "created_at": meeting.id, "title": "secret"})
        };
        let mut rows: Vec<Value> = self.population.meetings.iter().map(row).collect();
        if self.population.newest_first {
            rows.reverse();
        }
        self.page(&rows, query, now)
    }

    fn list_participants(&mut self, meeting: &str, query: &str, now: u64) -> RawAnswer {
        if query.contains("page_no=1&") {
            self.first_pages
                .entry(meeting.to_owned())
                .or_default()
                .push(now);
        }
        let newest_first = self.population.newest_first;
        let stale = self.strikes(self.faults.stale, now);
        let Some(meeting) = self.population.meeting(meeting) else {
            return error(404, "No meeting found");
        };
        let listed = meeting.participants.iter();
        let mut first_gone = stale;
        let listed = listed.filter(|p| p.gone.is_none() || std::mem::take(&mut first_gone));
        let mut rows: Vec<Value> = listed
            .map(|p| json!({"id": p.id, "custom_participant_id": p.user, "name": "secret"}))
            .collect();
        if newest_first {
            rows.reverse();
        }
        self.page(&rows, query, now)
    }

    fn page(&mut self, rows: &[Value], query: &str, now: u64) -> RawAnswer {
        let number = |name: &str| {
            let value = query
                .split('&')
                .find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
            value
                .and_then(|value| value.parse::<usize>().ok())
                .unwrap_or(1)
        };
        let size = number("per_page").min(self.page_rows);
        let mut start = (number("page_no") - 1) * size;
        let mut total = Some(rows.len());
        let mut cut = size;
        let last = start + size >= rows.len();
        if self.strikes(self.faults.lying, now) {
            self.totals.lies += 1;
            match self.chance.u8(0..5) {
                0 => cut = self.chance.usize(0..size),
                1 => start = start.saturating_sub(size),
                2 => total = Some(rows.len() + self.chance.usize(1..4)),
                // A total that is too small is a lie that can be seen only where the rows go beyond it.
                3 if last && rows.len() > 1 => total = Some(rows.len() - 1),
                _ => total = None,
            }
        }
        let shown: Vec<&Value> = rows.iter().skip(start).take(size.min(cut)).collect();
        let paging = total.map(|total| {
            json!({"start_offset": start, "end_offset": start + shown.len(), "total_count": total})
        });
        ok(&json!({"success": true, "data": shown, "paging": paging}))
    }

    fn one(&mut self, meeting: &str, id: &str) -> RawAnswer {
        let meeting = self.population.meeting(meeting);
        match meeting.and_then(|meeting| meeting.present().find(|p| p.id == id)) {
            Some(found) => ok(&json!({"success": true, "data": {"id": found.id}})),
            None => error(404, "No user found"),
        }
    }

    fn delete(&mut self, meeting: &str, id: &str, now: u64) -> RawAnswer {
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

    fn session(&mut self, meeting: &str) -> RawAnswer {
        let meeting = self.population.meeting(meeting);
        if meeting.is_some_and(|m| m.participants.iter().any(|p| p.live)) {
            ok(&json!({"success": true, "data": {}}))
        } else {
            error(404, "No active session")
        }
    }

    /// Kicks all, or those named; 404 when nobody is live, or when one of those named is not.
    fn kick(&mut self, meeting: &str, body: Option<&str>) -> RawAnswer {
        self.totals.kicks += 1;
        let body: Value = body
            .and_then(|body| serde_json::from_str(body).ok())
            .unwrap_or_default();
        let ids = body.get("participant_ids").and_then(Value::as_array);
        let Some(meeting) = self.population.meeting(meeting) else {
            return error(404, "No meeting found");
        };
        let live = |id: &Value| meeting.participants.iter().any(|p| p.live && *id == *p.id);
        if let Some(ids) = ids
            && !ids.iter().all(live)
        {
            return error(404, "No user found with id");
        }
        let mut kicked = 0;
        for participant in &mut meeting.participants {
            let named = ids.is_none_or(|ids| ids.iter().any(|id| *id == *participant.id));
            kicked += u32::from(named && std::mem::take(&mut participant.live));
        }
        if kicked == 0 {
            return error(404, "No active session");
        }
        ok(&json!({"success": true, "data": {"kicked_participants_count": kicked}}))
    }
}

fn ok(body: &Value) -> RawAnswer {
    RawAnswer {
        status: 200,
        body: Some(body.to_string()),
        ..RawAnswer::default()
    }
}

fn error(status: u16, message: &str) -> RawAnswer {
    let body = json!({"success": false, "error": {"code": status, "message": message}});
    RawAnswer {
        status,
        body: Some(body.to_string()),
        ..RawAnswer::default()
    }
}

fn limited(retry_after: Option<String>) -> RawAnswer {
    RawAnswer {
        retry_after,
        ..error(429, "Too many requests")
    }
}
