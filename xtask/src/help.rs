//! The help texts.

use crate::bench;

/// A help text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Help {
    /// That of all commands.
    Commands,
    /// That of the benchmark.
    Bench,
}

impl Help {
    /// Returns the text.
    pub fn text(self) -> &'static str {
        match self {
            Self::Commands => COMMANDS,
            Self::Bench => bench::HELP,
        }
    }

    /// Returns the command that prints it.
    pub fn command(self) -> &'static str {
        match self {
            Self::Commands => "cargo xtask --help",
            Self::Bench => "cargo xtask bench --help",
        }
    }
}

/// The text printed by `cargo xtask --help`.
const COMMANDS: &str = "\
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
