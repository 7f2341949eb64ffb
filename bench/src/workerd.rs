//! Running a Worker under plain `workerd`, and the process's own accounting of what it took.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::contenders::Contender;
use crate::load;

/// A running Worker. It ends with this value.
#[derive(Debug)]
pub struct Workerd {
    child: Child,
    address: SocketAddr,
    /// Whether it is there for webhooks alone.
    webhooks: bool,
    /// How long it took from the start of the process to the first answer.
    pub time_to_answer: Duration,
    /// The CPU time up to then.
    pub cpu_to_answer: Duration,
}

/// The longest time for a first answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Says at once that CPU time cannot be measured here, instead of after minutes.
pub fn require_accounting() -> Result<()> {
    cpu(std::process::id())
        .map(drop)
        .context("the benchmark needs Linux: it reads CPU time from /proc")
}

impl Workerd {
    /// Starts a Worker and waits for its first answer.
    pub async fn start(contender: &Contender) -> Result<Self> {
        Self::start_with(contender, &[]).await
    }

    /// The same with further arguments for `workerd`.
    pub async fn start_with(contender: &Contender, arguments: &[&str]) -> Result<Self> {
        // The port is free for the moment that it takes workerd to bind it.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = contender.directory.join("workerd.log");
        let begun = Instant::now();
        let child = Command::new(&contender.workerd)
            .args(["serve", "config.capnp", "--socket-addr"])
            .arg(format!("http={address}"))
            .args(arguments)
            .current_dir(&contender.directory)
            .stdin(Stdio::null())
            // The Worker's log lines: written, as in production, and read by nobody.
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

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process's id.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The CPU time of the process so far.
    pub fn cpu(&self) -> Result<Duration> {
        cpu(self.child.id())
    }

    /// The resident memory in bytes.
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
        // A process that has ended already is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

const NO_SUCH_PROCESS: i32 = 3;

/// The time that all threads of a process have run, in nanoseconds. workerd's threads live as long as it does.
fn cpu(process: u32) -> Result<Duration> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let accounting = match fs::read_to_string(thread?.path().join("schedstat")) {
            Ok(accounting) => accounting,
            // It has ended since it was listed.
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
        // A process of its own: threads of other tests come and go in this one.
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
