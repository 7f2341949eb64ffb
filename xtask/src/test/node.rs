//! The tests run by Node's test runner: the stand-in by itself, and the Worker under `wrangler dev` beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::counts::{self, Counts};
use super::summary::Kind;
use crate::Session;
use crate::steps::read_lossy;

/// The environment of the tests.
pub struct Run<'a> {
    /// The session of the command.
    pub session: &'a Session,
    /// Only run tests whose name contains this.
    pub filter: Option<&'a str>,
    /// The stand-in's program.
    pub stand_in: PathBuf,
    /// A Python with the `cloudflare` package.
    pub python: Option<PathBuf>,
    /// The program that binds the Worker of the signature vectors, if that is to run.
    pub wasm_bindgen: Option<PathBuf>,
}

/// Runs TypeScript's type check: Node runs the files without checking their types.
pub fn types(session: &Session) -> Result<()> {
    let mut command = Command::new(session.workspace.npm_program("tsc"));
    command
        .current_dir(session.workspace.root())
        .env("PATH", session.workspace.path_with_node()?);
    let log = session.workspace.state()?.join("types.log");
    let hint = "`npx tsc` shows it again.";
    session
        .steps
        .run("checking the types of the tests", &mut command, &log, hint)
}

/// Tests that are run together.
pub struct Suite {
    kind: Kind,
    title: &'static str,
    directory: &'static str,
    isolation: &'static str,
}

/// The stand-in by itself.
pub const STAND_IN: Suite = Suite {
    kind: Kind::StandIn,
    title: "testing the stand-in",
    directory: "sim/tests",
    isolation: "process",
};

/// The Worker, beside the stand-in.
pub const WORKER: Suite = Suite {
    kind: Kind::Wrangler,
    title: "testing the Worker under wrangler dev",
    directory: "tests",
    // One process: the Worker is started once for all, and the last test can search everything the others saw of it.
    isolation: "none",
};

impl Run<'_> {
    /// Runs a suite.
    pub fn tests(&self, suite: &Suite) -> Result<(Kind, Counts)> {
        let Session {
            workspace, steps, ..
        } = self.session;
        let directory = suite.directory;
        let title = suite.title;
        let files = test_files(&workspace.root().join(directory))?;
        if files.is_empty() {
            bail!("there is no file {directory}/**/*.test.ts: nothing would be tested");
        }
        let name = directory.replace('/', "-");
        let log = workspace.state()?.join(format!("node-{name}.log"));
        let tap = workspace.state()?.join(format!("node-{name}.tap"));
        fs::write(&tap, "").with_context(|| format!("cannot write {}", tap.display()))?;
        let step = steps.begin(title);
        let failure = steps.run_logged(&mut self.command(suite, &files, &tap)?, &log)?;
        let counted = counts::of_node(&read_lossy(&tap));
        let counts = counted
            .unwrap_or_default()
            .with_exit(failure.is_none() && counted.is_some());
        if counts.failed == 0 {
            step.done_with(&counts.to_string());
        } else {
            step.failed();
            let how = failure.unwrap_or_else(|| "it broke off before it had counted".to_owned());
            steps.print(&format!(
                "{}\nerror: {title} failed ({how})",
                read_lossy(&log)
            ));
        }
        Ok((suite.kind, counts))
    }

    fn command(&self, suite: &Suite, files: &[PathBuf], tap: &Path) -> Result<Command> {
        let workspace = &self.session.workspace;
        let mut command = Command::new(workspace.npm_program("node"));
        command
            .current_dir(workspace.root())
            .arg("--test")
            .arg(format!("--test-isolation={}", suite.isolation))
            .args(["--test-reporter=spec", "--test-reporter-destination=stdout"])
            .args(["--test-reporter=tap", "--test-reporter-destination"])
            .arg(tap)
            .args(
                self.filter
                    .map(|name| format!("--test-name-pattern={}", literal(name))),
            )
            .args(files)
            .env("PATH", workspace.path_with_node()?)
            .env("CARGO_TARGET_DIR", workspace.target())
            .env("REALTIMEKIT_SIM", &self.stand_in)
            .env("WORKER_BUILD", workspace.build())
            .envs(crate::wrangler::LOCAL);
        if let Some(wasm_bindgen) = &self.wasm_bindgen {
            command.env("WASM_BINDGEN", wasm_bindgen);
        }
        if let Some(python) = &self.python {
            command.env("PYTHON_CLOUDFLARE", python);
        }
        Ok(command)
    }
}

/// Returns all files named `*.test.ts` below a directory, in a stable order; none if the directory does not exist.
fn test_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !directory.exists() {
        return Ok(files);
    }
    let cannot = || format!("cannot read {}", directory.display());
    for entry in fs::read_dir(directory).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let path = entry.path();
        if entry.file_type().with_context(cannot)?.is_dir() {
            files.extend(test_files(&path)?);
        } else if path.to_string_lossy().ends_with(".test.ts") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Returns a regular expression that matches exactly this text: Node treats its name filter as one.
fn literal(text: &str) -> String {
    let mut pattern = String::new();
    for character in text.chars() {
        if "\\^$.*+?()[]{}|/".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_filter_is_taken_literally() {
        assert_eq!(literal("a removal"), "a removal");
        assert_eq!(literal("404 (again)?"), "404 \\(again\\)\\?");
    }

    #[test]
    fn test_files_are_found_at_any_depth() {
        let directory = std::env::temp_dir().join(format!("xtask-node-{}", std::process::id()));
        assert_eq!(test_files(&directory).unwrap(), Vec::<PathBuf>::new());
        fs::create_dir_all(directory.join("deep/er")).unwrap();
        for name in ["b.test.ts", "a.test.ts", "harness.ts", "deep/er/c.test.ts"] {
            fs::write(directory.join(name), "").unwrap();
        }
        let expected =
            ["a.test.ts", "b.test.ts", "deep/er/c.test.ts"].map(|name| directory.join(name));
        assert_eq!(test_files(&directory).unwrap(), expected);
        fs::remove_dir_all(&directory).unwrap();
    }
}
