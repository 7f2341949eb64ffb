//! Installs what is missing, and only that: parts of the Rust toolchain, npm packages, cargo tools, and the Python
//! packages for the tests.

mod cargo_tool;
mod npm;
mod packages;
mod python;
mod rust;

use std::panic;
use std::thread::ScopedJoinHandle;

pub use cargo_tool::{BuildTools, ensure as cargo_tools, worker_build};
pub use npm::ensure as npm;
pub use python::ensure as python;
pub use rust::{Component, ensure as rust};

/// Returns the result of a scoped thread; its panic is resumed here.
pub fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| panic::resume_unwind(panic))
}
