//! `cargo run -p simulation --bin breaks [-- NAME…]`: breaks the ledger's guards one at a time in a copy of the
//! repository below `target/breaks`, and reports which seed of the simulation, or which test, notices. With NAMEs,
//! substrings of the breaks' names, it runs only those; without any, it rewrites the table in `docs/ledger.md`.

mod copy;
mod table;

use std::process::ExitCode;

use copy::Copy;
use simulation::breaks::{self, Break};
use table::{Noticed, Row};

fn main() -> ExitCode {
    match names().and_then(|names| run(&names)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Parses the requested parts of names.
fn names() -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            lexopt::Arg::Value(value) => names.push(value.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().to_string()),
        }
    }
    Ok(names)
}

/// Returns whether all breaks were noticed.
fn run(names: &[String]) -> Result<bool, String> {
    let mut chosen = breaks::all()?;
    chosen.retain(|one| names.is_empty() || names.iter().any(|name| one.name.contains(name)));
    if chosen.is_empty() {
        return Err(format!(
            "no break's name contains {}; simulation/breaks.toml has them all",
            names.join(" or ")
        ));
    }
    let mut copy = Copy::of_the_repository()?;
    copy.build()?;
    if let Some((seed, violation)) = copy.first_violation()? {
        return Err(format!(
            "nothing is broken yet, and seed {seed} finds: {violation}"
        ));
    }
    let mut rows = Vec::new();
    for one in chosen {
        let found = copy.with_broken(&one, || notice(&copy, &one))?;
        let noticed = match found {
            Found::Violation(seed, violation) => Noticed::Seed { seed, violation },
            Found::Tests(tests) => first_of(&mut copy, tests)?,
        };
        let row = Row {
            name: one.name,
            noticed,
        };
        println!("{row}");
        rows.push(row);
    }
    if names.is_empty() {
        table::write(copy.original(), &rows)?;
    }
    Ok(rows
        .iter()
        .all(|row| !matches!(row.noticed, Noticed::Nothing)))
}

/// What detected the break.
enum Found {
    /// A violation found by a seed.
    Violation(u64, String),
    /// Failing tests; no seed found a violation.
    Tests(Vec<String>),
}

fn notice(copy: &Copy, one: &Break) -> Result<Found, String> {
    copy.build()
        .map_err(|error| format!("{}: the broken code does not compile: {error}", one.name))?;
    Ok(match copy.first_violation()? {
        Some((seed, violation)) => Found::Violation(seed, violation),
        None => Found::Tests(copy.failing_tests()?),
    })
}

/// Returns the first of the tests that passes in the unbroken code.
fn first_of(copy: &mut Copy, tests: Vec<String>) -> Result<Noticed, String> {
    for test in tests {
        if !copy.fails_unbroken(&test)? {
            return Ok(Noticed::Test(test));
        }
    }
    Ok(Noticed::Nothing)
}
