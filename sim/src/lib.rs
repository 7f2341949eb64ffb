//! A stand-in for the `RealtimeKit` API, for development and tests.
//!
//! In scope: the endpoints, envelopes, paging, token check, limits, live sessions and webhooks that a removal involves,
//! and faults on demand over the `/sim` routes. Everything lives in memory.
//! Out of scope: media, recordings, and anything that the Worker itself decides.

#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)
)]

mod answer;
mod cli;
mod clock;
mod control;
mod faults;
mod gateway;
mod kit;
mod limits;
mod request_log;
mod server;
mod settings;
mod sim;
mod webhooks;
mod world;

pub use cli::Options;
pub use server::serve;
