//! `cargo xtask test`: everything that must hold before a change is merged, in one run. A failing stage does not keep
//! the later ones from running, so that one run shows everything.

mod counts;
mod node;
mod rust;
mod selection;
mod summary;

use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use anyhow::Result;

use crate::install::{self, Component, joined};
use crate::{Session, print, stand_in, worker};
use counts::Counts;
pub use selection::{Selection, Stage};
use summary::{Kind, Summary};

/// The requirements of the tests besides Rust.
struct Packages {
    python: Result<Option<std::path::PathBuf>>,
}

/// Runs the selected stages and prints the summary; the exit code reports whether everything passed.
pub fn run(session: &Session, selection: &Selection) -> ExitCode {
    let begun = Instant::now();
    let mut tests = Tests {
        session,
        selection,
        summary: Summary::default(),
    };
    thread::scope(|scope| {
        // Concurrent with the first stages: npm and pip mostly wait for the network, and cargo install leaves the CPU
        // idle at times.
        let packages = scope.spawn(|| packages(session, selection));
        let tools = scope.spawn(|| tools(session, selection));
        tests.rust_stages();
        let packages = joined(packages);
        // The build of the Worker requests them again, and reports what failed.
        let _ = joined(tools);
        match packages {
            Ok(Some(packages)) => tests.node_stages(packages),
            Ok(None) => {}
            Err(error) => tests.check(Err(error)),
        }
    });
    print::result(&tests.summary.table(begun.elapsed()));
    if tests.summary.is_success(selection.filter.is_some()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn packages(session: &Session, selection: &Selection) -> Result<Option<Packages>> {
    if !selection.includes_any(&[Stage::Lints, Stage::StandIn, Stage::Worker]) {
        return Ok(None);
    }
    install::npm(session)?;
    let python = if selection.includes(Stage::Worker) {
        install::python(session)
    } else {
        Ok(None)
    };
    Ok(Some(Packages { python }))
}

/// Installs the tools for building the Worker, so that they are ready when needed.
fn tools(session: &Session, selection: &Selection) -> Result<()> {
    if selection.includes(Stage::Worker) {
        install::cargo_tools(session)?;
    }
    Ok(())
}

struct Tests<'a> {
    session: &'a Session,
    selection: &'a Selection,
    summary: Summary,
}

impl Tests<'_> {
    fn rust_stages(&mut self) {
        let components = [
            (Stage::Format, Component::Rustfmt),
            (Stage::Lints, Component::Clippy),
            (Stage::Lints, Component::WasmTarget),
            (Stage::Worker, Component::WasmTarget),
        ];
        let needed: Vec<_> = components
            .into_iter()
            .filter(|(stage, _)| self.selection.includes(*stage))
            .map(|(_, component)| component)
            .collect();
        if let Err(error) = install::rust(self.session, &needed) {
            // Whatever needs them fails next, with its own message.
            self.check(Err(error));
        }
        if self.selection.includes(Stage::Format) {
            self.check(rust::format(self.session));
        }
        if self.selection.includes(Stage::Lints) {
            self.check(rust::lint_host(self.session));
            self.check(rust::lint_worker(self.session));
        }
        if self.selection.includes(Stage::Rust) {
            let filter = self.selection.filter.as_deref();
            self.tests(rust::units(self.session, filter));
            self.tests(rust::simulation(self.session, filter));
        }
    }

    fn node_stages(&mut self, packages: Packages) {
        if self.selection.includes(Stage::Lints) {
            self.check(node::types(self.session));
        }
        if !self
            .selection
            .includes_any(&[Stage::StandIn, Stage::Worker])
        {
            return;
        }
        let stand_in = match stand_in::build(self.session) {
            Ok(program) => program,
            Err(error) => return self.check(Err(error)),
        };
        self.check(Ok(()));
        let python = packages.python.unwrap_or_else(|error| {
            self.check(Err(error));
            None
        });
        let runs_worker = self.selection.includes(Stage::Worker);
        let tools = runs_worker.then(|| install::cargo_tools(self.session));
        let run = node::Run {
            session: self.session,
            filter: self.selection.filter.as_deref(),
            stand_in,
            python,
            wasm_bindgen: tools.and_then(Result::ok).map(|tools| tools.wasm_bindgen),
        };
        if self.selection.includes(Stage::StandIn) {
            self.tests(run.tests(&node::STAND_IN));
        }
        if runs_worker {
            match worker::build(self.session) {
                Ok(()) => {
                    self.check(Ok(()));
                    self.tests(run.tests(&node::WORKER));
                }
                Err(error) => self.check(Err(error)),
            }
        }
    }

    /// Records a check that either passes or fails.
    fn check(&mut self, outcome: Result<()>) {
        let counts = self.count(outcome.map(|()| Counts::PASSED));
        self.summary.add(Kind::Check, counts);
    }

    /// Records tests that were counted.
    fn tests(&mut self, outcome: Result<(Kind, Counts)>) {
        match outcome {
            Ok((kind, counts)) => self.summary.add(kind, counts),
            Err(error) => self.check(Err(error)),
        }
    }

    fn count(&self, outcome: Result<Counts>) -> Counts {
        outcome.unwrap_or_else(|error| {
            self.session.steps.print(&format!("error: {error:#}"));
            Counts::FAILED
        })
    }
}
