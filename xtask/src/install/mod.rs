//! Installs what is missing, and only that: parts of the Rust toolchain, npm packages, cargo tools, and the Python
//! packages of the tests.

mod cargo_tool;
mod npm;
mod python;
mod rust;

use anyhow::Result;

pub use cargo_tool::{BuildTools, ensure as cargo_tools};
pub use npm::ensure as npm;
pub use python::ensure as python;
pub use rust::{Component, ensure as rust};

use crate::Session;

/// Everything that building the Worker takes. npm runs beside the compiler: it mostly waits for the network.
pub fn build_tools(session: &Session) -> Result<BuildTools> {
    std::thread::scope(|scope| {
        let npm = scope.spawn(|| npm(session));
        let tools = rust(session, &[Component::WasmTarget]).and_then(|()| cargo_tools(session));
        let npm = npm
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        npm.and(tools)
    })
}
