//! The command line of the stand-in: reads the options, serves until it is told to end.

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
