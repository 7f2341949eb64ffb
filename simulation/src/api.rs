//! `RealtimeKit` as the ledger sees it: paged lists, deletes, kicks, live sessions, a limit with its headers and its
//! block, and lies.

mod answers;
mod endpoints;
mod limit;
mod rows;

use std::collections::VecDeque;

use fastrand::Rng;
use participant_remover::realtimekit::{ApiRequest, RawAnswer};

use crate::asked::Asked;
use crate::clock::START;
use crate::faults::Faults;
use crate::population::Population;
use crate::report::Totals;
pub use answers::error;
use answers::{forbidden, no_route, unauthorized};

/// The maximum number of fault opportunities until the first fault strikes.
const PATIENCE: u32 = 10;

/// Whether one participant has left and another has been added while a list was being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Churn {
    NotYet,
    /// One has left, and the other is still to be added.
    Owed,
    Done,
}

/// Behaviour not known of the real API, which must not mislead the ledger.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quirks {
    /// How long a list keeps showing participants who are gone, in milliseconds.
    pub lag_ms: u64,
    /// Whether a page past the last one is a 404.
    pub missing_pages: bool,
    /// How many lists are cut off after their first page, with a total to match.
    pub cuts: usize,
    /// How many deletes are answered with success but do nothing.
    pub idle_deletes: usize,
    /// Whether the account or the app is unknown to the gateway.
    pub no_route: bool,
    /// Whether the list of meetings is a 404 that says nothing about the app.
    pub missing_list: bool,
    /// The maximum page size that may be requested: more is a 400.
    pub largest_page: Option<usize>,
}

/// Answers a request, given with its arrival time, in place of the API.
pub type Instead = Box<dyn FnMut(&ApiRequest, u64) -> Option<RawAnswer>>;

/// The modelled API.
pub struct Api {
    /// The people it knows.
    pub population: Population,
    /// What goes wrong.
    pub faults: Faults,
    /// The maximum number of rows per page, whatever is requested.
    pub page_rows: usize,
    /// The number of requests in five minutes beyond which everything is blocked.
    pub quota: usize,
    /// Whether responses carry `Ratelimit` and `Ratelimit-Policy`.
    pub headers: bool,
    /// A fixed `Ratelimit` value that every response carries instead.
    pub fixed_header: Option<String>,
    /// How many rows every list omits at its end.
    pub missing_rows: usize,
    /// Whether lists omit their totals.
    pub no_totals: bool,
    /// Requests whose URL contains this get a 5xx.
    pub breaks: Option<String>,
    /// Requests whose URL ends with this are refused with a 403.
    pub refuses: Option<String>,
    /// Behaviour not known of the real API.
    pub quirks: Quirks,
    /// Answers some requests in place of the API.
    pub instead: Option<Instead>,
    /// When each request arrived.
    pub arrivals: Vec<u64>,
    /// When the first page of each meeting's list was requested, by its id; the oldest first.
    pub first_pages: std::collections::HashMap<String, Vec<u64>>,
    /// Deletes that took effect: meeting, participant, time.
    pub deletes: Vec<(String, String, u64)>,
    /// Deletes that were answered with success but did nothing: meeting, participant.
    pub idle_deletes: Vec<(String, String)>,
    /// When the token was last refused.
    pub last_refused: u64,
    /// Counts of what has happened.
    pub totals: Totals,
    window: VecDeque<u64>,
    blocked_until: u64,
    churned: Churn,
    /// Whether a list without a total has been cut short.
    cut_unseen: bool,
    /// The number of fault opportunities until one certainly strikes; 0 once one has struck.
    strike_countdown: u32,
    chance: Rng,
}

impl Api {
    /// Creates an API with these people.
    #[must_use]
    pub fn new(population: Population, faults: Faults, mut chance: Rng) -> Self {
        Self {
            churned: Churn::NotYet,
            cut_unseen: false,
            strike_countdown: chance.u32(1..=PATIENCE),
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
            quirks: Quirks::default(),
            instead: None,
            arrivals: Vec::new(),
            first_pages: std::collections::HashMap::new(),
            deletes: Vec::new(),
            idle_deletes: Vec::new(),
            last_refused: 0,
            totals: Totals::default(),
            window: VecDeque::new(),
            blocked_until: 0,
            chance,
        }
    }

    /// Decides whether a fault with this chance strikes now. If none has struck yet after a number of opportunities,
    /// one certainly does.
    pub fn strikes(&mut self, chance: f64, now: u64) -> bool {
        if chance <= 0.0 || now >= START + self.faults.end {
            return false;
        }
        let is_sure = self.strike_countdown == 1;
        self.strike_countdown = self.strike_countdown.saturating_sub(1);
        let strikes = self.chance.f64() < chance || is_sure;
        if strikes {
            self.strike_countdown = 0;
        }
        strikes
    }

    /// Decides whether something with this chance happens now that is not in itself a fault.
    pub fn happens(&mut self, chance: f64, now: u64) -> bool {
        now < START + self.faults.end && chance > 0.0 && self.chance.f64() < chance
    }

    /// Handles a request on its arrival.
    pub fn handle(&mut self, request: &ApiRequest, now: u64) -> RawAnswer {
        self.arrivals.push(now);
        if let Some(answer) = self
            .instead
            .as_mut()
            .and_then(|instead| instead(request, now))
        {
            return answer;
        }
        // The limit is per token: a request without a valid one neither counts nor gets the limit's headers.
        if self.faults.refuses_token(now) {
            self.note_refusal(now);
            return unauthorized();
        }
        let mut answer = self.answer(request, now);
        if self.headers {
            self.tell_limit(&mut answer, now);
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
        if self.quirks.no_route {
            return no_route();
        }
        let refuses = self.refuses.as_ref();
        if refuses.is_some_and(|end| request.url.ends_with(end.as_str())) {
            self.note_refusal(now);
            return forbidden();
        }
        let breaks = self.breaks.as_ref();
        let broken = self.faults.is_out(now)
            || breaks.is_some_and(|part| request.url.contains(part.as_str()));
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

    fn note_refusal(&mut self, now: u64) {
        self.totals.refused += 1;
        self.last_refused = now;
    }

    fn act(&mut self, request: &ApiRequest, now: u64) -> RawAnswer {
        let query = request.url.split_once('?').map_or("", |(_, query)| query);
        match Asked::of(request) {
            Asked::Meetings => self.list_meetings(query, now),
            Asked::Participants(meeting) => self.list_participants(&meeting, query, now),
            Asked::Look(meeting, id) => self.one(&meeting, &id),
            Asked::Delete(meeting, id) => self.delete(&meeting, &id, now),
            Asked::Session(meeting) => self.session(&meeting, now),
            Asked::KickAll(meeting) => self.kick(&meeting, None, now),
            Asked::Kick(meeting, ids) => self.kick(&meeting, Some(&ids), now),
            Asked::Nothing => no_route(),
        }
    }
}
