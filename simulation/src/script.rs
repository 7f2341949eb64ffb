//! What callers and the rest of the world do during a run.

use participant_remover::ledger::SynchronousRemoval;
use participant_remover::removal::RemovalOrder;

/// One act.
#[derive(Debug, Clone)]
pub enum Act {
    /// A caller orders a removal, and repeats the request with its idempotency key until it is answered.
    Order {
        /// The removal's number in the run, which is its key.
        number: usize,
        /// The order.
        order: RemovalOrder,
    },
    /// A caller cancels a removal.
    Cancel(usize),
    /// A caller retries a removal.
    Retry(usize),
    /// Removals of the synchronous route are recorded.
    Synchronous(Vec<SynchronousRemoval>),
    /// The alarm is delivered although it was already delivered or is not due.
    Alarm,
    /// Somebody is added to a meeting.
    Add {
        /// The meeting.
        meeting: usize,
        /// The user.
        user: String,
    },
    /// Somebody is removed from a meeting by a third party.
    Remove {
        /// The meeting.
        meeting: usize,
        /// A number that picks one of those present.
        pick: usize,
    },
    /// A meeting is added.
    AddMeeting {
        /// The users in it.
        users: Vec<String>,
    },
}
