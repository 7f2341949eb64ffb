//! `cargo run -p simulation --release -- --seeds N [--from S] [--first]`: runs seeds, prints what they held, and the
//! seeds that found a violation; with `--first` no more than the first of these.

use std::process::ExitCode;
use std::time::Instant;

use simulation::report::Totals;
use simulation::world::Violation;

/// How many seeds are run before it is seen whether one of them is the first.
const SOME: usize = 100;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let value = arguments
            .iter()
            .skip_while(|argument| *argument != name)
            .nth(1)?;
        value.parse::<u64>().ok()
    };
    let seeds = number("--seeds").unwrap_or(10_000);
    let from = number("--from").unwrap_or(0);
    let end = from.saturating_add(seeds);
    let started = Instant::now();
    let (totals, violations) = if arguments.iter().any(|argument| argument == "--first") {
        until_the_first(from, end)
    } else {
        simulation::many(from..end)
    };
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    println!("{totals}");
    println!(
        "{} seeds a second",
        totals.runs.saturating_mul(1000) / milliseconds.max(1)
    );
    for (seed, violation) in violations.iter().take(20) {
        println!("seed {seed}: {violation}");
    }
    println!("{} violations", violations.len());
    if violations.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn until_the_first(from: u64, end: u64) -> (Totals, Vec<(u64, Violation)>) {
    let mut totals = Totals::default();
    for begin in (from..end).step_by(SOME) {
        let next = end.min(begin.saturating_add(SOME as u64));
        let (some, mut violations) = simulation::many(begin..next);
        totals += some;
        if !violations.is_empty() {
            violations.truncate(1);
            return (totals, violations);
        }
    }
    (totals, Vec::new())
}
