//! The ledger's whole life on the host: real `SQLite`, and a clock, a network, an API and crashes that are driven by a
//! seed.
//!
//! A run is single-threaded and reads no real clock: the same seed gives the same run. Crashes drop everything that
//! storage had not made durable.

pub mod api;
pub mod asked;
pub mod breaks;
pub mod check;
pub mod clock;
pub mod faults;
pub mod heard;
pub mod network;
pub mod population;
pub mod report;
pub mod scenario;
pub mod script;
pub mod store;
pub mod world;

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use report::Totals;
use world::{Violation, World};

/// The maximum number of runs of a scenario with different random choices until a fault occurs in it.
const MAX_RERUNS: u64 = 50;

/// Runs one seed such that a fault occurs in it.
pub fn one(seed: u64) -> Result<Totals, Violation> {
    let mut totals = Totals::default();
    for luck in 0..MAX_RERUNS {
        let mut scenario = scenario::Scenario::of(seed);
        // The scenario is still the seed's, but its random choices are different.
        scenario.seed ^= luck << 48;
        totals = World::new(scenario)?.run()?;
        if totals.unharmed == 0 {
            break;
        }
    }
    Ok(totals)
}

/// Runs many seeds on all cores. Returns the totals, and the seeds that found a violation.
#[must_use]
pub fn many(seeds: Range<u64>) -> (Totals, Vec<(u64, Violation)>) {
    let next = AtomicU64::new(seeds.start);
    let result = Mutex::new((Totals::default(), Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let run = one(seed);
                    let mut result = result
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner);
                    match run {
                        Ok(totals) => result.0 += totals,
                        Err(violation) => result.1.push((seed, violation)),
                    }
                }
            });
        }
    });
    let mut result = result
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    result.1.sort();
    result
}
