//! Child processes, each in its own process group, so that nothing outlives us, including grandchildren such as the
//! runtime below `wrangler dev`.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use crate::program::cannot_start;

/// How long a process group may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);

/// The running process groups.
#[derive(Debug, Default)]
pub struct Processes {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    groups: BTreeSet<i32>,
    ending: bool,
}

impl Processes {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a command as the leader of a new process group, with the standard input set on the command.
    pub fn spawn(self: &Arc<Self>, command: &mut Command) -> io::Result<Running> {
        // The lock is held during the start: a signal that arrives now waits, and then finds the new group.
        let mut state = self.state();
        if state.ending {
            drop(state);
            wait_for_the_end();
        }
        let started = command.process_group(0).spawn();
        let child = started.map_err(|error| cannot_start(command.get_program(), &error))?;
        let group = i32::try_from(child.id()).map_err(io::Error::other)?;
        state.groups.insert(group);
        drop(state);
        Ok(Running {
            child,
            group,
            processes: Arc::clone(self),
        })
    }

    /// Runs a command to its end, without standard input. Returns `None` if it exceeded the limit and was ended.
    pub fn run(
        self: &Arc<Self>,
        command: &mut Command,
        limit: Duration,
    ) -> io::Result<Option<ExitStatus>> {
        self.run_with_input(command.stdin(Stdio::null()), limit)
    }

    /// Runs a command like [`Processes::run`], with the standard input set on the command.
    pub fn run_with_input(
        self: &Arc<Self>,
        command: &mut Command,
        limit: Duration,
    ) -> io::Result<Option<ExitStatus>> {
        let begun = Instant::now();
        let mut running = self.spawn(command)?;
        while begun.elapsed() < limit {
            if let Some(status) = running.ended()? {
                return Ok(Some(status));
            }
            thread::sleep(POLL);
        }
        Ok(None)
    }

    /// Ends everything that was started, and prevents new starts. Called after a signal, before the program exits.
    pub fn end_all(&self) {
        let groups = {
            let mut state = self.state();
            state.ending = true;
            std::mem::take(&mut state.groups)
        };
        for group in &groups {
            signal(*group, Signal::SIGTERM);
        }
        let deadline = Instant::now() + GRACE;
        for group in &groups {
            while is_alive_after_reaping(*group) && Instant::now() < deadline {
                thread::sleep(POLL);
            }
            signal(*group, Signal::SIGKILL);
        }
    }

    fn is_ending(&self) -> bool {
        self.state().ending
    }
}

/// A running process group. Dropping it ends the whole group.
#[derive(Debug)]
pub struct Running {
    child: Child,
    group: i32,
    processes: Arc<Processes>,
}

impl Running {
    /// Takes the command's standard output and error, if piped; each only once.
    pub fn take_output(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout.take(), self.child.stderr.take())
    }

    /// Returns the leader's exit status, if it has ended.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        let status = self.child.try_wait();
        if self.processes.is_ending() {
            // It ends because of the signal that ends us: not a failure to report.
            wait_for_the_end();
        }
        status
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
        // Up to here, a signal that ends us must still kill it.
        self.processes.state().groups.remove(&self.group);
    }
}

impl Running {
    fn end(&mut self) {
        signal(self.group, Signal::SIGTERM);
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            // The leader must be reaped, or its group would still seem alive.
            let reaped = !matches!(self.child.try_wait(), Ok(None));
            if reaped && !is_alive(self.group) {
                return;
            }
            thread::sleep(POLL);
        }
        signal(self.group, Signal::SIGKILL);
        // An error means that there is no process left to wait for.
        let _ = self.child.wait();
    }
}

/// Describes how a process ended.
pub fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

fn signal(group: i32, signal: Signal) {
    // An error means that the group is already gone, which is the goal.
    let _ = killpg(Pid::from_raw(group), signal);
}

/// Nobody else may be waiting for the leader at this point; until it is reaped, its group seems alive.
fn is_alive_after_reaping(group: i32) -> bool {
    // An error means that it has already been reaped.
    let _ = waitpid(Pid::from_raw(group), Some(WaitPidFlag::WNOHANG));
    is_alive(group)
}

fn is_alive(group: i32) -> bool {
    killpg(Pid::from_raw(group), None).is_ok()
}

/// The thread that handles the signal ends the program; all others wait for that.
fn wait_for_the_end() -> ! {
    loop {
        thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts a process group of two.
    fn group(processes: &Arc<Processes>) -> Running {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 60 & sleep 60"]);
        processes.spawn(command.stdin(Stdio::null())).unwrap()
    }

    #[test]
    fn dropping_ends_the_whole_group() {
        let processes = Arc::new(Processes::default());
        let running = group(&processes);
        let leader = running.group;
        assert!(is_alive(leader));
        drop(running);
        assert!(!is_alive(leader));
        assert!(processes.state().groups.is_empty());
    }

    #[test]
    fn a_run_that_ends_tells_how() {
        let processes = Arc::new(Processes::default());
        let mut command = Command::new("sh");
        let status = processes
            .run(command.args(["-c", "exit 7"]), GRACE)
            .unwrap();
        assert_eq!(status.unwrap().code(), Some(7));
    }

    #[test]
    fn a_run_that_does_not_end_is_ended() {
        let processes = Arc::new(Processes::default());
        let mut command = Command::new("sleep");
        let limit = Duration::from_millis(50);
        let begun = Instant::now();
        assert!(processes.run(command.arg("60"), limit).unwrap().is_none());
        assert!(begun.elapsed() < GRACE, "it took {:?}", begun.elapsed());
    }

    #[test]
    fn everything_ends_at_once_when_a_signal_comes() {
        let processes = Arc::new(Processes::default());
        let running = [group(&processes), group(&processes)];
        let begun = Instant::now();
        processes.end_all();
        assert!(begun.elapsed() < GRACE, "it took {:?}", begun.elapsed());
        for running in &running {
            assert!(!is_alive(running.group));
        }
    }
}
