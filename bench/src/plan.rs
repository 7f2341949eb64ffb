//! How much is measured.

use std::time::Duration;

/// One run's numbers.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How often all contenders are measured, one after another.
    pub rounds: usize,
    /// Connections, and the requests of one contender's turn at that many.
    pub levels: Vec<Level>,
    /// The same for webhooks.
    pub webhooks: Level,
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
    /// What is asked for.
    pub work: Work,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// To delete a participant.
    Removal,
    /// To take in a signed webhook, each with an id of its own.
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
    /// What stands in the documentation: a quarter of an hour.
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

    /// While working: about a minute.
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
