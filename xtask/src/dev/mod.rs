//! `cargo xtask dev`: the Worker under `wrangler dev`, the stand-in beside it, and a call to try.

mod output;
mod ports;
mod server;
mod token;
mod webhooks;

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::install::joined;
use crate::{Session, print, stand_in, worker};
pub use ports::{DEFAULT_PORTS, Ports};
use server::{Server, Tokens};
pub use webhooks::secret as webhook_secret;

/// How long a server may take to start responding.
const START: Duration = Duration::from_mins(2);
/// After this time without a response, the servers' output is no longer held back: it may tell why.
const QUIET_START: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(100);

/// The account and app that the stand-in serves.
const ACCOUNT: &str = "023e105f4ecef8ad9ca31a8372d0c353";
const APP: &str = "development-app";
const PARTICIPANTS: usize = 10;

/// Runs both servers until one of them exits or a signal arrives.
pub fn run(session: &Session, ports: Ports) -> Result<()> {
    ports.check()?;
    let program = build(session)?;
    // Building takes minutes.
    ports.check()?;
    let state = session.workspace.state()?;
    let tokens = Tokens {
        api: token::of_this_clone(&state.join("dev-api-token"))?,
        caller: token::of_this_clone(&state.join("dev-caller-token"))?,
        webhooks: webhook_secret(&state)?,
    };

    let step = session.steps.begin("starting the Worker and the stand-in");
    let mut servers = [
        server::start_stand_in(session, &program, ports, &tokens.api)?,
        server::start_worker(session, ports, &tokens)?,
    ];
    let call = wait_until_healthy(&mut servers, ports)
        .and_then(|()| fill(ports.stand_in))
        .and_then(|filled| curl(ports.worker, &filled, &tokens.caller));
    match call {
        Ok(call) => {
            step.done();
            print::result(&greeting(ports, &call));
            for server in &servers {
                server.output.pass_on();
            }
            watch(&mut servers)
        }
        Err(error) => {
            step.failed();
            for server in &servers {
                server.output.show();
            }
            Err(error)
        }
    }
}

/// Builds both servers, and returns the path of the stand-in's program.
fn build(session: &Session) -> Result<PathBuf> {
    thread::scope(|scope| {
        let stand_in = scope.spawn(|| stand_in::build(session));
        let worker = worker::build(session);
        worker.and(joined(stand_in))
    })
}

/// Returns once a server has exited; a signal ends the program earlier.
fn watch(servers: &mut [Server; 2]) -> Result<()> {
    loop {
        for server in &mut *servers {
            server.check()?;
        }
        thread::sleep(POLL);
    }
}

fn greeting(ports: Ports, curl: &str) -> String {
    let Ports { worker, stand_in } = ports;
    let at = if worker == DEFAULT_PORTS.worker {
        String::new()
    } else {
        format!(" --url http://127.0.0.1:{worker}")
    };
    format!(
        "
The Worker:   http://127.0.0.1:{worker}
The stand-in: http://127.0.0.1:{stand_in} (sim/README.md tells what it can do)

A meeting has {PARTICIPANTS} participants. This removes one of them; the same call again finds nobody:

{curl}

A webhook, signed as Clerk signs it, that removes another one from every meeting:

cargo xtask webhook clerk --user user-2{at}

Whoever leaves a meeting of the stand-in is removed from it after ten seconds, unless they join again: it tells the
Worker by webhook, as RealtimeKit does.

Ctrl-C ends everything. What the Worker and the stand-in log follows.
"
    )
}

/// Waits until the Worker reports that it is ready to serve.
fn wait_until_healthy(servers: &mut [Server; 2], ports: Ports) -> Result<()> {
    let url = format!("http://127.0.0.1:{}/healthz", ports.worker);
    let agent = agent();
    let begun = std::time::Instant::now();
    loop {
        for server in servers.iter_mut() {
            server.check()?;
            if begun.elapsed() > QUIET_START {
                server.output.show();
            }
        }
        match agent.get(&url).call() {
            Ok(answer) if answer.status() == 200 => return Ok(()),
            Ok(mut answer) => {
                let body = answer.body_mut().read_to_string().unwrap_or_default();
                bail!(
                    "the Worker is not healthy: {url} answers {}: {body}",
                    answer.status()
                );
            }
            Err(_not_listening_yet) if begun.elapsed() < START => thread::sleep(POLL),
            Err(_given_up) => bail!(
                "the Worker did not answer {url} within {} s: what it printed is above",
                START.as_secs()
            ),
        }
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(5)))
        .http_status_as_error(false)
        // All requests go to this machine.
        .proxy(None)
        .build()
        .into()
}

/// Fills a meeting in the stand-in, and returns what was created.
fn fill(port: u16) -> Result<Value> {
    let url = format!("http://127.0.0.1:{port}/sim/fill");
    let wanted =
        json!({"app": APP, "meetings": 1, "participants_per_meeting": PARTICIPANTS, "live": true});
    let mut answer = agent()
        .post(&url)
        .content_type("application/json")
        .send(wanted.to_string())
        .with_context(|| format!("the stand-in does not answer {url}"))?;
    let body = answer
        .body_mut()
        .read_to_string()
        .with_context(|| format!("the stand-in's answer to {url} cannot be read"))?;
    if answer.status() != 200 {
        bail!(
            "the stand-in refused {url} with {}: {body}",
            answer.status()
        );
    }
    serde_json::from_str(&body).with_context(|| format!("the stand-in answered {url} with {body}"))
}

/// Returns the command that removes the first participant created.
fn curl(port: u16, filled: &Value, caller_token: &str) -> Result<String> {
    let text = |pointer: &str| filled.pointer(pointer).and_then(Value::as_str);
    let (Some(meeting), Some(participant)) =
        (text("/meetings/0/id"), text("/meetings/0/participants/0"))
    else {
        bail!("the stand-in did not tell whom it created: {filled}");
    };
    Ok(format!(
        "curl -X DELETE 'http://127.0.0.1:{port}/meetings/{meeting}/participants/{participant}' -H 'Authorization: \
         Bearer {caller_token}'"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_names_the_first_participant() {
        let filled = json!({"meetings": [{"id": "m-1", "participants": ["p-1", "p-2"]}]});
        assert_eq!(
            curl(8787, &filled, "secret").unwrap(),
            "curl -X DELETE 'http://127.0.0.1:8787/meetings/m-1/participants/p-1' -H 'Authorization: Bearer secret'"
        );
    }

    #[test]
    fn without_a_participant_there_is_no_call() {
        for filled in [
            json!({}),
            json!({"meetings": [{"id": "m-1", "participants": []}]}),
        ] {
            assert!(curl(8787, &filled, "secret").is_err(), "{filled}");
        }
    }
}
