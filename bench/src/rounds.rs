//! Rounds: in each, every contender is loaded in turn, so that ratios are always taken between measurements made close
//! together and noise on the machine affects both sides.

use std::net::SocketAddr;

use anyhow::{Context, Result};

use crate::contenders::Contender;
use crate::load::Connections;
use crate::plan::{Level, Plan, Work};
use crate::statistics::{Span, percentile};
use crate::workerd::Workerd;

/// The measurements of one contender's turn.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// CPU time per request in microseconds; NaN for the upstream alone.
    pub cpu: f64,
    /// Requests per second.
    pub rate: f64,
    /// The median latency in microseconds.
    pub p50: f64,
    /// The 99th percentile of latency in microseconds.
    pub p99: f64,
}

/// All rounds with one number of connections.
#[derive(Debug)]
pub struct LevelRounds {
    /// The level of load.
    pub level: Level,
    /// By contender, then by round.
    pub turns: Vec<Vec<Turn>>,
    /// The upstream without a Worker, by round.
    pub upstream: Vec<Turn>,
}

/// How many turns a contender gets before it is measured.
const WARM_UP_TURNS: usize = 3;

/// Runs all rounds at the given levels. The upstream, if any, is measured as well.
pub async fn run(
    contenders: &[Contender],
    upstream: Option<SocketAddr>,
    plan: &Plan,
    levels: &[Level],
) -> Result<Vec<LevelRounds>> {
    let work = levels.first().map_or(Work::Removal, |level| level.work);
    let mut running = Vec::new();
    for contender in contenders {
        eprintln!("warming up {}", contender.title);
        let workerd = Workerd::start(contender).await?;
        let mut connections = Connections::open(workerd.address(), 16, work).await?;
        for _ in 0..WARM_UP_TURNS {
            connections
                .run(plan.warm_up)
                .await
                .with_context(|| contender.title.clone())?;
        }
        running.push(workerd);
    }
    let mut measured = Vec::new();
    for &level in levels {
        measured.push(at_level(&running, upstream, level, plan.rounds).await?);
    }
    Ok(measured)
}

async fn at_level(
    running: &[Workerd],
    upstream: Option<SocketAddr>,
    level: Level,
    rounds: usize,
) -> Result<LevelRounds> {
    let mut turns: Vec<Vec<Turn>> = running.iter().map(|_| Vec::new()).collect();
    let mut alone = Vec::new();
    for round in 0..rounds {
        eprintln!(
            "round {} of {rounds} at {} connections",
            round + 1,
            level.connections
        );
        // Each round starts with a different contender.
        let count = running.len();
        for at in (0..count).map(|turn| (turn + round) % count) {
            if let (Some(workerd), Some(turns)) = (running.get(at), turns.get_mut(at)) {
                turns.push(turn(workerd.address(), level, Some(workerd)).await?);
            }
        }
        if let Some(upstream) = upstream {
            alone.push(turn(upstream, level, None).await?);
        }
    }
    Ok(LevelRounds {
        level,
        turns,
        upstream: alone,
    })
}

async fn turn(address: SocketAddr, level: Level, process: Option<&Workerd>) -> Result<Turn> {
    let mut connections = Connections::open(address, level.connections, level.work).await?;
    // The cost of opening connections is not measured.
    connections.run(level.connections * 4).await?;
    let before = process.map(Workerd::cpu).transpose()?;
    let sample = connections.run(level.requests).await?;
    let after = process.map(Workerd::cpu).transpose()?;
    let spent = match (before, after) {
        (Some(before), Some(after)) => (after.saturating_sub(before)).as_secs_f64() * 1e6,
        _ => f64::NAN,
    };
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let requests = sample.latencies.len() as f64;
    Ok(Turn {
        cpu: spent / requests,
        rate: sample.rate(),
        p50: percentile(&sample.latencies, 50),
        p99: percentile(&sample.latencies, 99),
    })
}

impl LevelRounds {
    /// Returns one quantity of a contender, by round.
    pub fn of(&self, contender: usize, what: fn(&Turn) -> f64) -> impl Iterator<Item = f64> {
        self.turns.get(contender).into_iter().flatten().map(what)
    }

    /// Returns its median.
    pub fn median(&self, contender: usize, what: fn(&Turn) -> f64) -> f64 {
        Span::of(self.of(contender, what)).median
    }

    /// Returns the ratios of CPU per request between two contenders, by round.
    pub fn cpu_ratios(&self, one: usize, other: usize) -> impl Iterator<Item = f64> {
        self.of(one, |turn| turn.cpu)
            .zip(self.of(other, |turn| turn.cpu))
            .map(|(one, other)| one / other)
    }

    /// Returns the median latency that a contender adds to the upstream's own, by round.
    pub fn added(&self, contender: usize) -> impl Iterator<Item = f64> {
        self.of(contender, |turn| turn.p50)
            .zip(self.upstream.iter())
            .map(|(through, alone)| through - alone.p50)
    }
}
