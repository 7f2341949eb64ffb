//! Keeps two runs from installing into the same place at the same time.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result};

use crate::steps::Steps;
use crate::workspace::create;

/// Holds the lock file until dropped. The system also releases it when the program dies, see [`Lock::share`].
#[derive(Debug)]
#[must_use]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Returns the lock for a command's standard input, which is then empty. The system releases a lock when the last
    /// copy of its file closes: if we are killed, the command lives on, and the next run waits for its end.
    pub fn share(&self) -> Result<File> {
        self.file.try_clone().context("cannot share a lock file")
    }
}

/// Acquires the lock, waiting for any other run to finish `what`.
pub fn acquire(path: &Path, steps: &Steps, what: &str) -> Result<Lock> {
    if let Some(directory) = path.parent() {
        create(directory)?;
    }
    let cannot = || format!("cannot lock {}", path.display());
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(true);
    let file = options.open(path).with_context(cannot)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let step = steps.begin(format!("waiting for another run that is {what}"));
            file.lock().with_context(cannot)?;
            step.done();
        }
        Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
    }
    Ok(Lock { file })
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::processes::Processes;

    #[test]
    fn a_second_run_waits_until_the_first_has_finished() {
        let steps = Steps::new(Arc::new(Processes::default()));
        let path = std::env::temp_dir().join(format!("xtask-lock-{}", std::process::id()));
        let finished = AtomicBool::new(false);
        let first = acquire(&path, &steps, "testing").unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                let _second = acquire(&path, &steps, "testing").unwrap();
                assert!(finished.load(Ordering::SeqCst));
            });
            // Long enough for the second run to get in too early, if it could.
            thread::sleep(Duration::from_millis(100));
            finished.store(true, Ordering::SeqCst);
            drop(first);
        });
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_command_that_shares_the_lock_holds_it_as_long_as_it_runs() {
        let steps = Steps::new(Arc::new(Processes::default()));
        let path = std::env::temp_dir().join(format!("xtask-shared-{}", std::process::id()));
        let lock = acquire(&path, &steps, "testing").unwrap();
        let mut command = Command::new("sh");
        // Its input is empty, so `cat` does not wait.
        command.args(["-c", "cat; exec sleep 0.3"]);
        let mut child = command.stdin(lock.share().unwrap()).spawn().unwrap();
        drop((lock, command));
        let file = File::open(&path).unwrap();
        assert!(matches!(file.try_lock(), Err(TryLockError::WouldBlock)));
        child.wait().unwrap();
        file.try_lock().unwrap();
        std::fs::remove_file(&path).unwrap();
    }
}
