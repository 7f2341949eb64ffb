//! A typed client of the `RealtimeKit` API: endpoints, answers, errors by meaning, the retry policy and the transport.
//! It knows nothing about callers, removals or the ledger.

pub mod answers;
pub mod client;
pub mod endpoints;
pub mod error_body;
pub mod errors;
pub mod limits;
mod object;
pub mod retry;
pub mod transport;

pub use client::{Call, Client, Limited};
pub use endpoints::Api;
pub use errors::ApiError;
pub use transport::{ApiRequest, Clock, Method, RawAnswer, Transport, TransportError};
