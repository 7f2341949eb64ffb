//! What goes wrong in a run, and how often.

use fastrand::Rng;

use crate::clock::START;

/// The chance of each fault, in 0.0..1.0, while faults are on.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// A request never arrives.
    pub lost_before: f64,
    /// A request takes effect and its answer never arrives.
    pub lost_after: f64,
    /// The connection breaks at once instead of silently.
    pub broken: f64,
    /// A 5xx without effect.
    pub error_before: f64,
    /// A 5xx after the effect.
    pub error_after: f64,
    /// A 429 out of nowhere.
    pub limited: f64,
    /// A 200 whose body is no JSON of the API.
    pub garbled: f64,
    /// A list that lies: cut short, repeated, of another length than it says, or without its length.
    pub lying: f64,
    /// The process dies between two turns.
    pub crash: f64,
    /// The process dies in the middle of a turn.
    pub crash_inside: f64,
    /// A statement fails, and the process lives on.
    pub disk: f64,
    /// A list shows somebody who is deleted already.
    pub stale: f64,
    /// The ledger cannot be opened.
    pub open: f64,
    /// An alarm is delivered twice.
    pub twice: f64,
    /// An answer's `Ratelimit` leaves less than the API would take.
    pub stingy: f64,
    /// Somebody goes and somebody comes while a list is read.
    pub churn: f64,
    /// A list of meetings is not found: the gateway knows no such account or app.
    pub unrouted: f64,
    /// A delete is answered as done and does nothing.
    pub idle: f64,
    /// Somebody who was kicked comes back, unless they are deleted before.
    pub returns: f64,
    /// A kick is answered with a 5xx and does nothing.
    pub unkickable: f64,
    /// The API token is refused from and to, in milliseconds after the start.
    pub token_outages: Vec<(u64, u64)>,
    /// Everything is answered with a 5xx from and to, in milliseconds after the start.
    pub outages: Vec<(u64, u64)>,
    /// The longest time of a request's way there or back, in milliseconds.
    pub latency: u64,
    /// When all faults end, in milliseconds after the start.
    pub end: u64,
}

impl Faults {
    /// Nothing goes wrong; a request takes `latency` at most each way.
    #[must_use]
    pub fn none(latency: u64) -> Self {
        Self {
            latency,
            ..Self::default()
        }
    }

    /// Faults of a seed: some kinds often, some rarely, some not at all; never none.
    #[must_use]
    pub fn of(chance: &mut Rng) -> Self {
        let end = chance.u64(60_000..3_600_000);
        let mut faults = Self {
            lost_before: some(chance, 0.15),
            lost_after: some(chance, 0.15),
            broken: chance.f64(),
            error_before: some(chance, 0.2),
            error_after: some(chance, 0.1),
            limited: some(chance, 0.02),
            garbled: some(chance, 0.05),
            lying: some(chance, 0.3),
            crash: some(chance, 0.03),
            crash_inside: some(chance, 0.02),
            disk: some(chance, 0.01),
            stale: some(chance, 0.05),
            open: some(chance, 0.5),
            twice: some(chance, 0.3),
            stingy: some(chance, 0.05),
            churn: some(chance, 0.1),
            unrouted: some(chance, 0.1),
            idle: some(chance, 0.05),
            returns: some(chance, 1.0),
            unkickable: 0.0,
            token_outages: spans(chance, end),
            outages: spans(chance, end),
            latency: 1 << chance.u32(2..12),
            end,
        };
        if faults.lost_after + faults.error_before + faults.crash <= 0.0 {
            faults.lost_after = 0.1;
        }
        faults
    }

    /// Whether the API refuses the token at that time.
    #[must_use]
    pub fn refuses_token(&self, now: u64) -> bool {
        holds(&self.token_outages, now)
    }

    /// Whether the API answers nothing but 5xx at that time.
    #[must_use]
    pub fn is_out(&self, now: u64) -> bool {
        now < START + self.end && holds(&self.outages, now)
    }

    /// The same without anything that goes wrong.
    #[must_use]
    pub fn ended(&self) -> Self {
        Self {
            end: self.end,
            ..Self::none(self.latency)
        }
    }
}

fn holds(spans: &[(u64, u64)], now: u64) -> bool {
    let mut spans = spans.iter();
    spans.any(|(from, to)| (START + from..START + to).contains(&now))
}

/// In most runs none; otherwise a long one or several short ones.
fn spans(chance: &mut Rng, end: u64) -> Vec<(u64, u64)> {
    let (count, longest) = match chance.u8(0..10) {
        0 => (1, 1_200_000),
        1 => (chance.usize(1..8), 30_000),
        _ => (0, 1),
    };
    let span = |chance: &mut Rng| {
        let from = chance.u64(0..end);
        (from, from + chance.u64(1..=longest))
    };
    std::iter::repeat_with(|| span(chance))
        .take(count)
        .collect()
}

fn some(chance: &mut Rng, most: f64) -> f64 {
    match chance.u8(0..4) {
        0 => 0.0,
        1 => most * chance.f64(),
        _ => most * chance.f64() * chance.f64(),
    }
}
