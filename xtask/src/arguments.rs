//! What was asked for on the command line.

use std::ffi::OsString;

use anyhow::{Context, Result, bail};
use lexopt::ValueExt;
use lexopt::prelude::{Long, Short, Value};

/// What `cargo xtask --help` prints.
pub const HELP: &str = "\
The commands of participant-remover. Each installs what it needs and is missing.

Usage: cargo xtask COMMAND [OPTIONS]

Commands:
  test [NAME]          run every test; with NAME, those whose names contain it
    --only STAGE       format, lints, rust, stand-in or worker; may be repeated
  build                build the Worker into build/

Options:
  -h, --help           print this text
";

/// One run of `cargo xtask`.
#[derive(Debug, PartialEq, Eq)]
pub enum Invocation {
    /// Print [`HELP`].
    Help,
    /// Run the tests.
    Test(Selection),
    /// Build the Worker.
    Build,
}

/// Which tests to run.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The stages; none means all.
    pub only: Vec<Stage>,
    /// Part of the tests' names.
    pub filter: Option<String>,
}

impl Selection {
    /// Whether a stage is to run. What has no names to filter by runs only without a filter, or when it is asked for.
    pub fn includes(&self, stage: Stage) -> bool {
        if self.only.is_empty() {
            self.filter.is_none() || !matches!(stage, Stage::Format | Stage::Lints)
        } else {
            self.only.contains(&stage)
        }
    }
}

/// A part of `cargo xtask test`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The formatter.
    Format,
    /// The linter, on the host and for Wasm.
    Lints,
    /// `cargo test`.
    Rust,
    /// The stand-in by itself.
    StandIn,
    /// The Worker under `wrangler dev`.
    Worker,
}

impl Stage {
    fn parse(name: &str) -> Result<Self> {
        match name {
            "format" => Ok(Self::Format),
            "lints" => Ok(Self::Lints),
            "rust" => Ok(Self::Rust),
            "stand-in" => Ok(Self::StandIn),
            "worker" => Ok(Self::Worker),
            _ => {
                bail!("no such stage: {name} (there are format, lints, rust, stand-in and worker)")
            }
        }
    }
}

/// Reads the arguments that follow `cargo xtask`.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let command = match parser.next()? {
        None | Some(Short('h') | Long("help")) => return Ok(Invocation::Help),
        Some(Value(command)) => command,
        Some(other) => return Err(other.unexpected()).context(SEE_HELP),
    };
    let invocation = match command.to_str() {
        Some("help") => Ok(Invocation::Help),
        Some("test") => parse_test(&mut parser),
        Some("build") => parse_build(&mut parser),
        _ => bail!("no such command: {} ({SEE_HELP})", command.display()),
    };
    invocation.context(SEE_HELP)
}

const SEE_HELP: &str = "`cargo xtask --help` shows what there is";

fn parse_test(parser: &mut lexopt::Parser) -> Result<Invocation> {
    let mut selection = Selection::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Invocation::Help),
            Long("only") => selection
                .only
                .push(Stage::parse(&parser.value()?.string()?)?),
            Value(name) if selection.filter.is_none() => selection.filter = Some(name.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Invocation::Test(selection))
}

fn parse_build(parser: &mut lexopt::Parser) -> Result<Invocation> {
    match parser.next()? {
        None => Ok(Invocation::Build),
        Some(Short('h') | Long("help")) => Ok(Invocation::Help),
        Some(other) => Err(other.unexpected().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Option<Invocation> {
        parse(line.split_whitespace().map(OsString::from)).ok()
    }

    #[test]
    fn every_command_is_understood() {
        let test = |only: &[Stage], filter: Option<&str>| {
            Some(Invocation::Test(Selection {
                only: only.to_vec(),
                filter: filter.map(str::to_owned),
            }))
        };
        let cases = [
            ("", Some(Invocation::Help)),
            ("--help", Some(Invocation::Help)),
            ("help", Some(Invocation::Help)),
            ("build -h", Some(Invocation::Help)),
            ("build", Some(Invocation::Build)),
            ("build twice", None),
            ("test", test(&[], None)),
            ("test kick", test(&[], Some("kick"))),
            ("test kick delete", None),
            (
                "test --only rust --only=worker",
                test(&[Stage::Rust, Stage::Worker], None),
            ),
            ("test --only", None),
            ("test --only everything", None),
            ("--version", None),
            ("deploy", None),
        ];
        for (line, expected) in cases {
            assert_eq!(parsed(line), expected, "{line}");
        }
    }

    #[test]
    fn a_wrong_stage_is_answered_with_those_that_there_are() {
        let error = parse(["test", "--only", "lint"].map(OsString::from)).unwrap_err();
        let message = format!("{error:#}");
        assert!(message.contains("no such stage: lint"), "{message}");
        assert!(message.contains("stand-in"), "{message}");
    }

    #[test]
    fn a_name_selects_only_what_has_names() {
        let selection = |only: &[Stage], filter: Option<&str>| Selection {
            only: only.to_vec(),
            filter: filter.map(str::to_owned),
        };
        let cases = [
            (selection(&[], None), Stage::Format, true),
            (selection(&[], None), Stage::Worker, true),
            (selection(&[], Some("kick")), Stage::Lints, false),
            (selection(&[], Some("kick")), Stage::Worker, true),
            (selection(&[Stage::Lints], Some("kick")), Stage::Lints, true),
            (selection(&[Stage::Lints], None), Stage::Format, false),
        ];
        for (selection, stage, expected) in cases {
            assert_eq!(
                selection.includes(stage),
                expected,
                "{selection:?} {stage:?}"
            );
        }
    }
}
