//! What goes wrong in a run, and how often.

use fastrand::Rng;

use crate::clock::START;

/// The chance of each fault, from 0.0 to 1.0, while faults are on.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// A request is lost on its way.
    pub lost_before: f64,
    /// A request takes effect, but its response is lost.
    pub lost_after: f64,
    /// Given a loss: the connection breaks instead of staying silent.
    pub broken: f64,
    /// A 5xx without effect.
    pub error_before: f64,
    /// A 5xx after the effect.
    pub error_after: f64,
    /// A 429 at random.
    pub limited: f64,
    /// A 200 whose body is not the API's JSON.
    pub garbled: f64,
    /// A list lies: it is cut short or repeated, or its total is wrong or missing.
    pub lying: f64,
    /// The process dies between two turns.
    pub crash: f64,
    /// The process dies in the middle of a turn.
    pub crash_inside: f64,
    /// A statement fails, but the process survives.
    pub disk: f64,
    /// A list shows somebody who is already deleted.
    pub stale: f64,
    /// The ledger cannot be opened.
    pub open: f64,
    /// An alarm is delivered twice.
    pub twice: f64,
    /// A response's `Ratelimit` allows less than the API would.
    pub stingy: f64,
    /// Somebody leaves and somebody is added while a list is being read.
    pub churn: f64,
    /// The list of meetings is a 404: the gateway knows no such account or app.
    pub unrouted: f64,
    /// A delete is answered with success but does nothing.
    pub idle: f64,
    /// Somebody who was kicked comes back, unless deleted first.
    pub returns: f64,
    /// A kick fails with a 5xx and does nothing.
    pub unkickable: f64,
    /// Periods in which the API token is refused: from and to, in milliseconds after the start.
    pub token_outages: Vec<(u64, u64)>,
    /// Periods in which every request gets a 5xx: from and to, in milliseconds after the start.
    pub outages: Vec<(u64, u64)>,
    /// The maximum latency of a request or response one way, in milliseconds.
    pub latency: u64,
    /// When all faults end, in milliseconds after the start.
    pub end: u64,
}

impl Faults {
    /// No faults; each way takes at most `latency`.
    #[must_use]
    pub fn none(latency: u64) -> Self {
        Self {
            latency,
            ..Self::default()
        }
    }

    /// Draws the faults of a seed: some kinds often, some rarely, some not at all; but never none at all.
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

    /// Returns whether the API refuses the token at this time.
    #[must_use]
    pub fn refuses_token(&self, now: u64) -> bool {
        holds(&self.token_outages, now)
    }

    /// Returns when the last fault ends, in milliseconds after the start: an outage of the token may outlast the others.
    #[must_use]
    pub fn last(&self) -> u64 {
        let outages = self.token_outages.iter().map(|(_, to)| *to);
        outages.fold(self.end, u64::max)
    }

    /// Returns whether the API responds only with 5xx at this time.
    #[must_use]
    pub fn is_out(&self, now: u64) -> bool {
        now < START + self.end && holds(&self.outages, now)
    }

    /// Returns a copy with all faults removed.
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

/// Draws periods: in most runs none, otherwise one long or several short ones.
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
