//! What goes wrong in a run, and how often.

use fastrand::Rng;

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
    /// The API token is refused from and to, in milliseconds after the start.
    pub token_outage: Option<(u64, u64)>,
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
            token_outage: None,
            latency: 1 << chance.u32(2..12),
            end,
        };
        if chance.u8(..) < 50 {
            let from = chance.u64(0..end);
            faults.token_outage = Some((from, from + chance.u64(1..600_000)));
        }
        if faults.lost_after + faults.error_before + faults.crash <= 0.0 {
            faults.lost_after = 0.1;
        }
        faults
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

fn some(chance: &mut Rng, most: f64) -> f64 {
    match chance.u8(0..4) {
        0 => 0.0,
        1 => most * chance.f64(),
        _ => most * chance.f64() * chance.f64(),
    }
}
