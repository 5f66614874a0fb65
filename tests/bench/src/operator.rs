//! The operator that is measured, as a child process: ours or a peer.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use eso_harness::operator::controller_binary;
use eso_harness::process::Process;
use http::Method;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::args::BenchArgs;
use crate::stage::Stage;
use crate::usage::{Memory, cpu_seconds};

/// How often CPU time is looked at while waiting for quiet.
const SAMPLE: Duration = Duration::from_millis(100);
/// An operator is quiet when it has used less than [`QUIET_CPU`] for this long.
const QUIET: Duration = Duration::from_secs(2);
/// In seconds.
const QUIET_CPU: f64 = 0.045;

/// Which program is measured.
#[derive(Clone, Debug)]
pub(crate) enum Candidate {
    /// Ours: the program, and how many objects it works on at a time.
    Ours(PathBuf, u16),
    /// Another one's command line.
    Peer(String),
}

/// A running operator. Dropping it kills it.
pub(crate) struct RunningOperator {
    process: Process,
    live_port: u16,
    started: Instant,
}

impl Candidate {
    /// Builds ours, unless a peer is measured.
    ///
    /// # Errors
    /// When it does not build.
    pub(crate) async fn obtain(args: &BenchArgs) -> anyhow::Result<Self> {
        if let Some(command) = &args.peer_cmd {
            return Ok(Self::Peer(command.clone()));
        }
        Ok(Self::Ours(controller_binary(args.profile()).await?, args.concurrent))
    }

    /// `eso-rs` or `peer`.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Ours(..) => "eso-rs",
            Self::Peer(_) => "peer",
        }
    }

    fn command(&self, metrics: u16, live: u16) -> Command {
        match self {
            Self::Ours(binary, concurrent) => {
                let mut command = Command::new(binary);
                command.args([format!("--metrics-addr=127.0.0.1:{metrics}"), format!("--live-addr=127.0.0.1:{live}")]);
                // Its best settings; the API server's own limits hold anyway.
                command.args([format!("--concurrent={concurrent}"), "--client-qps=0".to_owned()]);
                command
            }
            Self::Peer(template) => {
                let words = template.replace("{metrics}", &metrics.to_string()).replace("{live}", &live.to_string());
                let mut command = Command::new("sh");
                // The shell understands the quotes, and gives its process to the operator.
                command.args(["-c", &format!("exec {words}")]);
                command
            }
        }
    }
}

impl RunningOperator {
    /// Starts one and does not wait.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(candidate: &Candidate, stage: &Stage) -> anyhow::Result<Self> {
        let (metrics_port, live_port) = (free_port()?, free_port()?);
        let mut command = candidate.command(metrics_port, live_port);
        command.env("HOME", stage.plane.dir()).envs(stage.operator_env());
        let started = Instant::now();
        let process = Process::spawn("the operator", command, &stage.file("operator.log"))?;
        Ok(Self { process, live_port, started })
    }

    /// When it was started.
    pub(crate) const fn started(&self) -> Instant {
        self.started
    }

    /// Memory now.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        self.process.check_alive()?;
        Memory::of(self.process.pid())
    }

    /// CPU time so far.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        self.process.check_alive()?;
        cpu_seconds(self.process.pid())
    }

    /// An error, with the end of its log, when it has ended.
    pub(crate) fn check_alive(&self) -> anyhow::Result<()> {
        self.process.check_alive()
    }

    /// Waits until `/readyz` answers 200, and gives the time since the start; `None` if that never happens, as with a peer whose
    /// command line has no `{live}`.
    ///
    /// # Errors
    /// When it ends before.
    pub(crate) async fn wait_ready(&self, limit: Duration) -> anyhow::Result<Option<Duration>> {
        while self.started.elapsed() < limit {
            self.process.check_alive()?;
            if is_ready(self.live_port).await.unwrap_or(false) {
                return Ok(Some(self.started.elapsed()));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(None)
    }

    /// Waits until it uses no CPU to speak of, and gives the time from its start to the beginning of that quiet. Nothing is asked
    /// of the operator for this, so nothing is disturbed. `None` if it never becomes quiet.
    ///
    /// # Errors
    /// When it ends before.
    pub(crate) async fn wait_quiet(&self, limit: Duration) -> anyhow::Result<Option<Duration>> {
        let began = Instant::now();
        let mut samples = std::collections::VecDeque::from([(self.started.elapsed(), self.cpu_seconds()?)]);
        while began.elapsed() < limit {
            tokio::time::sleep(SAMPLE).await;
            let now = (self.started.elapsed(), self.cpu_seconds()?);
            samples.push_back(now);
            while samples.get(1).is_some_and(|second| now.0.saturating_sub(second.0) >= QUIET) {
                samples.pop_front();
            }
            let first = samples.front().copied().unwrap_or(now);
            if now.0.saturating_sub(first.0) >= QUIET && now.1 - first.1 < QUIET_CPU {
                return Ok(Some(first.0));
            }
        }
        Ok(None)
    }

    /// The end of its log.
    pub(crate) fn log_tail(&self) -> String {
        let log = self.process.log();
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(10)..).unwrap_or_default().join("\n")
    }

    /// SIGTERM, and SIGKILL after 30 s.
    ///
    /// # Errors
    /// When it had to be killed.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.process.stop(Duration::from_secs(30)).await.map(drop)
    }
}

async fn is_ready(port: u16) -> anyhow::Result<bool> {
    let tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tcp)).await?;
    tokio::spawn(connection);
    let request = http::Request::builder()
        .method(Method::GET)
        .uri("/readyz")
        .header(http::header::HOST, "localhost")
        .body(Empty::<bytes::Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let ready = response.status().is_success();
    response.into_body().collect().await?;
    Ok(ready)
}

/// A port that is free now.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("there is no free port")?;
    Ok(listener.local_addr().context("there is no free port")?.port())
}
