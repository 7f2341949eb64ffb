//! Drives the built stand-in over HTTP, as the Worker and the tests of the Worker do.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod api;
mod client;
mod faults;
mod limits;
mod load;
mod process;
mod sessions;
mod webhooks;
