//! The two servers of `cargo xtask dev`.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::output::Output;
use super::{ACCOUNT, APP, Ports, webhooks};
use crate::processes::{Running, describe};
use crate::{Session, wrangler};

/// Runs a command that ends, with everything it started, when standard input closes. A killed process has no time to
/// end others, but its end of a pipe always closes.
const UNTIL_STDIN_CLOSES: &str = r#"exec 3<&0 </dev/null
(cat <&3 >/dev/null; kill -TERM 0) &
exec "$@" 3<&-"#;

/// A running server. Dropping it ends it and everything it started.
pub struct Server {
    name: &'static str,
    running: Running,
    /// The server's output.
    pub output: Output,
}

impl Server {
    fn start(session: &Session, name: &'static str, command: &mut Command) -> Result<Self> {
        command
            // Held open while we are alive: the servers end when it closes, however we end.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = session
            .processes
            .spawn(command)
            .with_context(|| format!("cannot start {name}"))?;
        let output = Output::new(&session.steps);
        let (out, err) = running.take_output();
        output.follow(out);
        output.follow(err);
        Ok(Self {
            name,
            running,
            output,
        })
    }

    /// Returns an error once the server has exited.
    pub fn check(&mut self) -> Result<()> {
        match self
            .running
            .ended()
            .with_context(|| format!("cannot watch {}", self.name))?
        {
            None => Ok(()),
            Some(status) => bail!("{} has ended ({})", self.name, describe(status)),
        }
    }
}

/// The credentials of the servers and their callers.
pub struct Tokens {
    /// The API token.
    pub api: String,
    /// The developer's caller token.
    pub caller: String,
    /// The signing secret shared by all webhook sources.
    pub webhooks: String,
}

/// Starts the stand-in, which sends its webhooks to the Worker.
pub fn start_stand_in(
    session: &Session,
    program: &Path,
    ports: Ports,
    api_token: &str,
) -> Result<Server> {
    let receiver = format!("http://127.0.0.1:{}/webhooks/realtimekit", ports.worker);
    let mut command = Command::new(program);
    command
        .args(["--port", &ports.stand_in.to_string()])
        .args(["--token", api_token, "--account", ACCOUNT, "--app", APP])
        .args(["--webhook-url", &receiver])
        .arg("--exit-with-stdin");
    Server::start(session, "the stand-in", &mut command)
}

/// Returns the Worker's settings by name.
fn settings(ports: Ports, tokens: &Tokens) -> [(&'static str, String); 8] {
    let stand_in = format!("http://127.0.0.1:{}", ports.stand_in);
    let (sources, secrets) = webhooks::settings(&tokens.webhooks);
    [
        ("CLOUDFLARE_API_BASE_URL", format!("{stand_in}/client/v4")),
        ("CLOUDFLARE_ACCOUNT_ID", ACCOUNT.to_owned()),
        ("REALTIMEKIT_APP_IDS", APP.to_owned()),
        ("CLOUDFLARE_API_TOKEN", tokens.api.clone()),
        (
            "CALLER_TOKENS",
            json!({"developer": tokens.caller}).to_string(),
        ),
        (
            "REALTIMEKIT_WEBHOOK_KEY_URL",
            format!("{stand_in}/.well-known/webhooks.json"),
        ),
        ("WEBHOOKS", sources.to_string()),
        ("WEBHOOK_SECRETS", secrets.to_string()),
    ]
}

/// Starts the Worker with the settings of `dev` alone: those in `.dev.vars` and `.env` may belong to a real account,
/// which `dev` must never touch.
pub fn start_worker(session: &Session, ports: Ports, tokens: &Tokens) -> Result<Server> {
    let workspace = &session.workspace;
    let mut command = Command::new("sh");
    command
        .args(["-c", UNTIL_STDIN_CLOSES, "sh"])
        .arg(workspace.npm_program("wrangler"))
        .args([
            "dev",
            "--local",
            "--ip",
            "127.0.0.1",
            "--inspector-port",
            "0",
        ])
        .args(["--port", &ports.worker.to_string()])
        // Separate from the state of a plain `wrangler dev`, and of another `dev` on other ports.
        .args(["--persist-to", &format!(".wrangler/dev-{}", ports.worker)])
        .args(["--show-interactive-dev-session=false"])
        // With a file named here, wrangler reads neither `.dev.vars` nor `.env`.
        .args(["--env-file", "/dev/null"])
        .args(
            settings(ports, tokens)
                .iter()
                .flat_map(|(name, value)| ["--var".to_owned(), format!("{name}:{value}")]),
        )
        .current_dir(workspace.root())
        .env("PATH", workspace.path_with_node()?)
        // Would name another environment than the one that these settings are for.
        .env_remove("CLOUDFLARE_ENV")
        .envs(wrangler::LOCAL);
    Server::start(session, "the Worker (wrangler dev)", &mut command)
}
