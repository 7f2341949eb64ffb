//! `cargo xtask follow`: shows a removal's progress in the terminal until it is final. The exit code reports how it
//! ended.

mod ask;
mod curl;
mod display;
mod removal;

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lexopt::prelude::{Long, Short, Value};

use crate::address::Address;
use crate::dev::DEFAULT_PORTS;
use crate::print;
use ask::{Asked, Endpoint, Unreachable};
use display::Display;
use removal::Removal;

const TOKEN_VARIABLE: &str = "PARTICIPANT_REMOVER_TOKEN";
/// After how many failures in a row to give up.
const MAX_FAILURES: u32 = 10;
/// The same, as long as nothing has answered: then the address is more likely wrong.
const MAX_FAILURES_AT_FIRST: u32 = 3;
const AFTER_FAILURE: Duration = Duration::from_secs(3);
/// The minimum time between two requests: a busy removal changes with every request that it sends.
const BETWEEN: Duration = Duration::from_millis(500);

/// What to follow, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    id: String,
    app: Option<String>,
    url: Address,
    token: Option<String>,
}

impl Follow {
    /// Parses the options of `cargo xtask follow`. Returns `None` if help is requested.
    pub fn parse(parser: &mut lexopt::Parser) -> Result<Option<Self>> {
        let (mut id, mut app, mut token) = (None, None, None);
        let mut url = Address::of_port(DEFAULT_PORTS.worker);
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(None),
                Long("url") => url = Address::parse("--url", &text(parser.value()?)?)?,
                Long("token") => token = Some(text(parser.value()?)?),
                Long("app") => app = Some(text(parser.value()?)?),
                Value(value) if id.is_none() => id = Some(text(value)?),
                other => return Err(other.unexpected().into()),
            }
        }
        let id = id.context("which removal? Give the id that POST /removals answered")?;
        let (id, app) = located(&id, app)?;
        Ok(Some(Self {
            id,
            app,
            url,
            token,
        }))
    }
}

/// Returns the id and the app of a removal, from its id or from the `location` that POST /removals answered.
fn located(given: &str, app: Option<String>) -> Result<(String, Option<String>)> {
    let id = given.strip_prefix("/removals/").unwrap_or(given);
    let (id, app) = match (id.split_once("?app_id="), app) {
        (Some((_, of_id)), Some(app)) if of_id != app => {
            bail!("--app {app:?} is not the app of {given:?}: leave one of them out")
        }
        (Some((id, app)), _) => (id, Some(app.to_owned())),
        (None, app) => (id, app),
    };
    let is_plain = |text: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !text.is_empty() && text.bytes().all(is_plain)
    };
    if !is_plain(id) {
        bail!("{id:?} is not the id of a removal");
    }
    if let Some(app) = app.as_ref().filter(|app| !is_plain(app)) {
        bail!("{app:?} is not the id of an app");
    }
    Ok((id.to_owned(), app))
}

fn text(value: std::ffi::OsString) -> Result<String> {
    value
        .into_string()
        .map_err(|value| anyhow::anyhow!("{} is not UTF-8", value.display()))
}

/// Follows the removal until it is final.
pub fn run(follow: Follow) -> Result<ExitCode> {
    let token = follow
        .token
        .or_else(|| std::env::var(TOKEN_VARIABLE).ok())
        .filter(|token| !token.is_empty())
        .with_context(|| format!("set {TOKEN_VARIABLE} to your caller token, or give --token"))?;
    let endpoint = Endpoint::new(follow.url, follow.id, follow.app, token)?;
    let mut display = Display::new();
    let last = watch(&endpoint, &mut display)?;
    display.finish();
    print::result(&last.ending());
    Ok(ExitCode::from(last.exit_code()))
}

fn watch(endpoint: &Endpoint, display: &mut Display) -> Result<Removal> {
    let (mut failures, mut wait, mut seen) = (0, false, false);
    loop {
        let (why, limit) = match endpoint.ask(wait) {
            Asked::Answer(body) => {
                let removal = Removal::read(&body)?;
                display.show(&removal);
                if removal.is_final() {
                    return Ok(removal);
                }
                (failures, wait, seen) = (0, true, true);
                thread::sleep(BETWEEN);
                continue;
            }
            Asked::Refused(why) => bail!(why),
            Asked::Unreachable(failure) if !seen => at_first(failure, endpoint.advice()),
            Asked::Unreachable(Unreachable { why, .. }) | Asked::Busy(why) => (why, MAX_FAILURES),
        };
        failures += 1;
        if failures >= limit {
            bail!("{why}{}", given_up(failures, seen));
        }
        display.line(&format!("{why}; asking again"));
        wait = false;
        thread::sleep(AFTER_FAILURE);
    }
}

/// Returns what to say of a failure before anything has answered, and after how many of them to give up.
fn at_first(failure: Unreachable, advice: &str) -> (String, u32) {
    let Unreachable { why, is_final } = failure;
    if is_final {
        (why, 1)
    } else {
        (format!("{why} ({advice})"), MAX_FAILURES_AT_FIRST)
    }
}

fn given_up(failures: u32, seen: bool) -> String {
    let attempts = match failures {
        1 => String::new(),
        _ => format!("; given up after {failures} attempts"),
    };
    let goes_on = if seen {
        ". The removal itself goes on"
    } else {
        ""
    };
    format!("{attempts}{goes_on}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Option<Follow> {
        let mut parser = lexopt::Parser::from_args(line.split_whitespace());
        Follow::parse(&mut parser).ok().flatten()
    }

    #[test]
    fn an_id_and_a_location_are_understood() {
        let follow = parsed("01M833V5G5").unwrap();
        assert_eq!(
            (follow.id.as_str(), follow.url.to_string().as_str()),
            ("01M833V5G5", "http://127.0.0.1:8787")
        );
        let follow =
            parsed("/removals/01M?app_id=app_two --url https://x.example --token t").unwrap();
        assert_eq!(
            (follow.id.as_str(), follow.app.as_deref()),
            ("01M", Some("app_two"))
        );
        assert!(parsed("/removals/01M?app_id=a --app a").is_some());
        assert_eq!(parsed("01M --app a").unwrap().app.as_deref(), Some("a"));
        for line in [
            "",
            "01M 02M",
            "../x",
            "01M --app a&b",
            "01M --wait 5",
            "a?wait=5",
            "/removals/01M?app_id=a --app b",
            "01M --url http://127.0.0.1:8787?x",
        ] {
            assert_eq!(parsed(line), None, "{line}");
        }
    }
}
