//! `cargo run -p simulation --bin breaks [-- NAME]`: breaks one guard of the ledger after the other in a copy of the
//! repository below `target/breaks`, and tells which seed of the simulation, or which test, notices it. Without NAME, a
//! part of the breaks' names, the table of `docs/ledger.md` is written anew.

mod copy;
mod table;

use std::process::ExitCode;

use copy::Copy;
use simulation::breaks::{self, Break};
use table::{Noticed, Row};

fn main() -> ExitCode {
    let chosen = name();
    match chosen.and_then(|name| run(name.as_deref())) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The part of names that was asked for.
fn name() -> Result<Option<String>, String> {
    let mut name = None;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            lexopt::Arg::Value(value) if name.is_none() => {
                name = Some(value.to_string_lossy().into_owned());
            }
            other => return Err(other.unexpected().to_string()),
        }
    }
    Ok(name)
}

/// Whether all were noticed.
fn run(name: Option<&str>) -> Result<bool, String> {
    let mut chosen = breaks::all()?;
    chosen.retain(|one| name.is_none_or(|name| one.name.contains(name)));
    if chosen.is_empty() {
        return Err(format!(
            "no break's name contains {}; simulation/breaks.toml has them all",
            name.unwrap_or_default()
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
    if name.is_none() {
        table::write(copy.original(), &rows)?;
    }
    Ok(rows
        .iter()
        .all(|row| !matches!(row.noticed, Noticed::Nothing)))
}

/// What was found in the broken code.
enum Found {
    /// By a seed.
    Violation(u64, String),
    /// By tests, which fail; no seed did.
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

/// The first test that does not fail where nothing is broken.
fn first_of(copy: &mut Copy, tests: Vec<String>) -> Result<Noticed, String> {
    for test in tests {
        if !copy.fails_unbroken(&test)? {
            return Ok(Noticed::Test(test));
        }
    }
    Ok(Noticed::Nothing)
}
