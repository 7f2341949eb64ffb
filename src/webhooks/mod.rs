//! Webhooks in: a sender's signature is verified over the raw body, and its event becomes orders for removals.
//!
//! In scope: one file a signature scheme, the configuration of sources, and the mapping of events. Out of scope: HTTP,
//! the ledger that keeps the orders, and fetching the key of `RealtimeKit` ([`key_cache`] decides when, not how).
//!
//! A request passes through in this order, and nothing parses its body before step 2 has held:
//!
//! 1. [`Sources::get`] finds the source by its name in the path, or says why it is refused.
//! 2. [`verify`] (or [`realtimekit::verify`] for `RealtimeKit`, whose key can change) checks the signature.
//! 3. [`mapping::decide`] reads the event and decides.

pub mod decision;
pub mod event;
pub mod github;
pub mod headers;
pub mod hmac;
pub mod key_answer;
pub mod key_cache;
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
pub use verification::{Refused, Rejection, Scheme, Verified, verify};

#[cfg(test)]
mod tests;
