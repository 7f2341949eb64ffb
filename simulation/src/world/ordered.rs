//! What was asked of the ledger in a run, and its answers.

use participant_remover::ledger::{RemovalId, SynchronousRemoval};
use participant_remover::removal::RemovalOrder;

/// A removal that was ordered in a run.
#[derive(Debug, Clone)]
pub struct Ordered {
    /// The order.
    pub order: RemovalOrder,
    /// Its id, once answered.
    pub id: Option<RemovalId>,
    /// When the request was first sent; it may have been stored since without an answer.
    pub asked_at: u64,
    /// How many requests had been sent by then.
    pub asked_after: usize,
    /// When it was answered.
    pub accepted_at: Option<u64>,
    /// How many requests had been sent when the cancellation was confirmed.
    pub cancelled_after: Option<usize>,
}

/// Synchronous removals that were recorded together.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// When their requests had been sent.
    pub at: u64,
    /// How many durable requests had been sent when they were recorded.
    pub left: usize,
    /// How many requests they took.
    pub requests: u64,
    /// The removals.
    pub removals: Vec<SynchronousRemoval>,
}
