//! The command line. Each command parses its own options, next to its implementation.

use std::ffi::{OsStr, OsString};

use anyhow::{Result, anyhow};
use lexopt::prelude::{Long, Short, Value};

use crate::bench;
use crate::dev::Ports;
use crate::follow::Follow;
use crate::help::Help;
use crate::simulate::Simulation;
use crate::test::Selection;
use crate::webhook::Message;

/// The names of the commands.
const COMMANDS: [&str; 8] = [
    "dev", "test", "follow", "simulate", "webhook", "build", "bench", "help",
];
/// How many typing mistakes a name may have and still be meant.
const MAX_TYPO_DISTANCE: usize = 2;

/// One invocation of `cargo xtask`.
#[derive(Debug, PartialEq, Eq)]
pub enum Invocation {
    /// Print a help text.
    Help(Help),
    /// Run the Worker beside the stand-in.
    Dev(Ports),
    /// Run the tests.
    Test(Selection),
    /// Follow a removal.
    Follow(Follow),
    /// Run the simulation.
    Simulate(Simulation),
    /// Sign and send a webhook.
    Webhook(Message),
    /// Build the Worker.
    Build,
    /// Measure the Worker; the benchmark parses its own options.
    Bench(Vec<OsString>),
}

/// Parses the arguments that follow `cargo xtask`.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation> {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let help = match arguments.first() {
        Some(command) if command == "bench" => Help::Bench,
        _ => Help::Commands,
    };
    invocation(&mut lexopt::Parser::from_args(arguments))
        .map(|found| found.unwrap_or(Invocation::Help(help)))
        .map_err(|error| anyhow!("{error:#} (`{}` shows what there is)", help.command()))
}

/// Parses one invocation. Returns `None` if help is requested.
fn invocation(parser: &mut lexopt::Parser) -> Result<Option<Invocation>> {
    let command = match parser.next()? {
        None | Some(Short('h') | Long("help")) => return Ok(None),
        Some(Value(command)) => command,
        Some(other) => return Err(other.unexpected().into()),
    };
    match command.to_str() {
        Some("help") => Ok(None),
        Some("dev") => Ports::parse(parser).map(|ports| ports.map(Invocation::Dev)),
        Some("test") => Selection::parse(parser).map(|tests| tests.map(Invocation::Test)),
        Some("follow") => Follow::parse(parser).map(|follow| follow.map(Invocation::Follow)),
        Some("simulate") => Simulation::parse(parser).map(|found| found.map(Invocation::Simulate)),
        Some("webhook") => Message::parse(parser).map(|message| message.map(Invocation::Webhook)),
        Some("build") => none(parser).map(|found| found.map(|()| Invocation::Build)),
        Some("bench") => bench::parse(parser).map(|options| options.map(Invocation::Bench)),
        _ => Err(no_such_command(&command)),
    }
}

fn no_such_command(command: &OsStr) -> anyhow::Error {
    let distance = |known: &&str| strsim::osa_distance(known, &command.to_string_lossy());
    let meant = COMMANDS.into_iter().min_by_key(distance);
    let meant = meant
        .filter(|known| distance(known) <= MAX_TYPO_DISTANCE)
        .map(|known| format!(": did you mean {known}?"));
    anyhow!(
        "no such command: \"{}\"{}",
        command.display(),
        meant.unwrap_or_default()
    )
}

/// Parses the options of a command that has none. Returns `None` if help is requested.
fn none(parser: &mut lexopt::Parser) -> Result<Option<()>> {
    match parser.next()? {
        None => Ok(Some(())),
        Some(Short('h') | Long("help")) => Ok(None),
        Some(other) => Err(other.unexpected().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::test::Stage;

    fn parsed(line: &str) -> Option<Invocation> {
        parse(line.split_whitespace().map(OsString::from)).ok()
    }

    fn test(only: &[Stage], filter: Option<&str>) -> Invocation {
        Invocation::Test(Selection {
            only: only.to_vec(),
            filter: filter.map(str::to_owned),
        })
    }

    fn dev(worker: u16, stand_in: u16) -> Invocation {
        Invocation::Dev(Ports { worker, stand_in })
    }

    #[test]
    fn a_webhook_has_a_source_and_goes_to_dev_unless_told_otherwise() {
        let message = Message {
            source: "clerk".to_owned(),
            user: Some("u-1".to_owned()),
            meeting: None,
            body: None,
            url: Address::of_port(8787),
            stand_in: Address::of_port(8788),
            secret: None,
        };
        let line = "webhook clerk --user u-1";
        assert_eq!(parsed(line), Some(Invocation::Webhook(message)));
        for wrong in ["webhook", "webhook clerk stripe", "webhook clerk --user"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_command_is_understood() {
        let stages = [Stage::Rust, Stage::Worker];
        let help = Invocation::Help;
        let cases = [
            ("", Some(help(Help::Commands))),
            ("--help", Some(help(Help::Commands))),
            ("help", Some(help(Help::Commands))),
            ("build -h", Some(help(Help::Commands))),
            ("dev --port 9000 -h", Some(help(Help::Commands))),
            ("build", Some(Invocation::Build)),
            ("bench", Some(Invocation::Bench(Vec::new()))),
            (
                "bench --quick",
                Some(Invocation::Bench(vec!["--quick".into()])),
            ),
            ("bench --quick -h", Some(help(Help::Bench))),
            ("bench --qick", None),
            ("build twice", None),
            ("dev", Some(dev(8787, 8788))),
            ("dev --port 9000 --sim-port=9001", Some(dev(9000, 9001))),
            ("dev --port 8788", None),
            ("dev --port 0", None),
            ("dev --port 65536", None),
            ("dev --port", None),
            ("dev 9000", None),
            ("test", Some(test(&[], None))),
            ("test kick", Some(test(&[], Some("kick")))),
            ("test kick delete", None),
            ("test --only rust --only=worker", Some(test(&stages, None))),
            ("test --only", None),
            ("test --only everything", None),
            ("follow", None),
            ("follow -h", Some(help(Help::Commands))),
            ("simulate --seeds many", None),
            ("simulate --break", None),
            ("simulate 5", None),
            ("--version", None),
            ("deploy", None),
        ];
        for (line, expected) in cases {
            assert_eq!(parsed(line), expected, "{line}");
        }
    }

    #[test]
    fn a_mistake_is_told_before_where_to_read_more() {
        let see = "(`cargo xtask --help` shows what there is)";
        for (line, expected) in [
            ("dev --prot 1", format!("invalid option '--prot' {see}")),
            (
                "dev --port=",
                format!("\"\" is not a port: give a number from 1 to 65535 {see}"),
            ),
            ("deploy", format!("no such command: \"deploy\" {see}")),
            (
                "biuld",
                format!("no such command: \"biuld\": did you mean build? {see}"),
            ),
            (
                "bench --qick",
                "invalid option '--qick' (`cargo xtask bench --help` shows what there is)"
                    .to_owned(),
            ),
        ] {
            let error = parse(line.split_whitespace().map(OsString::from)).unwrap_err();
            assert_eq!(format!("{error:#}"), expected);
        }
    }

    #[test]
    fn every_name_is_one_of_a_command() {
        for name in COMMANDS {
            let parsed = parsed(&format!("{name} --help"));
            assert!(matches!(parsed, Some(Invocation::Help(_))), "{name}");
        }
    }

    #[test]
    fn a_wrong_stage_is_answered_with_those_that_there_are() {
        let error = parse(["test", "--only", "lint"].map(OsString::from)).unwrap_err();
        let message = format!("{error:#}");
        assert!(message.contains("no such stage: \"lint\""), "{message}");
        assert!(message.contains("stand-in"), "{message}");
    }
}
