//! Drives the built stand-in over HTTP, as the Worker and the tests of the Worker do.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod access;
mod api;
mod client;
mod control;
mod fault_rules;
mod faults;
mod late;
mod limits;
mod load;
mod log;
mod process;
mod receiver;
mod sessions;
mod webhooks;
