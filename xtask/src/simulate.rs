//! `cargo xtask simulate`: the ledger's simulation over more seeds than the tests use, or with a ledger that is broken
//! on purpose.

use std::ffi::OsStr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use lexopt::ValueExt;
use lexopt::prelude::{Long, Short};

use crate::Session;

/// What to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    count: u64,
    from: u64,
    breaks: Option<Breaks>,
}

/// What to break on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Breaks {
    All,
    /// Those whose names contain one of these strings.
    Named(Vec<String>),
}

impl Simulation {
    /// Parses the options of `cargo xtask simulate`. Returns `None` if help is requested.
    pub fn parse(parser: &mut lexopt::Parser) -> Result<Option<Self>> {
        let mut simulation = Self {
            count: 100_000,
            from: 0,
            breaks: None,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(None),
                Long("seeds") => simulation.count = number(&parser.value()?)?,
                Long("from") => simulation.from = number(&parser.value()?)?,
                Long("breaks") => simulation.breaks = Some(Breaks::All),
                Long("break") => {
                    let name = parser.value()?.string()?;
                    match &mut simulation.breaks {
                        Some(Breaks::Named(names)) => names.push(name),
                        other => *other = Some(Breaks::Named(vec![name])),
                    }
                }
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(Some(simulation))
    }
}

fn number(value: &OsStr) -> Result<u64> {
    let number = value.to_str().and_then(|text| text.parse().ok());
    number.with_context(|| format!("{} is not a whole number", value.display()))
}

/// The time limit for a simulation.
const LIMIT: Duration = Duration::from_hours(12);

/// Runs the simulation, which prints its own results; fails if it does.
pub fn run(session: &Session, simulation: &Simulation) -> Result<ExitCode> {
    let mut command = session.workspace.cargo();
    command.args(["run", "--package", "simulation"]);
    match &simulation.breaks {
        None => command
            .args(["--release", "--"])
            .args(["--seeds", &simulation.count.to_string()])
            .args(["--from", &simulation.from.to_string()]),
        Some(Breaks::All) => command.args(["--bin", "breaks"]),
        Some(Breaks::Named(names)) => command.args(["--bin", "breaks", "--"]).args(names),
    };
    let status = session
        .processes
        .run(&mut command, LIMIT)
        .context("cannot run the simulation")?;
    Ok(if status.is_some_and(|status| status.success()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
