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
    match run(std::env::args().nth(1).as_deref()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
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
        let noticed = copy.with_broken(&one, || notice(&copy, &one))?;
        let noticed = match noticed {
            Noticed::Test(test) if copy.fails_unbroken(&test)? => Noticed::Nothing,
            noticed => noticed,
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

/// What notices a break: a seed, or else a test.
fn notice(copy: &Copy, one: &Break) -> Result<Noticed, String> {
    copy.build()
        .map_err(|error| format!("{}: the broken code does not compile: {error}", one.name))?;
    if let Some((seed, violation)) = copy.first_violation()? {
        return Ok(Noticed::Seed { seed, violation });
    }
    let failed = copy.failing_tests()?;
    Ok(failed
        .into_iter()
        .next()
        .map_or(Noticed::Nothing, Noticed::Test))
}
