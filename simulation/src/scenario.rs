//! A run's population, faults, settings and script, derived from its seed.

mod orders;
mod script;

use fastrand::Rng;
use participant_remover::ledger::Settings;

use crate::clock::START;
use crate::faults::Faults;
use crate::population::Population;
use crate::script::Act;

pub use orders::order;

/// Everything that determines a run.
pub struct Scenario {
    /// The seed of the random choices in the run itself.
    pub seed: u64,
    /// The people at the start.
    pub population: Population,
    /// What goes wrong.
    pub faults: Faults,
    /// The ledger's settings.
    pub settings: Settings,
    /// The maximum number of rows per page.
    pub page_rows: usize,
    /// Whether lists omit their totals.
    pub no_totals: bool,
    /// Whether responses carry the limit's headers.
    pub headers: bool,
    /// The number of requests that the API takes in five minutes, if its headers announce so few that they limit the
    /// ledger.
    pub quota: Option<usize>,
    /// What is done, and when, in milliseconds after the start.
    pub script: Vec<(u64, Act)>,
}

impl Scenario {
    /// Derives the scenario of a seed: small, and full of faults.
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
            everywhere_at_once: *chance.choice(&[1, 2, 1_000]).unwrap_or(&1_000),
            sweep_rows: if seed.is_multiple_of(2) { 2 } else { 5_000 },
            ..Settings::default()
        };
        let script = script::script(&mut chance, &population, faults.end);
        let quota = (chance.u8(0..4) == 0).then(|| chance.usize(15..60));
        Self {
            seed,
            population,
            faults,
            settings,
            page_rows: *chance.choice(&[2, 3, 5, 100]).unwrap_or(&100),
            no_totals: chance.u8(0..8) == 0,
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
            let user = format!("user-{}", chance.u8(0..orders::USERS));
            population.add(meeting, &user, START);
        }
    }
    population
}
