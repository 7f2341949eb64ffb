//! What a removal is, and how the removal of one participant is carried out: kick, delete, outcome.

pub mod message;
pub mod order;
pub mod outcome;
pub mod participant;

pub use message::{Leaving, MessageKey};
pub use order::{RemovalOrder, Target};
pub use outcome::Outcome;
pub use participant::{Kick, KickResult, ParticipantRemoval, remove_participant};
