//! `cargo xtask simulate`: the ledger's simulation over more seeds than the tests take.

use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result};
use lexopt::prelude::{Long, Short};

use crate::Session;

/// Which seeds to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeds {
    count: u64,
    from: u64,
}

impl Seeds {
    /// Reads the options of `cargo xtask simulate`. Nothing if help is asked for.
    pub fn parse(parser: &mut lexopt::Parser) -> Result<Option<Self>> {
        let mut seeds = Self {
            count: 100_000,
            from: 0,
        };
        while let Some(argument) = parser.next()? {
            let slot = match argument {
                Short('h') | Long("help") => return Ok(None),
                Long("seeds") => &mut seeds.count,
                Long("from") => &mut seeds.from,
                other => return Err(other.unexpected().into()),
            };
            let value = parser.value()?;
            let number = value.to_str().and_then(|text| text.parse().ok());
            *slot = number.with_context(|| format!("{} is not a whole number", value.display()))?;
        }
        Ok(Some(seeds))
    }
}

/// The longest time for a simulation.
const LIMIT: Duration = Duration::from_hours(12);

/// Runs them; what they held and found is printed, and the exit code is the simulation's.
pub fn run(session: &Session, seeds: Seeds) -> Result<ExitCode> {
    let mut command = Command::new("cargo");
    command
        .args(["run", "--release", "--package", "simulation", "--"])
        .args(["--seeds", &seeds.count.to_string()])
        .args(["--from", &seeds.from.to_string()])
        .current_dir(session.workspace.root());
    let status = session
        .processes
        .run(&mut command, LIMIT)
        .context("cannot run cargo")?;
    Ok(if status.is_some_and(|status| status.success()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
