//! The command line of the stand-in: parses the options and serves until told to stop.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use realtimekit_sim::{Options, serve};

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("realtimekit-sim: {problem}");
            ExitCode::FAILURE
        }
    }
}
