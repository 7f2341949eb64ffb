//! Start-up: from the start of the process to the first response, for all contenders alternately.

use std::time::Duration;

use anyhow::Result;

use crate::contenders::Contender;
use crate::plan::Plan;
use crate::workerd::Workerd;

/// The start-up measurements of one contender.
#[derive(Debug, Default)]
pub struct Starts {
    /// The time until the first response, in milliseconds.
    pub time: Vec<f64>,
    /// The CPU time until then, in milliseconds.
    pub cpu: Vec<f64>,
}

/// Starts each contender the planned number of times.
pub async fn run(contenders: &[Contender], plan: &Plan) -> Result<Vec<Starts>> {
    let mut starts: Vec<Starts> = contenders.iter().map(|_| Starts::default()).collect();
    for round in 0..plan.starts {
        eprintln!("start {} of {}", round + 1, plan.starts);
        for (contender, starts) in contenders.iter().zip(&mut starts) {
            let workerd = Workerd::start(contender).await?;
            starts.time.push(milliseconds(workerd.time_to_answer));
            starts.cpu.push(milliseconds(workerd.cpu_to_answer));
        }
    }
    Ok(starts)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
