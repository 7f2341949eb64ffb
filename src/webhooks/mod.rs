//! Incoming webhooks: a sender's signature is verified over the raw body, and its event becomes an order for a removal.
//!
//! In scope: one file per signature scheme, the configuration of sources, and the mapping of events. Out of scope:
//! HTTP, the ledger that keeps the orders, and fetching `RealtimeKit`'s key ([`key_cache`] decides when, not how).
//!
//! A request goes through these steps in order, and nothing parses its body before step 2 has succeeded:
//!
//! 1. [`Sources::get`] finds the source by its name in the path, or says why it is refused.
//! 2. [`Scheme::claim`] reads the headers before the body is received, and [`Claim::verify`] checks the signature over
//!    it; for `RealtimeKit`, whose key can change, [`realtimekit::claim`] and [`realtimekit::verify`] do this.
//! 3. [`mapping::decide`] reads the event and decides.

pub mod decision;
pub mod event;
pub mod github;
pub mod headers;
pub mod hmac;
pub mod key_answer;
pub mod key_cache;
mod key_copy;
pub mod mapping;
pub mod pointer;
pub mod presets;
pub mod public_key;
pub mod realtimekit;
pub mod realtimekit_events;
pub mod rules;
pub mod secrets;
pub mod source;
pub mod standard_webhooks;
pub mod stripe;
pub mod timed_signatures;
pub mod timestamp;
pub mod token;
pub mod verification;
pub mod workos;

pub use decision::Decision;
pub use headers::Headers;
pub use mapping::decide;
pub use source::{Sender, Source, SourceState, Sources};
pub use verification::{Claim, Refused, Rejection, Scheme, Verified};

#[cfg(test)]
mod tests;
