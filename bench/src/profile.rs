//! Load without measurement, to attach a profiler to the process or its inspector.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::contenders::Contender;
use crate::load::Connections;
use crate::plan::Work;
use crate::workerd::Workerd;

/// How long the load lasts.
const TIME: Duration = Duration::from_secs(30);

/// Loads the contenders one after another; the arguments select a single one.
pub async fn run(contenders: &[Contender]) -> Result<()> {
    for contender in contenders {
        let inspector = ["--inspector-addr", "127.0.0.1:9229"];
        let workerd = Workerd::start_with(contender, &inspector).await?;
        eprintln!(
            "{}: process {}, inspector on ws://127.0.0.1:9229/main, under load for {} seconds",
            contender.title,
            workerd.process(),
            TIME.as_secs()
        );
        let mut connections = Connections::open(workerd.address(), 16, Work::Removal).await?;
        let begun = Instant::now();
        while begun.elapsed() < TIME {
            connections.run(2_000).await?;
        }
    }
    Ok(())
}
