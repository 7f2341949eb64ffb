//! What was asked for on the command line.

use std::ffi::OsString;

use anyhow::{Result, bail};
use lexopt::prelude::*;

/// What `cargo xtask --help` prints.
pub const HELP: &str = "\
The commands of participant-remover. Each installs what it needs and is missing.

Usage: cargo xtask COMMAND [OPTIONS]

Commands:
  build             build the Worker into build/

Options:
  -h, --help        print this text
";

/// One run of `cargo xtask`.
#[derive(Debug, PartialEq, Eq)]
pub enum Invocation {
    /// Print [`HELP`].
    Help,
    /// Build the Worker.
    Build,
}

/// Reads the arguments that follow `cargo xtask`.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let command = match parser.next()? {
        None | Some(Short('h') | Long("help")) => return Ok(Invocation::Help),
        Some(Value(command)) => command,
        Some(other) => return Err(other.unexpected().into()),
    };
    match command.to_str() {
        Some("help") => Ok(Invocation::Help),
        Some("build") => parse_build(parser),
        _ => bail!(
            "no such command: {} (cargo xtask --help lists them)",
            command.display()
        ),
    }
}

fn parse_build(mut parser: lexopt::Parser) -> Result<Invocation> {
    match parser.next()? {
        None => Ok(Invocation::Build),
        Some(Short('h') | Long("help")) => Ok(Invocation::Help),
        Some(other) => Err(other.unexpected().into()),
    }
}
