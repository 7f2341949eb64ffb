//! What callers and the rest of the world do in a run, and when.

use fastrand::Rng;
use participant_remover::ledger::{RemovalId, SynchronousRemoval};
use participant_remover::realtimekit::limits::RateLimit;
use participant_remover::removal::Outcome;

use super::orders::Drawn;
use crate::clock::START;
use crate::population::Population;
use crate::script::Act;

/// When acts take place.
enum Times {
    /// Any time in the first half of the faults.
    AnyTime(u64),
    /// Close together, so that they overlap in flight: a start and a length.
    Rush(u64, u64),
}

impl Times {
    fn draw(&self, chance: &mut Rng) -> u64 {
        match *self {
            Self::AnyTime(end) => chance.u64(0..end),
            Self::Rush(from, length) => from + chance.u64(0..length),
        }
    }
}

/// Draws a script for a run whose faults end at `end`.
pub(super) fn script(chance: &mut Rng, population: &Population, end: u64) -> Vec<(u64, Act)> {
    let rushes = chance.u8(0..3) == 0;
    let times = if rushes {
        Times::Rush(chance.u64(0..end / 2), 1 << chance.u32(9..16))
    } else {
        Times::AnyTime(end / 2)
    };
    let drawn = if rushes {
        Drawn::few(population, chance)
    } else {
        Drawn::all(population)
    };
    let mut script = Vec::new();
    for number in 0..chance.usize(1..if rushes { 7 } else { 5 }) {
        let at = times.draw(chance);
        if let Some(order) = drawn.order(chance, at) {
            script.push((at, Act::Order { number, order }));
        }
        for _ in 0..if rushes { chance.u8(1..4) } else { 1 } {
            match chance.u8(0..8) {
                0 => script.push((at + chance.u64(0..60_000), Act::Cancel(number))),
                1 => script.push((at + chance.u64(0..600_000), Act::Retry(number))),
                _ => {}
            }
        }
    }
    for _ in 0..chance.usize(0..6) {
        let at = match times {
            Times::AnyTime(end) => chance.u64(0..end + 120_000),
            Times::Rush(..) => times.draw(chance),
        };
        script.push((at, happening(chance, &drawn, at)));
    }
    script
}

/// Draws an act that is not a removal by the ledger.
fn happening(chance: &mut Rng, drawn: &Drawn, at: u64) -> Act {
    let meeting = drawn.meeting(chance);
    match chance.u8(0..7) {
        0 | 1 => Act::Add {
            meeting,
            user: drawn.user(chance),
        },
        2 => Act::AddMeeting {
            users: vec![drawn.user(chance), drawn.user(chance)],
        },
        3 => Act::Synchronous(synchronous(chance, drawn.population, at)),
        4 => Act::Alarm,
        _ => Act::Remove {
            meeting,
            pick: chance.usize(..),
        },
    }
}

/// Draws removals of the synchronous route, a few of which hit the limit.
fn synchronous(chance: &mut Rng, population: &Population, at: u64) -> Vec<SynchronousRemoval> {
    let outcomes = [Outcome::Removed, Outcome::AlreadyAbsent, Outcome::Failed];
    let count = chance.usize(1..12);
    let removal = || {
        let meeting = chance.choice(&population.meetings)?;
        let participant = chance.choice(&meeting.participants)?.id.clone();
        let meeting_id = meeting.id.clone();
        let limited = chance.u8(0..50) == 0;
        Some(SynchronousRemoval {
            id: RemovalId::new(START + at, || chance.f64())
                .as_str()
                .to_owned(),
            started_at_ms: Some(START + at),
            at_ms: START + at,
            caller: "a".to_owned(),
            meeting_id,
            participant_id: participant,
            kick: chance.bool(),
            outcome: *chance.choice(&outcomes)?,
            api_requests: chance.u32(1..6),
            attempts: 1,
            error: None,
            kick_error: None,
            limited,
            retry_after_ms: (limited && chance.bool()).then(|| chance.u64(0..100_000)),
            limited_at_ms: (limited && chance.bool())
                .then(|| START + at - chance.u64(0..=at.min(20_000))),
            rate_limit: RateLimit::default(),
        })
    };
    std::iter::repeat_with(removal)
        .take(count)
        .flatten()
        .collect()
}
