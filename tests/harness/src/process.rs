//! A child process that does not outlive us.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use parking_lot::Mutex;

use crate::guardian;

/// `USER_HZ`, in which `/proc` counts CPU time: 100 on every architecture that Linux runs on today.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process has used so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// User and system time, in seconds.
    pub cpu_seconds: f64,
    /// Resident memory now, in bytes.
    pub rss_bytes: u64,
    /// The most it ever was, in bytes.
    pub peak_rss_bytes: u64,
}

/// A running child. Dropping it kills it (SIGKILL) and waits for its end.
#[derive(Debug)]
pub struct Process {
    name: String,
    pid: u32,
    log: PathBuf,
    child: Mutex<Child>,
}

impl Process {
    /// Starts a command. Its output, both streams, is appended to `log`; it gets no input, and of our environment only `PATH`
    /// beside what the command sets itself. It leads a process group, so that a Ctrl-C at the terminal reaches only us.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(name: &str, mut command: Command, log: &Path) -> anyhow::Result<Self> {
        guardian::appoint()?;
        let own: Vec<_> = command.get_envs().map(|(key, value)| (key.to_owned(), value.map(OsStr::to_owned))).collect();
        command.env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.envs(own.into_iter().filter_map(|(key, value)| Some((key, value?))));
        let file = File::options().create(true).append(true).open(log);
        let file = file.with_context(|| format!("the log {} cannot be opened", log.display()))?;
        let second = file.try_clone().with_context(|| format!("the log {} cannot be opened twice", log.display()))?;
        command.stdin(Stdio::null()).stdout(file).stderr(second).process_group(0);
        let child = command.spawn().with_context(|| format!("{name} cannot be started"))?;
        let process = Self { name: name.to_owned(), pid: child.id(), log: log.to_path_buf(), child: Mutex::new(child) };
        guardian::adopt_child(process.pid)?;
        Ok(process)
    }

    /// Its process id.
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// Everything it has printed so far.
    pub fn log(&self) -> String {
        fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Where its output goes.
    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// How it ended, or `None` while it runs.
    pub fn exited(&self) -> Option<ExitStatus> {
        self.child.lock().try_wait().ok().flatten()
    }

    /// An error if it has ended, with the last lines of its log.
    pub fn check_alive(&self) -> anyhow::Result<()> {
        let Some(status) = self.exited() else { return Ok(()) };
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        let tail = lines.get(lines.len().saturating_sub(8)..).unwrap_or_default().join("\n");
        anyhow::bail!("{} ended with {status}; the end of its log:\n{tail}", self.name)
    }

    /// CPU time and memory, from `/proc`.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        usage(self.pid).with_context(|| format!("{} (process {}) is not running", self.name, self.pid))
    }

    /// Asks it to end (SIGTERM), waits, and kills it if it has not ended by the deadline.
    ///
    /// # Errors
    /// When it had to be killed.
    pub async fn stop(&self, deadline: Duration) -> anyhow::Result<ExitStatus> {
        let started = Instant::now();
        self.signal("TERM")?;
        while started.elapsed() < deadline {
            if let Some(status) = self.exited() {
                return Ok(status);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.kill();
        anyhow::bail!("{} did not end within {deadline:?} of SIGTERM and was killed", self.name)
    }

    /// Sends a signal by its short name (`TERM`, `STOP`, `CONT`, `HUP`).
    ///
    /// # Errors
    /// When the process has ended.
    pub fn signal(&self, signal: &str) -> anyhow::Result<()> {
        anyhow::ensure!(self.exited().is_none(), "{} has ended already", self.name);
        let script = format!("kill -s {signal} {}", self.pid);
        let status =
            Command::new("sh").args(["-c", &script]).stderr(Stdio::null()).status().context("sh cannot be run")?;
        anyhow::ensure!(status.success(), "{} took no SIG{signal}", self.name);
        Ok(())
    }

    /// Kills it (SIGKILL) and waits for its end, which takes a few milliseconds.
    pub fn kill(&self) {
        let mut child = self.child.lock();
        // An error means that it has ended, which is all that is wanted.
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        guardian::release_child(self.pid);
    }
}

/// When a process started, in ticks since boot: with the pid it names a process for good. `None` if there is no such process or
/// it has ended and only waits to be collected.
pub(crate) fn start_time(pid: u32) -> Option<u64> {
    let fields = stat(pid)?;
    // Counted from the state, which is field 3 of proc_pid_stat(5); the start time is field 22.
    let (state, started) = (fields.first()?, fields.get(19)?);
    if state == "Z" { None } else { started.parse().ok() }
}

fn usage(pid: u32) -> Option<Usage> {
    let fields = stat(pid)?;
    // utime and stime are fields 14 and 15.
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kilobytes = |name: &str| -> Option<u64> {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    Some(Usage {
        cpu_seconds: ticks / TICKS_PER_SECOND,
        rss_bytes: kilobytes("VmRSS:")? * 1024,
        peak_rss_bytes: kilobytes("VmHWM:")? * 1024,
    })
}

/// The fields of `/proc/<pid>/stat` from the third on; the second, the name, may hold anything, even parentheses.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}
