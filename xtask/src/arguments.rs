//! The command line. Each command parses its own options, next to its implementation.

use std::ffi::OsString;

use anyhow::{Context, Result, bail};
use lexopt::prelude::{Long, Short, Value};

use crate::dev::Ports;
use crate::follow::Follow;
use crate::simulate::Simulation;
use crate::test::Selection;
use crate::webhook::Message;

/// The text printed by `cargo xtask --help`.
pub const HELP: &str = "\
The commands of participant-remover. Each installs what it needs and is missing.

Usage: cargo xtask COMMAND [OPTIONS]

Commands:
  dev                  run the Worker beside a stand-in for RealtimeKit, and print a call to try
    --port N           the Worker's port (8787)
    --sim-port N       the stand-in's port (8788)
  test [NAME]          run every test; with NAME, those whose names contain it
    --only STAGE       format, lints, rust, stand-in or worker; may be repeated
  follow ID            show a removal's progress until it is final
    --url URL          where the Worker is (http://127.0.0.1:8787)
    --token TOKEN      your caller token; better in PARTICIPANT_REMOVER_TOKEN, which no process list shows
    --app APP          the removal's app, where it is not the default
                       exit code: 0 succeeded, 3 partially_failed, 4 failed, 5 cancelled, 1 not known
  simulate             run the ledger's simulation over many seeds
    --seeds N          how many (100000)
    --from S           the first (0)
    --breaks           break each of the ledger's guards in a copy, and write down in docs/ledger.md what notices
    --break NAME       only those whose names contain NAME, and write nothing; may be given again
  webhook SOURCE       sign a webhook as its sender does, and send it to the Worker of `dev`
    --user ID          whose custom_participant_id it names
    --meeting ID       for realtimekit: the meeting that this user left, or that has ended
    --body FILE        an event of your own in place of the sender's
    --url URL          another Worker's address
    --sim-url URL      another stand-in's, which signs for realtimekit
    --secret S         another signing secret
  build                build the Worker into build/
  bench [OPTIONS]      measure the Worker beside its peers (`cargo xtask bench --help`)

Options:
  -h, --help           print this text
";

const SEE_HELP: &str = "`cargo xtask --help` shows what there is";

/// One invocation of `cargo xtask`.
#[derive(Debug, PartialEq, Eq)]
pub enum Invocation {
    /// Print [`HELP`].
    Help,
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
    let mut parser = lexopt::Parser::from_args(arguments);
    let command = match parser.next().context(SEE_HELP)? {
        None | Some(Short('h') | Long("help")) => return Ok(Invocation::Help),
        Some(Value(command)) => command,
        Some(other) => return Err(other.unexpected()).context(SEE_HELP),
    };
    let options = match command.to_str() {
        Some("help") => Ok(None),
        Some("dev") => Ports::parse(&mut parser).map(|ports| ports.map(Invocation::Dev)),
        Some("test") => Selection::parse(&mut parser).map(|tests| tests.map(Invocation::Test)),
        Some("follow") => Follow::parse(&mut parser).map(|follow| follow.map(Invocation::Follow)),
        Some("simulate") => {
            Simulation::parse(&mut parser).map(|found| found.map(Invocation::Simulate))
        }
        Some("webhook") => {
            Message::parse(&mut parser).map(|message| message.map(Invocation::Webhook))
        }
        Some("build") => none(&mut parser).map(|found| found.map(|()| Invocation::Build)),
        Some("bench") => Ok(Some(Invocation::Bench(parser.raw_args()?.collect()))),
        _ => bail!("no such command: {} ({SEE_HELP})", command.display()),
    };
    Ok(options.context(SEE_HELP)?.unwrap_or(Invocation::Help))
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
        let cases = [
            ("", Some(Invocation::Help)),
            ("--help", Some(Invocation::Help)),
            ("help", Some(Invocation::Help)),
            ("build -h", Some(Invocation::Help)),
            ("dev --port 9000 -h", Some(Invocation::Help)),
            ("build", Some(Invocation::Build)),
            ("bench", Some(Invocation::Bench(Vec::new()))),
            (
                "bench --quick",
                Some(Invocation::Bench(vec!["--quick".into()])),
            ),
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
            ("follow -h", Some(Invocation::Help)),
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
    fn a_wrong_stage_is_answered_with_those_that_there_are() {
        let error = parse(["test", "--only", "lint"].map(OsString::from)).unwrap_err();
        let message = format!("{error:#}");
        assert!(message.contains("no such stage: lint"), "{message}");
        assert!(message.contains("stand-in"), "{message}");
    }
}
