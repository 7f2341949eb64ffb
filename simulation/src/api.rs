//! `RealtimeKit` as the ledger meets it: lists by pages, deletes, kicks, live sessions, a limit with its headers and its
//! block, and lies.

mod endpoints;

use std::collections::VecDeque;

use fastrand::Rng;
use participant_remover::realtimekit::{ApiRequest, Method, RawAnswer};
use serde_json::{Value, json};

use crate::clock::START;
use crate::faults::Faults;
use crate::population::Population;
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
    /// How many rows every list leaves out at its end.
    pub missing_rows: usize,
    /// Whether lists leave their totals out.
    pub no_totals: bool,
    /// Requests whose URL holds this are answered with 500.
    pub breaks: Option<String>,
    /// Requests whose path ends like this are refused with 403.
    pub refuses: Option<String>,
    /// When each request arrived.
    pub arrivals: Vec<u64>,
    /// When the first page of each meeting's list was asked for last, by its id.
    pub first_pages: std::collections::HashMap<String, Vec<u64>>,
    /// Deletes that took effect: meeting, participant, time.
    pub deletes: Vec<(String, String, u64)>,
    /// When the token was refused last.
    pub last_refused: u64,
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
            missing_rows: 0,
            no_totals: false,
            breaks: None,
            refuses: None,
            arrivals: Vec::new(),
            first_pages: std::collections::HashMap::new(),
            deletes: Vec::new(),
            last_refused: 0,
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
            self.last_refused = now;
            return error(401, "Authentication error");
        }
        let refuses = self.refuses.as_ref();
        if refuses.is_some_and(|end| request.url.ends_with(end.as_str())) {
            self.totals.refused += 1;
            self.last_refused = now;
            return error(403, "Forbidden");
        }
        let breaks = self.breaks.as_ref();
        let broken = breaks.is_some_and(|part| request.url.contains(part.as_str()));
        if broken || self.strikes(self.faults.error_before, now) {
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
