//! `realtimekit-sim`, the stand-in for the `RealtimeKit` API.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::Session;

const PROGRAM: &str = "realtimekit-sim";
const BUILD: [&str; 3] = ["build", "--package", PROGRAM];

/// Builds the stand-in and returns the path of its program.
pub fn build(session: &Session) -> Result<PathBuf> {
    let mut command = session.workspace.cargo();
    command.args(BUILD);
    let log = session.workspace.state()?.join("stand-in-build.log");
    session
        .steps
        .run("compiling the stand-in", &mut command, &log, "")?;
    program(session)
}

/// Asks cargo where the built program is: below another directory if cargo's configuration names a target.
fn program(session: &Session) -> Result<PathBuf> {
    let told = session
        .workspace
        .cargo()
        .args(BUILD)
        .args(["--quiet", "--message-format=json"])
        .output()
        .context("cannot ask cargo where the stand-in is")?;
    ensure!(
        told.status.success(),
        "cargo cannot tell where the stand-in is: {}",
        String::from_utf8_lossy(&told.stderr).trim()
    );
    find(&String::from_utf8_lossy(&told.stdout))
        .context("cargo has compiled the stand-in, but does not tell where it is")
}

/// Finds the program among cargo's messages, one a line.
fn find(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.pointer("/target/name") == Some(&PROGRAM.into()))
        .find_map(|message| Some(message.get("executable")?.as_str()?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_the_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"build-script-build"},"executable":"/target/debug/build/a"}
a line of another kind
{"reason":"compiler-artifact","target":{"name":"realtimekit-sim"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"realtimekit-sim"},"executable":"/target/x86_64/debug/realtimekit-sim"}
{"reason":"build-finished","success":true}"#;
        let found = PathBuf::from("/target/x86_64/debug/realtimekit-sim");
        assert_eq!(find(messages), Some(found));
        assert_eq!(find(""), None);
    }
}
