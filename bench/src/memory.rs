//! Memory: how much this Worker's process holds while it serves a million requests.

use std::time::Instant;

use anyhow::Result;

use crate::contenders::Contender;
use crate::load::Connections;
use crate::plan::{Plan, Work};
use crate::workerd::Workerd;

/// Memory use over time.
#[derive(Debug)]
pub struct Memory {
    /// The number of requests so far, and the resident bytes at that point.
    pub course: Vec<(usize, u64)>,
}

/// How many times it is sampled.
const STEPS: usize = 40;

/// Sends `requests` requests, or as many as the time allows.
pub async fn run(contender: &Contender, requests: usize, plan: &Plan) -> Result<Memory> {
    let workerd = Workerd::start(contender).await?;
    let mut connections = Connections::open(workerd.address(), 32, Work::Removal).await?;
    let begun = Instant::now();
    let mut course = vec![(0, workerd.resident()?)];
    let mut sent = 0;
    for step in 0..STEPS {
        if begun.elapsed() > plan.memory_time {
            break;
        }
        let mut missing = requests / STEPS;
        while missing > 0 && begun.elapsed() <= plan.memory_time {
            let done = connections.run(missing.min(5_000)).await?.latencies.len();
            missing = missing.saturating_sub(done);
            sent += done;
        }
        course.push((sent, workerd.resident()?));
        eprintln!("memory: {sent} requests, step {} of {STEPS}", step + 1);
    }
    Ok(Memory { course })
}
