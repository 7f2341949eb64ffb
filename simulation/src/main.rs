//! `cargo run -p simulation --release -- --seeds N [--from S] [--first]`: runs seeds, prints the totals and the seeds
//! that found a violation; with `--first`, stops at the first of these.

use std::process::ExitCode;
use std::time::Instant;

use lexopt::prelude::*;
use simulation::report::Totals;
use simulation::world::Violation;

/// The number of seeds in a batch, after which violations are looked at.
const SOME: usize = 100;

/// The command-line options.
struct Options {
    seeds: u64,
    from: u64,
    first: bool,
}

fn options() -> Result<Options, lexopt::Error> {
    let mut options = Options {
        seeds: 10_000,
        from: 0,
        first: false,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("seeds") => options.seeds = parser.value()?.parse()?,
            Long("from") => options.from = parser.value()?.parse()?,
            Long("first") => options.first = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let from = options.from;
    let end = from.saturating_add(options.seeds);
    let started = Instant::now();
    let (totals, violations) = if options.first {
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
