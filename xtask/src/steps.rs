//! What the user sees in the terminal: one line per step, with its duration, and the whole output of a failing command.

use std::fs::{self, File};
use std::io::{IsTerminal, stderr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::lock::Lock;
use crate::print;
use crate::processes::{Processes, describe};
use crate::workspace::create;

/// A step that takes longer is hung: the longest takes seven minutes, and several times that on an overloaded machine.
const LIMIT: Duration = Duration::from_mins(50);

/// Prints steps on standard error. Steps may run concurrently.
#[derive(Debug, Clone)]
pub struct Steps {
    bars: MultiProgress,
    terminal: bool,
    processes: Arc<Processes>,
    lock: Option<Arc<File>>,
}

impl Steps {
    /// Creates the printer; it shows spinners if standard error is a terminal.
    pub fn new(processes: Arc<Processes>) -> Self {
        Self {
            bars: MultiProgress::new(),
            terminal: stderr().is_terminal(),
            processes,
            lock: None,
        }
    }

    /// Returns the same printer, whose commands share the lock.
    pub fn under(&self, lock: &Lock) -> Result<Self> {
        Ok(Self {
            lock: Some(Arc::new(lock.share()?)),
            ..self.clone()
        })
    }

    /// Prints a line without disturbing the spinners.
    pub fn print(&self, line: &str) {
        self.bars.suspend(|| print::message(line));
    }

    /// Begins a step. The title is a present participle: `installing npm packages`.
    pub fn begin(&self, title: impl Into<String>) -> Step {
        let title = title.into();
        let bar = self.terminal.then(|| {
            let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
            let bar = ProgressBar::new_spinner()
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
                .with_message(title.clone());
            let bar = self.bars.add(bar);
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Step {
            steps: self.clone(),
            title,
            bar,
            begun: Instant::now(),
        }
    }

    /// Runs a command as a step. Its output goes to the file `log`; if it fails, all of it is printed, and the error
    /// ends with `hint`, which says what else to do about it; it may be empty.
    pub fn run(&self, title: &str, command: &mut Command, log: &Path, hint: &str) -> Result<()> {
        let step = self.begin(title);
        let failure = match self.run_logged(command, log) {
            Ok(None) => {
                step.done();
                return Ok(());
            }
            Ok(Some(how)) => {
                step.failed();
                let output = read_lossy(log);
                let where_it_is = if output.is_empty() {
                    "It printed nothing."
                } else {
                    self.print(&output);
                    "What it printed is above."
                };
                format!("{title} failed ({how}). {where_it_is}")
            }
            Err(error) => {
                step.failed();
                format!("{title} failed: {error:#}.")
            }
        };
        Err(anyhow!("{}", format!("{failure} {hint}").trim_end()))
    }

    /// Runs a command with its output in the file `log`. Returns how it failed, or `None` on success.
    pub fn run_logged(&self, command: &mut Command, log: &Path) -> Result<Option<String>> {
        let file = create_log(log)?;
        let copy = file.try_clone().context("cannot share a log file")?;
        let status = self.processes.run_with_input(
            command.stdin(self.input()?).stdout(file).stderr(copy),
            LIMIT,
        )?;
        Ok(match status {
            Some(status) if status.success() => None,
            Some(status) => Some(describe(status)),
            None => Some(format!("it hung and was ended after {}", spoken(LIMIT))),
        })
    }

    /// Returns the standard input of commands: nothing, or a lock's file, which is empty.
    fn input(&self) -> Result<Stdio> {
        let Some(lock) = &self.lock else {
            return Ok(Stdio::null());
        };
        Ok(lock.try_clone().context("cannot share a lock file")?.into())
    }
}

/// A step in progress.
#[derive(Debug)]
pub struct Step {
    steps: Steps,
    title: String,
    bar: Option<ProgressBar>,
    begun: Instant,
}

impl Step {
    /// Reports success.
    pub fn done(self) {
        let line = format!("{} … {}", self.title, spoken(self.begun.elapsed()));
        self.finish(&line);
    }

    /// Reports success, with a remark on the result.
    pub fn done_with(self, remark: &str) {
        let took = spoken(self.begun.elapsed());
        let line = format!("{} … {took}: {remark}", self.title);
        self.finish(&line);
    }

    /// Reports failure. The caller must give the reason.
    pub fn failed(self) {
        let took = spoken(self.begun.elapsed());
        let line = format!("{} … failed after {took}", self.title);
        self.finish(&line);
    }

    fn finish(self, line: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.steps.print(line);
    }
}

/// Returns a command's output, which need not be UTF-8.
pub fn read_lossy(log: &Path) -> String {
    match fs::read(log) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).trim_end().to_owned(),
        Err(error) => format!("(its output in {} is lost: {error})", log.display()),
    }
}

fn create_log(log: &Path) -> Result<File> {
    if let Some(directory) = log.parent() {
        create(directory)?;
    }
    File::create(log).with_context(|| format!("cannot create the log file {}", log.display()))
}

/// Formats a duration for people: `0.4 s`, `96 s`, `3 min 06 s`.
pub fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..120 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spoken_with_the_precision_that_matters() {
        let cases = [
            (0, "0.0 s"),
            (349, "0.3 s"),
            (9_940, "9.9 s"),
            (10_000, "10 s"),
            (96_400, "96 s"),
            (119_999, "119 s"),
            (120_000, "2 min 00 s"),
            (186_000, "3 min 06 s"),
        ];
        for (milliseconds, expected) in cases {
            assert_eq!(spoken(Duration::from_millis(milliseconds)), expected);
        }
    }
}
