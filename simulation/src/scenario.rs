//! A run's population, faults, settings and script, from its seed.

use fastrand::Rng;
use participant_remover::ids::{AppId, CustomParticipantId, MeetingId, ParticipantId};
use participant_remover::ledger::{RemovalId, Settings, SynchronousRemoval};
use participant_remover::removal::{Outcome, RemovalOrder, Target};

use crate::clock::START;
use crate::faults::Faults;
use crate::population::Population;
use crate::script::Act;

/// Everything that decides a run.
pub struct Scenario {
    /// The seed of the chance in the run itself.
    pub seed: u64,
    /// The people at the start.
    pub population: Population,
    /// What goes wrong.
    pub faults: Faults,
    /// The ledger's settings.
    pub settings: Settings,
    /// The most rows of a page.
    pub page_rows: usize,
    /// Whether answers carry the limit's headers.
    pub headers: bool,
    /// Requests that the API takes in five minutes, where its headers tell of so few that they limit.
    pub quota: Option<usize>,
    /// What is done, and when, in milliseconds after the start.
    pub script: Vec<(u64, Act)>,
}

impl Scenario {
    /// The scenario of a seed: small, and full of faults.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut chance = Rng::with_seed(seed);
        let faults = Faults::of(&mut chance);
        let population = population(&mut chance);
        let settings = Settings {
            requests_per_5_minutes: if chance.bool() {
                chance.u32(10..40)
            } else {
                chance.u32(10..300)
            },
            ledgers: 1,
            synchronous_share_percent: *chance.choice(&[0, 20, 50]).unwrap_or(&20),
            retention_days: 90,
            give_up_after_ms: *chance
                .choice(&[30_000, 600_000, 86_400_000])
                .unwrap_or(&600_000),
        };
        let script = script(&mut chance, &population, faults.end);
        let quota = (chance.u8(0..4) == 0).then(|| chance.usize(15..60));
        Self {
            seed,
            population,
            faults,
            settings,
            page_rows: *chance.choice(&[2, 3, 5, 100]).unwrap_or(&100),
            headers: quota.is_some() || chance.bool(),
            quota,
            script,
        }
    }
}

fn population(chance: &mut Rng) -> Population {
    let mut population = Population::default();
    population.newest_first = chance.bool();
    for _ in 0..chance.usize(1..7) {
        let meeting = population.add_meeting(chance.bool());
        for _ in 0..chance.usize(0..9) {
            population.add(meeting, &user(chance), START);
        }
    }
    population
}

/// One of few users, so that they meet.
fn user(chance: &mut Rng) -> String {
    format!("user-{}", chance.u8(0..5))
}

fn script(chance: &mut Rng, population: &Population, end: u64) -> Vec<(u64, Act)> {
    let mut script = Vec::new();
    let meetings = population.meetings.len();
    for number in 0..chance.usize(1..5) {
        let at = chance.u64(0..end / 2);
        let orders = orders(chance, population, at);
        script.push((at, Act::Order { number, orders }));
        match chance.u8(0..8) {
            0 => script.push((at + chance.u64(0..60_000), Act::Cancel(number))),
            1 => script.push((at + chance.u64(0..600_000), Act::Retry(number))),
            _ => {}
        }
    }
    for _ in 0..chance.usize(0..6) {
        let at = chance.u64(0..end / 2 + 120_000);
        let meeting = chance.usize(0..meetings);
        let act = match chance.u8(0..7) {
            0 | 1 => Act::Add {
                meeting,
                user: user(chance),
            },
            2 => Act::AddMeeting {
                users: vec![user(chance), user(chance)],
            },
            3 => Act::Synchronous(synchronous(chance, population, at)),
            4 => Act::Alarm,
            _ => Act::Remove {
                meeting,
                pick: chance.usize(..),
            },
        };
        script.push((at, act));
    }
    script
}

/// Removals of the synchronous route, of which few met with the limit.
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
            at_ms: START + at,
            caller: "a".to_owned(),
            meeting_id,
            participant_id: participant,
            kick: chance.bool(),
            outcome: *chance.choice(&outcomes)?,
            api_requests: chance.u32(1..6),
            attempts: 1,
            error: None,
            limited,
            retry_after_ms: (limited && chance.bool()).then(|| chance.u64(0..100_000)),
        })
    };
    std::iter::repeat_with(removal)
        .take(count)
        .flatten()
        .collect()
}

/// The orders of one removal.
fn orders(chance: &mut Rng, population: &Population, at: u64) -> Vec<RemovalOrder> {
    let targets = if chance.u8(0..3) == 0 {
        chance.usize(2..6)
    } else {
        1
    };
    let kick = chance.bool();
    let dry_run = chance.u8(0..8) == 0;
    let delay = chance.u64(0..100_000);
    let not_before_ms = (chance.u8(0..5) == 0).then_some(START + at + delay);
    let target = |chance: &mut Rng| target(chance, population);
    let found = std::iter::repeat_with(|| target(chance)).take(targets * 4);
    let mut found: Vec<Target> = found.flatten().take(targets).collect();
    if found.is_empty() {
        // All meetings that were tried are empty.
        let user = CustomParticipantId::parse("user-0");
        found.extend(user.map(|user| Target::UserEverywhere { user }));
    }
    found
        .into_iter()
        .filter_map(|target| order(target, kick, dry_run, not_before_ms))
        .collect()
}

/// An order of these properties.
#[must_use]
pub fn order(
    target: Target,
    kick: bool,
    dry_run: bool,
    not_before_ms: Option<u64>,
) -> Option<RemovalOrder> {
    let app = AppId::parse("app").ok()?;
    Some(RemovalOrder {
        app,
        target,
        kick,
        dry_run,
        not_before_ms,
        reason: None,
    })
}

fn target(chance: &mut Rng, population: &Population) -> Option<Target> {
    let meeting = chance.choice(&population.meetings)?;
    let id = MeetingId::parse(&meeting.id).ok()?;
    let user = CustomParticipantId::parse(&user(chance)).ok()?;
    match chance.u8(0..8) {
        0 | 1 => {
            let unknown = chance.u8(0..6) == 0;
            let participant = chance.choice(&meeting.participants)?;
            let name = if unknown {
                "nobody"
            } else {
                participant.id.as_str()
            };
            let participant = ParticipantId::parse(name).ok()?;
            Some(Target::Participant {
                meeting: id,
                participant,
            })
        }
        2 | 3 => Some(Target::UserInMeeting { meeting: id, user }),
        4 => Some(Target::EveryoneInMeeting { meeting: id }),
        _ => Some(Target::UserEverywhere { user }),
    }
}
