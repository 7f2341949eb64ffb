//! A Cloudflare Worker that removes participants from `RealtimeKit` meetings.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

pub mod callers;
pub mod config;
pub mod ids;
pub mod realtimekit;
pub mod removal;
pub mod routes;
pub mod secret;
pub mod webhooks;
