//! `cargo xtask follow`: shows a removal's progress in the terminal until it is final. The exit code reports how it
//! ended.

mod ask;
mod removal;

use std::io::{IsTerminal, stderr};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use lexopt::prelude::{Long, Short, Value};

use crate::print;
use ask::{Asked, Endpoint};
use removal::Removal;

/// Where `cargo xtask dev` listens by default.
const DEFAULT_URL: &str = "http://127.0.0.1:8787";
const TOKEN_VARIABLE: &str = "PARTICIPANT_REMOVER_TOKEN";
/// After how many failures in a row to give up.
const MAX_FAILURES: u32 = 10;
const AFTER_FAILURE: Duration = Duration::from_secs(3);
/// The minimum time between two requests: a busy removal changes with every request that it sends.
const BETWEEN: Duration = Duration::from_millis(500);

/// What to follow, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    id: String,
    app: Option<String>,
    url: String,
    token: Option<String>,
}

impl Follow {
    /// Parses the options of `cargo xtask follow`. Returns `None` if help is requested.
    pub fn parse(parser: &mut lexopt::Parser) -> Result<Option<Self>> {
        let (mut id, mut app, mut token) = (None, None, None);
        let mut url = DEFAULT_URL.to_owned();
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(None),
                Long("url") => url = text(parser.value()?)?,
                Long("token") => token = Some(text(parser.value()?)?),
                Long("app") => app = Some(text(parser.value()?)?),
                Value(value) if id.is_none() => id = Some(text(value)?),
                other => return Err(other.unexpected().into()),
            }
        }
        let id = id.context("which removal? Give the id that POST /removals answered")?;
        // The `location` returned by POST /removals is accepted as well.
        let id = id.strip_prefix("/removals/").unwrap_or(&id);
        let (id, app) = match id.split_once("?app_id=") {
            Some((id, app)) => (id, Some(app.to_owned())),
            None => (id, app),
        };
        let plain = |text: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            !text.is_empty() && text.bytes().all(plain)
        };
        if !plain(id) || !app.as_deref().is_none_or(plain) {
            bail!("{id} is not the id of a removal, or the app is none");
        }
        let id = id.to_owned();
        Ok(Some(Self {
            id,
            app,
            url,
            token,
        }))
    }
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
    let endpoint = Endpoint::new(&follow.url, &follow.id, follow.app.as_deref(), token)?;
    let mut display = Display::new();
    let last = watch(&endpoint, &mut display)?;
    display.finish();
    print::result(&last.ending());
    Ok(ExitCode::from(last.exit_code()))
}

fn watch(endpoint: &Endpoint, display: &mut Display) -> Result<Removal> {
    let (mut failures, mut wait) = (0, false);
    loop {
        match endpoint.ask(wait) {
            Asked::Answer(body) => {
                let removal = Removal::read(&body)?;
                display.show(&removal);
                if removal.is_final() {
                    return Ok(removal);
                }
                (failures, wait) = (0, true);
                thread::sleep(BETWEEN);
            }
            Asked::Refused(why) => bail!(why),
            Asked::Nothing(why) => {
                failures += 1;
                if failures >= MAX_FAILURES {
                    bail!("{why}; given up after {failures} attempts. The removal itself goes on");
                }
                display.line(&format!("{why}; asking again"));
                wait = false;
                thread::sleep(AFTER_FAILURE);
            }
        }
    }
}

/// A bar if standard error is a terminal; otherwise a line whenever something has changed.
struct Display {
    bar: Option<ProgressBar>,
    last: String,
}

impl Display {
    fn new() -> Self {
        let bar = stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{bar:30} {percent:>3}%  {wide_msg}");
            let bar = ProgressBar::new(1);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        Self {
            bar,
            last: String::new(),
        }
    }

    fn show(&mut self, removal: &Removal) {
        let line = removal.line();
        match &self.bar {
            Some(bar) => {
                let (done, of) = removal.share();
                bar.set_length(of);
                bar.set_position(done);
                bar.set_message(line);
            }
            None if line != self.last => {
                print::message(&line);
                self.last = line;
            }
            None => {}
        }
    }

    fn line(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| print::message(line)),
            None => print::message(line),
        }
    }

    fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
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
            (follow.id.as_str(), follow.url.as_str()),
            ("01M833V5G5", DEFAULT_URL)
        );
        let follow =
            parsed("/removals/01M?app_id=app_two --url https://x.example --token t").unwrap();
        assert_eq!(
            (follow.id.as_str(), follow.app.as_deref()),
            ("01M", Some("app_two"))
        );
        assert_eq!(parsed("01M --app a").unwrap().app.as_deref(), Some("a"));
        for line in [
            "",
            "01M 02M",
            "../x",
            "01M --app a&b",
            "01M --wait 5",
            "a?wait=5",
        ] {
            assert_eq!(parsed(line), None, "{line}");
        }
    }
}
