//! Running a Worker under plain `workerd`, and the system's accounting of the process's resources.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::contenders::Contender;
use crate::load;

/// A running Worker, ended when dropped.
#[derive(Debug)]
pub struct Workerd {
    child: Child,
    address: SocketAddr,
    /// Whether it receives only webhooks.
    webhooks: bool,
    /// The time from the start of the process to the first response.
    pub time_to_answer: Duration,
    /// The CPU time up to that point.
    pub cpu_to_answer: Duration,
}

/// The time limit for the first response.
const PATIENCE: Duration = Duration::from_secs(30);

/// Fails at once if CPU time cannot be measured here, rather than after minutes.
pub fn require_accounting() -> Result<()> {
    cpu(std::process::id())
        .map(drop)
        .context("the benchmark needs Linux: it reads CPU time from /proc")
}

impl Workerd {
    /// Starts a Worker and waits for its first response.
    pub async fn start(contender: &Contender) -> Result<Self> {
        Self::start_with(contender, &[]).await
    }

    /// The same, with additional arguments for `workerd`.
    pub async fn start_with(contender: &Contender, arguments: &[&str]) -> Result<Self> {
        // The port is only known to be free at this moment, before workerd binds it.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = contender.directory.join("workerd.log");
        let begun = Instant::now();
        let child = Command::new(&contender.workerd)
            .args(["serve", "config.capnp", "--socket-addr"])
            .arg(format!("http={address}"))
            .args(arguments)
            .current_dir(&contender.directory)
            .stdin(Stdio::null())
            // The Worker's log lines are written, as in production, and discarded.
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("cannot run {}", contender.workerd.display()))?;
        let mut workerd = Self {
            child,
            address,
            webhooks: contender.key.starts_with("webhooks-"),
            time_to_answer: Duration::ZERO,
            cpu_to_answer: Duration::ZERO,
        };
        workerd.wait_for_answer(&log).await?;
        workerd.time_to_answer = begun.elapsed();
        workerd.cpu_to_answer = workerd.cpu()?;
        Ok(workerd)
    }

    async fn wait_for_answer(&mut self, log: &Path) -> Result<()> {
        let begun = Instant::now();
        while tokio::net::TcpStream::connect(self.address).await.is_err() {
            let ended = self.child.try_wait()?;
            if ended.is_some() || begun.elapsed() > PATIENCE {
                let said = fs::read_to_string(log).unwrap_or_default();
                bail!("workerd does not listen on {}: {said}", self.address);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if self.webhooks {
            return Ok(());
        }
        load::once(self.address)
            .await
            .with_context(|| fs::read_to_string(log).unwrap_or_default())
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the process id.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Returns the CPU time of the process so far.
    pub fn cpu(&self) -> Result<Duration> {
        cpu(self.child.id())
    }

    /// Returns the resident memory in bytes.
    pub fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kilobytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok())
            .context("/proc shows no VmRSS")?;
        Ok(kilobytes * 1024)
    }
}

impl Drop for Workerd {
    fn drop(&mut self) {
        // An error means that the process has already ended, which is the goal.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

const NO_SUCH_PROCESS: i32 = 3;

/// Returns the CPU time of all threads of a process. workerd's threads live as long as the process.
fn cpu(process: u32) -> Result<Duration> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let accounting = match fs::read_to_string(thread?.path().join("schedstat")) {
            Ok(accounting) => accounting,
            // The thread has ended since it was listed.
            Err(error) if error.raw_os_error() == Some(NO_SUCH_PROCESS) => continue,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
        let nanoseconds = accounting.split(' ').next().unwrap_or_default();
        total += nanoseconds
            .parse::<u64>()
            .context("/proc has no scheduler statistics")?;
    }
    Ok(Duration::from_nanos(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn work_is_accounted_for() {
        // A separate process: in this one, threads of other tests come and go.
        let mut busy = Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .spawn()
            .unwrap();
        let before = cpu(busy.id()).unwrap();
        let deadline = Instant::now() + PATIENCE;
        let mut after = before;
        while after <= before && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
            after = cpu(busy.id()).unwrap();
        }
        busy.kill().unwrap();
        busy.wait().unwrap();
        assert!(after > before);
    }
}
