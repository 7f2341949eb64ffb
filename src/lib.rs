//! A Cloudflare Worker that removes participants from `RealtimeKit` meetings, for callers that must not hold a
//! Cloudflare API token.
//!
//! This file holds the runtime's entry points and nothing else.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

pub mod answer;
pub mod callers;
pub mod config;
pub mod config_problem;
pub mod delete;
pub mod digest;
pub mod digits;
pub mod health;
pub mod ids;
pub mod json;
pub mod ledger;
pub mod log;
pub mod query;
pub mod realtimekit;
pub mod recent;
pub mod removal;
pub mod removals;
pub mod rfc3339;
pub mod routes;
pub mod runtime;
pub mod secret;
pub mod serve;
pub mod webhooks;

use worker::{Context, Env, Error, event};

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    context: Context,
) -> worker::Result<web_sys::Response> {
    serve::serve(&request, &env, &context)
        .await
        .map_err(Error::from)
}
