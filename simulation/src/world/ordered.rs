//! What was asked of the ledger in a run, and what it answered.

use participant_remover::ledger::{RemovalId, SynchronousRemoval};
use participant_remover::removal::RemovalOrder;

/// A removal that was ordered in a run.
#[derive(Debug, Clone)]
pub struct Ordered {
    /// What was ordered.
    pub order: RemovalOrder,
    /// Its id, once it was answered.
    pub id: Option<RemovalId>,
    /// When the request was sent first; it may have been stored without an answer since.
    pub asked_at: u64,
    /// How many requests had left by then.
    pub asked_after: usize,
    /// When it was answered.
    pub accepted_at: Option<u64>,
    /// How many requests had left when it was answered that it is cancelled.
    pub cancelled_after: Option<usize>,
}

/// Synchronous removals that were recorded together.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// When their requests had been sent.
    pub at: u64,
    /// How many requests of durable work had left when they were recorded.
    pub left: usize,
    /// How many requests they took.
    pub requests: u64,
    /// The removals.
    pub removals: Vec<SynchronousRemoval>,
}
