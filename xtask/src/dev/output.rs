//! What a server prints: held back while it starts, so that the call to try is not lost in it, and passed on after.

use std::io::{BufRead, BufReader, Read};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::steps::Steps;

/// The lines of one server.
#[derive(Debug, Clone)]
pub struct Output {
    state: Arc<Mutex<State>>,
    steps: Steps,
}

#[derive(Debug)]
enum State {
    Held(Vec<String>),
    PassedOn,
}

impl Output {
    /// An output that is held back.
    pub fn new(steps: &Steps) -> Self {
        Self {
            state: Arc::new(Mutex::new(State::Held(Vec::new()))),
            steps: steps.clone(),
        }
    }

    /// Takes lines from a stream until it ends, in a thread of its own.
    pub fn follow(&self, stream: Option<impl Read + Send + 'static>) {
        let Some(stream) = stream else { return };
        let output = self.clone();
        thread::spawn(move || output.read(stream));
    }

    fn read(&self, stream: impl Read) {
        // Bytes, since one that is not UTF-8 must not end the reading: the server would block on a full pipe.
        let mut lines = BufReader::new(stream).split(b'\n');
        while let Some(Ok(line)) = lines.next() {
            self.take(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
    }

    /// Prints what was held back.
    pub fn show_held(&self) {
        let mut state = self.state();
        if let State::Held(lines) = &mut *state {
            for line in mem::take(lines) {
                self.steps.print(&line);
            }
        }
    }

    /// Passes on what comes from now on. What was held back told only of a good start.
    pub fn pass_on(&self) {
        *self.state() = State::PassedOn;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, line: String) {
        let mut state = self.state();
        match &mut *state {
            State::Held(lines) => lines.push(line),
            State::PassedOn => self.steps.print(&line),
        }
    }
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::processes::Processes;

    fn held(output: &Output) -> Option<Vec<String>> {
        match &*output.state() {
            State::Held(lines) => Some(lines.clone()),
            State::PassedOn => None,
        }
    }

    #[test]
    fn lines_are_held_until_they_are_passed_on() {
        let output = Output::new(&Steps::new(Arc::new(Processes::default())));
        output.take("Ready".to_owned());
        assert_eq!(held(&output), Some(vec!["Ready".to_owned()]));
        output.show_held();
        assert_eq!(held(&output), Some(Vec::new()), "shown once");
        output.pass_on();
        output.take("a request".to_owned());
        assert_eq!(held(&output), None);
    }

    #[test]
    fn a_line_that_is_not_utf_8_does_not_end_the_reading() {
        let output = Output::new(&Steps::new(Arc::new(Processes::default())));
        output.read(&b"one\n\xff\r\nthree"[..]);
        let expected = ["one", "\u{fffd}", "three"].map(str::to_owned);
        assert_eq!(held(&output), Some(expected.to_vec()));
    }
}
