//! The project's commands, run as `cargo xtask COMMAND`.
//!
//! In scope: installing missing tools, building the Worker, running it beside the stand-in, running the
//! tests, the simulation and the benchmark, sending a webhook, and following a removal. Each command is a module with a
//! `run` function; they share the [`Workspace`] (where things are), [`Steps`] (what the user sees) and [`Processes`]
//! (what must end with us).
//! Windows is not supported.
#![warn(clippy::print_stderr, clippy::print_stdout)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

mod address;
mod arguments;
mod bench;
mod dev;
mod follow;
mod help;
mod install;
mod lock;
mod locked;
mod print;
mod processes;
mod program;
mod simulate;
mod stand_in;
mod steps;
mod test;
mod webhook;
mod worker;
mod workspace;
mod wrangler;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use arguments::Invocation;
use processes::Processes;
use steps::Steps;
use workspace::Workspace;

/// What all commands share.
struct Session {
    workspace: Workspace,
    steps: Steps,
    processes: Arc<Processes>,
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            print::message(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    if cfg!(windows) {
        bail!("Windows is not supported: run this under WSL, on Linux or on macOS");
    }
    let invocation = arguments::parse(std::env::args_os().skip(1))?;
    if let Invocation::Help(help) = invocation {
        print::result(help.text().trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let processes = Arc::new(Processes::default());
    let at_signal = Arc::clone(&processes);
    ctrlc::set_handler(move || {
        at_signal.end_all();
        std::process::exit(130);
    })
    .context("cannot listen for Ctrl-C")?;
    let session = Session {
        workspace: Workspace::find()?,
        steps: Steps::new(Arc::clone(&processes)),
        processes,
    };
    match invocation {
        Invocation::Help(_) => Ok(ExitCode::SUCCESS),
        Invocation::Dev(ports) => dev::run(&session, ports).map(|()| ExitCode::SUCCESS),
        Invocation::Test(selection) => Ok(test::run(&session, &selection)),
        Invocation::Follow(follow) => follow::run(follow),
        Invocation::Simulate(simulation) => simulate::run(&session, &simulation),
        Invocation::Webhook(message) => webhook::run(&session, &message),
        Invocation::Build => worker::run(&session),
        Invocation::Bench(arguments) => bench::run(&session, &arguments),
    }
}
