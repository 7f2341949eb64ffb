//! Progress in the terminal.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::removal::Removal;
use crate::print;

/// A bar if standard error is a terminal; otherwise a line whenever something has changed.
pub struct Display {
    bar: Option<ProgressBar>,
    last: String,
}

impl Display {
    /// Creates the display.
    pub fn new() -> Self {
        let bar = stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{bar:30} {percent:>3}%  {wide_msg}");
            let bar = ProgressBar::new(1);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        Self {
            bar,
            last: String::new(),
        }
    }

    /// Shows the progress of a removal.
    pub fn show(&mut self, removal: &Removal) {
        let line = removal.line();
        match &self.bar {
            Some(bar) => {
                let (done, of) = removal.share();
                bar.set_length(of);
                bar.set_position(done);
                bar.set_message(line);
            }
            None if line != self.last => {
                print::message(&line);
                self.last = line;
            }
            None => {}
        }
    }

    /// Shows a line beside the progress.
    pub fn line(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| print::message(line)),
            None => print::message(line),
        }
    }

    /// Clears the bar.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
