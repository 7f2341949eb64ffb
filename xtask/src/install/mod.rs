//! Installs what is missing, and only that: parts of the Rust toolchain, npm packages, cargo tools, and the Python
//! packages of the tests.

mod cargo_tool;

mod npm;
mod rust;

use std::path::PathBuf;

use anyhow::Result;

pub use rust::Component;

use crate::Session;

/// The programs that turn the Worker's source into what is deployed.
#[derive(Debug)]
pub struct BuildTools {
    /// Drives the build.
    pub worker_build: PathBuf,
    /// Generates the JavaScript side of the Wasm module.
    pub wasm_bindgen: PathBuf,
}

/// Everything that building and running the Worker takes. Independent installations run side by side.
pub fn build_tools(session: &Session, components: &[Component]) -> Result<BuildTools> {
    std::thread::scope(|scope| {
        let npm = scope.spawn(|| npm::ensure(session));
        let tools = rust::ensure(session, components).and_then(|()| cargo_tool::ensure(session));
        let npm = npm
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // Both outcomes are known here: the first failure is reported, nothing is left half-way.
        npm.and(tools)
    })
}
