//! The controller as a child process.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use crate::ports::Port;
use crate::process::{Process, Usage};
use crate::shipped::link_as_shipped;
use crate::wait::eventually_within;
use crate::workdir::WorkDir;
use crate::workspace;

/// How the controller is compiled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Fast to build.
    #[default]
    Dev,
    /// Optimised, without what makes release builds slow.
    Ci,
    /// What the images ship.
    Release,
}

impl Profile {
    /// Its name on cargo's command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Ci => "ci",
            Self::Release => "release",
        }
    }
}

/// Our programs.
const PROGRAMS: [&str; 3] = ["eso-controller", "eso-webhook", "eso-cert-controller"];

/// The controller's program: what `ESO_CONTROLLER` names, or `cargo build` of ours.
///
/// # Errors
/// When `ESO_CONTROLLER` is not a file, or with the end of cargo's output when the build fails.
pub async fn controller_binary(profile: Profile) -> anyhow::Result<PathBuf> {
    binary("eso-controller", profile).await
}

/// A program of ours: what the environment names (`ESO_WEBHOOK` for `eso-webhook`), or `cargo build` of the package of its name.
///
/// # Errors
/// As [`controller_binary`].
pub async fn binary(name: &str, profile: Profile) -> anyhow::Result<PathBuf> {
    let variable = name.to_uppercase().replace('-', "_");
    if let Some(path) = std::env::var_os(&variable).filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        anyhow::ensure!(path.is_file(), "{variable} is {}, which is not a file: correct or unset it", path.display());
        return Ok(path);
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = tokio::process::Command::new(cargo);
    command.args(["build", "--package", name, "--bin", name, "--profile", profile.name()]);
    if profile == Profile::Dev {
        // Built alone, each would compile their dependencies anew with features of its own.
        command.args(PROGRAMS.iter().filter(|other| **other != name).flat_map(|other| ["--package", other]));
    }
    command.args(["--message-format=json-render-diagnostics"]).current_dir(workspace::root()?);
    if profile == Profile::Release {
        link_as_shipped(command.as_std_mut());
    }
    // Set for the package that we are part of; a build script elsewhere could mistake them for its own.
    command.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_PKG_NAME").stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.context("cargo cannot be run")?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{name} does not build:\n{stderr}");
    let messages = String::from_utf8_lossy(&output.stdout);
    let executable = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|message| {
        let ours = message.pointer("/target/name")? == name;
        if ours { message.get("executable")?.as_str().map(PathBuf::from) } else { None }
    });
    executable.with_context(|| format!("cargo names no {name} program: does the package have that binary?"))
}

/// How the controller is started.
#[derive(Clone, Debug, Default)]
pub struct OperatorOptions {
    /// The program; see [`controller_binary`].
    pub binary: PathBuf,
    /// Arguments, beside `--metrics-addr` and `--live-addr`, which are added.
    pub args: Vec<String>,
    /// The flag for the address of `/healthz` and `/readyz`, where it is not the controller's `--live-addr`.
    pub live_flag: Option<&'static str>,
    /// Its whole environment, beside `PATH`, `HOME` (an empty folder) and `RUST_BACKTRACE`.
    pub env: Vec<(String, String)>,
}

/// A running controller. Dropping it kills it.
pub struct Operator {
    // The process ends before its folder goes.
    process: Process,
    metrics_port: Port,
    live_port: Port,
    http: reqwest::Client,
    _folder: WorkDir,
}

impl Operator {
    /// Starts it and does not wait; see [`Self::wait_ready`].
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(options: OperatorOptions) -> anyhow::Result<Self> {
        crate::install_crypto();
        let folder = WorkDir::new("operator")?;
        let (metrics_port, live_port) = (Port::claim()?, Port::claim()?);
        let mut command = Command::new(&options.binary);
        command.arg(format!("--metrics-addr=127.0.0.1:{}", metrics_port.number()));
        let live_flag = options.live_flag.unwrap_or("--live-addr");
        command.arg(format!("{live_flag}=127.0.0.1:{}", live_port.number())).args(&options.args);
        command.env("HOME", folder.path()).env("RUST_BACKTRACE", "1").envs(options.env).current_dir(folder.path());
        let process = Process::spawn("the controller", command, &folder.path().join("operator.log"))?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(5))
            .build()
            .context("no HTTP client")?;
        Ok(Self { process, metrics_port, live_port, http, _folder: folder })
    }

    /// Waits until `/readyz` says so, for at most 60 s.
    ///
    /// # Errors
    /// When it ends before, with the end of its log, or does not become ready.
    pub async fn wait_ready(&self) -> anyhow::Result<()> {
        let started = std::time::Instant::now();
        loop {
            self.process.check_alive()?;
            match self.get(&self.live_url("/readyz")).await {
                Ok(_) => return Ok(()),
                Err(error) if started.elapsed() > Duration::from_mins(1) => {
                    return Err(error.context(format!("the controller is not ready; its log:\n{}", self.log())));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Waits for its own end.
    ///
    /// # Errors
    /// When it still runs after `limit`.
    pub async fn wait_exit(&self, limit: Duration) -> anyhow::Result<ExitStatus> {
        eventually_within(limit, "the controller ends", || async { self.process.exited().context("it still runs") })
            .await
    }

    /// Its Prometheus metrics, as text.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn metrics_text(&self) -> anyhow::Result<String> {
        self.get(&self.metrics_url()).await
    }

    /// Where its metrics are.
    pub fn metrics_url(&self) -> String {
        format!("http://127.0.0.1:{}/metrics", self.metrics_port.number())
    }

    /// A URL on the `--live-addr` port, such as `live_url("/healthz")`.
    pub fn live_url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.live_port.number())
    }

    /// Everything it has printed, stdout and stderr.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Where its output goes.
    pub fn log_path(&self) -> &Path {
        self.process.log_path()
    }

    /// The process: pid, signals, usage, whether it has ended.
    pub const fn process(&self) -> &Process {
        &self.process
    }

    /// CPU time and memory.
    ///
    /// # Errors
    /// When it has ended.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        self.process.usage()
    }

    /// Resident memory in bytes.
    ///
    /// # Errors
    /// When it has ended.
    pub fn rss_bytes(&self) -> anyhow::Result<u64> {
        Ok(self.usage()?.rss_bytes)
    }

    /// CPU seconds so far.
    ///
    /// # Errors
    /// When it has ended.
    pub fn cpu_seconds(&self) -> anyhow::Result<f64> {
        Ok(self.usage()?.cpu_seconds)
    }

    /// SIGTERM, and SIGKILL at the deadline.
    ///
    /// # Errors
    /// When it had ended already, or did not end by the deadline.
    pub async fn stop(&self, deadline: Duration) -> anyhow::Result<ExitStatus> {
        self.process.stop(deadline).await
    }

    async fn get(&self, url: &str) -> anyhow::Result<String> {
        let response = self.http.get(url).send().await.with_context(|| format!("{url} does not answer"))?;
        let status = response.status();
        let text = response.text().await.with_context(|| format!("{url} breaks off"))?;
        anyhow::ensure!(status.is_success(), "{url} answers {status}: {text}");
        Ok(text)
    }
}
