//! `cargo xtask webhook`: signs a webhook the way its sender does, with the sender's own npm package if there is one,
//! and sends it. What is signed, and by what, is defined in `senders.ts`.

use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result};
use lexopt::prelude::{Long, Short, Value};

use crate::address::Address;
use crate::dev::{DEFAULT_PORTS, webhook_secret};
use crate::{Session, install, wrangler};

/// What to send.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    /// The source, by its name in the URL path.
    pub source: String,
    /// The user who is gone.
    pub user: Option<String>,
    /// The meeting that ended or that the user left.
    pub meeting: Option<String>,
    /// A file with the event, in place of the sender's.
    pub body: Option<String>,
    /// The Worker's address.
    pub url: Address,
    /// The address of the stand-in, which signs for `RealtimeKit`.
    pub stand_in: Address,
    /// The signing secret; defaults to that of `cargo xtask dev`.
    pub secret: Option<String>,
}

impl Message {
    /// Parses the options of `cargo xtask webhook`. Returns `None` if help is requested.
    pub fn parse(parser: &mut lexopt::Parser) -> Result<Option<Self>> {
        let (mut source, mut user, mut meeting, mut body, mut secret) =
            (None, None, None, None, None);
        let mut url = Address::of_port(DEFAULT_PORTS.worker);
        let mut stand_in = Address::of_port(DEFAULT_PORTS.stand_in);
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(None),
                Long("user") => user = Some(text(parser)?),
                Long("meeting") => meeting = Some(text(parser)?),
                Long("body") => body = Some(text(parser)?),
                Long("secret") => secret = Some(text(parser)?),
                Long("url") => url = Address::parse("--url", &text(parser)?)?,
                Long("sim-url") => stand_in = Address::parse("--sim-url", &text(parser)?)?,
                Value(value) if source.is_none() => {
                    source = Some(value.into_string().map_err(lexopt::Error::from)?);
                }
                other => return Err(other.unexpected().into()),
            }
        }
        let source = source.context("name the source, such as clerk or realtimekit")?;
        Ok(Some(Self {
            source,
            user,
            meeting,
            body,
            url,
            stand_in,
            secret,
        }))
    }
}

fn text(parser: &mut lexopt::Parser) -> Result<String> {
    Ok(parser.value()?.into_string().map_err(lexopt::Error::from)?)
}

/// The time limit for signing and sending.
const LIMIT: Duration = Duration::from_mins(2);

/// Signs and sends. The exit code reports whether the Worker accepted it.
pub fn run(session: &Session, message: &Message) -> Result<ExitCode> {
    install::npm(session)?;
    let workspace = &session.workspace;
    let secret = match &message.secret {
        Some(secret) => secret.clone(),
        None => webhook_secret(&workspace.state()?)?,
    };
    let options = [
        ("--user", &message.user),
        ("--meeting", &message.meeting),
        ("--body", &message.body),
    ];
    let options = options
        .into_iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}={value}")));
    let mut send = Command::new(workspace.npm_program("node"));
    send.arg(workspace.root().join("xtask/src/webhook/send.ts"))
        .args(options)
        .arg(format!("--url={}", message.url))
        .arg(format!("--stand-in={}", message.stand_in))
        .arg("--")
        .arg(&message.source)
        // Not an argument: everyone on the machine can read those.
        .env("WEBHOOK_SECRET", secret)
        .env("PATH", workspace.path_with_node()?)
        .envs([wrangler::DIRECT]);
    let status = session
        .processes
        .run(&mut send, LIMIT)
        .context("cannot run node")?;
    Ok(if status.is_some_and(|status| status.success()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
