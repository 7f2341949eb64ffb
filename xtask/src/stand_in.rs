//! `realtimekit-sim`, the stand-in for the `RealtimeKit` API.

use std::path::PathBuf;

use anyhow::Result;

use crate::Session;

/// Builds the stand-in and returns the path of its program.
pub fn build(session: &Session) -> Result<PathBuf> {
    let mut command = session.workspace.cargo();
    command.args(["build", "--package", "realtimekit-sim"]);
    let log = session.workspace.state()?.join("stand-in-build.log");
    let hint = "The compiler's messages are above.";
    session
        .steps
        .run("compiling the stand-in", &mut command, &log, hint)?;
    Ok(session.workspace.target().join("debug/realtimekit-sim"))
}
