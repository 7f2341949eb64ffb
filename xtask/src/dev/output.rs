//! Server output: held back during start-up, so that the call to try does not get lost in it, and passed on afterwards
//! or from the first error on.

use std::io::{BufRead, BufReader, Read};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::steps::Steps;

/// The output of one server.
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
    /// Creates an output that is held back.
    pub fn new(steps: &Steps) -> Self {
        Self {
            state: Arc::new(Mutex::new(State::Held(Vec::new()))),
            steps: steps.clone(),
        }
    }

    /// Reads lines from a stream until it ends, on a separate thread.
    pub fn follow(&self, stream: Option<impl Read + Send + 'static>) {
        let Some(stream) = stream else { return };
        let output = self.clone();
        thread::spawn(move || output.read(stream));
    }

    fn read(&self, stream: impl Read) {
        // Reads bytes, since invalid UTF-8 must not stop the reading: the server would block on a full pipe.
        let mut lines = BufReader::new(stream).split(b'\n');
        while let Some(Ok(line)) = lines.next() {
            self.take(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
    }

    /// Prints the lines held back, and passes on those to come.
    pub fn show(&self) {
        self.show_from(&mut self.state());
    }

    fn show_from(&self, state: &mut State) {
        if let State::Held(lines) = mem::replace(state, State::PassedOn) {
            for line in lines {
                self.steps.print(&line);
            }
        }
    }

    /// Passes on lines from now on. Those held back only reported a successful start, and are dropped.
    pub fn pass_on(&self) {
        *self.state() = State::PassedOn;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, line: String) {
        let mut state = self.state();
        match &mut *state {
            State::Held(lines) => {
                let is_error = is_error(&line);
                lines.push(line);
                if is_error {
                    // A server may fail to start, and yet not end.
                    self.show_from(&mut state);
                }
            }
            State::PassedOn => self.steps.print(&line),
        }
    }
}

/// Returns whether a line looks like an error: of wrangler, which colours the word in `[ERROR]`, or of the stand-in.
fn is_error(line: &str) -> bool {
    line.contains("ERROR") || line.starts_with("error")
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
        output.pass_on();
        output.take("a request".to_owned());
        assert_eq!(held(&output), None);
    }

    #[test]
    fn nothing_is_held_after_an_error() {
        for line in [
            "\u{1b}[31m✘ \u{1b}[41;31m[\u{1b}[41;97mERROR\u{1b}[41;31m]\u{1b}[0m EROFS",
            "error: port 8788 is in use",
        ] {
            let output = Output::new(&Steps::new(Arc::new(Processes::default())));
            output.take("Building".to_owned());
            output.take(line.to_owned());
            assert_eq!(held(&output), None, "{line}");
        }
    }

    #[test]
    fn a_line_that_is_not_utf_8_does_not_end_the_reading() {
        let output = Output::new(&Steps::new(Arc::new(Processes::default())));
        output.read(&b"one\n\xff\r\nthree"[..]);
        let expected = ["one", "\u{fffd}", "three"].map(str::to_owned);
        assert_eq!(held(&output), Some(expected.to_vec()));
    }
}
