//! How much is measured.

use std::time::Duration;

/// One run's numbers.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How often all contenders are measured, one after another.
    pub rounds: usize,
    /// Connections, and the requests of one contender's turn at that many.
    pub levels: Vec<Level>,
    /// Requests before anything is measured, so that the code is compiled as far as it will be.
    pub warm_up: usize,
    /// How often each contender is started.
    pub starts: usize,
    /// How many requests the memory is watched for.
    pub memory_requests: Option<usize>,
    /// The longest time for them.
    pub memory_time: Duration,
}

/// A number of connections and the requests of one turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Connections that are kept open, each with one request under way.
    pub connections: usize,
    /// Requests in all.
    pub requests: usize,
}

const fn level(connections: usize, requests: usize) -> Level {
    Level {
        connections,
        requests,
    }
}

impl Plan {
    /// What stands in the documentation: some twenty minutes.
    pub fn full() -> Self {
        Self {
            rounds: 30,
            levels: vec![level(1, 800), level(16, 1600), level(64, 1600)],
            warm_up: 12_000,
            starts: 15,
            memory_requests: Some(1_000_000),
            memory_time: Duration::from_secs(480),
        }
    }

    /// While working: about a minute.
    pub fn quick() -> Self {
        Self {
            rounds: 8,
            levels: vec![level(1, 300), level(16, 800), level(64, 800)],
            warm_up: 4_000,
            starts: 4,
            memory_requests: None,
            memory_time: Duration::ZERO,
        }
    }
}
