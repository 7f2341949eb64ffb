//! The amount of measuring.

use std::time::Duration;

/// The parameters of one run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many times all contenders are measured, one after another.
    pub rounds: usize,
    /// The levels of load in each contender's turns.
    pub levels: Vec<Level>,
    /// The same for webhooks.
    pub webhooks: Level,
    /// Requests sent before measuring, so that the code is fully compiled and optimised.
    pub warm_up: usize,
    /// How many times each contender is started.
    pub starts: usize,
    /// Over how many requests memory is sampled.
    pub memory_requests: Option<usize>,
    /// The time limit for these requests.
    pub memory_time: Duration,
}

/// A number of connections and the number of requests in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Persistent connections, each with one request in flight.
    pub connections: usize,
    /// The total number of requests.
    pub requests: usize,
    /// The kind of request.
    pub work: Work,
}

/// The kind of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Delete a participant.
    Removal,
    /// Accept a signed webhook; each has a different id.
    Webhook,
}

const fn level(connections: usize, requests: usize) -> Level {
    Level {
        connections,
        requests,
        work: Work::Removal,
    }
}

const fn webhooks(requests: usize) -> Level {
    Level {
        connections: 16,
        requests,
        work: Work::Webhook,
    }
}

impl Plan {
    /// Returns the plan for the documentation: ten to thirty minutes.
    pub fn full() -> Self {
        Self {
            rounds: 16,
            levels: vec![level(1, 800), level(16, 1600), level(64, 1600)],
            webhooks: webhooks(400),
            warm_up: 4_000,
            starts: 12,
            memory_requests: Some(1_000_000),
            memory_time: Duration::from_mins(15),
        }
    }

    /// Returns the plan for use during development: about a minute.
    pub fn quick() -> Self {
        Self {
            rounds: 6,
            levels: vec![level(1, 300), level(16, 800), level(64, 800)],
            webhooks: webhooks(150),
            warm_up: 2_000,
            starts: 4,
            memory_requests: None,
            memory_time: Duration::ZERO,
        }
    }
}
