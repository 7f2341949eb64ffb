//! `cargo run -p simulation --release -- --seeds N [--from S]`: runs seeds, prints what they held, and the first seed
//! that found a violation.

use std::process::ExitCode;
use std::time::Instant;

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
    let started = Instant::now();
    let (totals, violations) = simulation::many(from..from.saturating_add(seeds));
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    println!("{totals}");
    println!(
        "{} seeds a second",
        seeds.saturating_mul(1000) / milliseconds.max(1)
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
