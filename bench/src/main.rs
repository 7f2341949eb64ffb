//! Measures the Worker against what a user would use instead, under plain `workerd`, with one fast local upstream.
//!
//! In scope: running the Workers, loading them alternately, and reporting ratios. `cargo xtask bench` installs the
//! tools, builds this Worker and starts this program. Not in scope: passing or failing. Timings decide nothing; costs
//! that must not get worse are counted by the tests.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

mod arguments;
mod chart;
mod configuration;
mod contenders;
mod deliveries;
mod load;
mod machine;
mod memory;
mod plan;
mod profile;
mod report;
mod rounds;
mod start;
mod statistics;
mod upstream;
mod workerd;

use std::process::ExitCode;

use anyhow::{Context, Result};
use tokio::runtime;

use arguments::Options;
use plan::Plan;
use upstream::Upstream;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let Some(options) = arguments::parse(std::env::args_os().skip(1))? else {
        print!("{}", arguments::HELP);
        return Ok(());
    };
    workerd::require_accounting()?;
    let mut plan = if options.quick {
        Plan::quick()
    } else {
        Plan::full()
    };
    if !options.only.is_empty() {
        plan.memory_requests = None;
    }
    plan.rounds = options.rounds.unwrap_or(plan.rounds);
    plan.levels.retain(|level| {
        options
            .connections
            .is_none_or(|only| level.connections == only)
    });
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the asynchronous runtime")?;
    runtime.block_on(measure(&options, &plan))
}

async fn measure(options: &Options, plan: &Plan) -> Result<()> {
    let upstream = Upstream::start()?;
    let contenders = contenders::build(options, upstream.address())?;
    if options.profile.is_some() {
        return profile::run(&contenders).await;
    }
    let rounds = rounds::run(&contenders, Some(upstream.address()), plan, &plan.levels).await?;
    let webhook_contenders = contenders::for_webhooks(options, upstream.address())?;
    let webhooks = rounds::run(&webhook_contenders, None, plan, &[plan.webhooks]).await?;
    let starts = start::run(&contenders, plan).await?;
    let memory = match (plan.memory_requests, contenders.first()) {
        (Some(requests), Some(ours)) => Some(memory::run(ours, requests, plan).await?),
        _ => None,
    };
    let results = report::Results {
        contenders: &contenders,
        rounds: &rounds,
        webhook_contenders: &webhook_contenders,
        webhooks: webhooks.first(),
        starts: &starts,
        memory: memory.as_ref(),
        machine: machine::describe(&options.root)?,
    };
    print!("{}", report::markdown(&results));
    if let Some(directory) = &options.write {
        report::write(&results, directory)?;
    }
    Ok(())
}
