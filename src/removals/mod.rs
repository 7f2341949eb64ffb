//! Durable removals over HTTP: what a request asks of the ledger, and the ledger's answer.
//!
//! The Worker checks the request ([`admission`]) and sends a [`LedgerCall`] to the ledger of the app, a Durable Object,
//! which carries it out ([`service`]).

pub mod admission;
pub mod call;
pub mod delivery;
#[cfg(test)]
mod fixture;
pub mod handling;
mod query;
pub mod recorder;
pub mod request;
pub mod served;
pub mod service;
pub mod settings;

pub use admission::{Admitted, admit};
pub use call::{LedgerCall, LedgerCallError};
pub use service::serve;
