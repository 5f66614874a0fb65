//! A real API server: etcd, kube-apiserver and, where wanted, kube-controller-manager.

mod args;
mod metrics;
mod tokens;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::{Api, Client};
use serde_json::Value;
use tokio::sync::Mutex;

pub use metrics::ApiCalls;
pub use tokens::{SHORTEST_TOKEN, claims, forge};

use crate::kubeconfig::{self, Credentials};
use crate::parts::{Installed, Program};
use crate::pki::{self, Authority, Identity};
use crate::ports::Port;
use crate::process::{Process, Usage};
use crate::wait::eventually_within;
use crate::workdir::WorkDir;

/// The issuer of `ServiceAccount` tokens, as in clusters set up with kubeadm's defaults.
pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// How long a start may take on a busy machine; 3 to 5 s is usual.
const READY_WITHIN: Duration = Duration::from_mins(2);
/// How often a start is tried: another program may take a port between our choice and its use.
const ATTEMPTS: u32 = 3;

/// Which of kube-controller-manager's controllers run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Controllers {
    /// No controller-manager: the lightest. Nothing is garbage-collected, namespaces never finish deleting, and there are no
    /// default `ServiceAccounts`.
    #[default]
    None,
    /// Garbage collection, namespaces, `ServiceAccounts` and their root CA.
    Usual,
    /// Those named, as in `--controllers`.
    Named(Vec<String>),
}

impl Controllers {
    fn names(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Usual => Some(
                "garbage-collector-controller,namespace-controller,serviceaccount-controller,\
                 serviceaccount-token-controller,root-ca-certificate-publisher-controller"
                    .to_owned(),
            ),
            Self::Named(names) => Some(names.join(",")),
        }
    }
}

/// What kind of control plane.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which controllers run; other than [`Controllers::None`] needs [`Part::ControllerManager`](crate::Part::ControllerManager).
    pub controllers: Controllers,
    /// More arguments for kube-apiserver, after ours.
    pub api_server_args: Vec<String>,
}

/// A running control plane. Everything it has is below one temporary folder, which goes away with it.
pub struct ControlPlane {
    // Dropped in this order: who writes to the folder ends before the folder goes.
    controller_manager: Option<Process>,
    api_server: Mutex<Option<Process>>,
    etcd: Process,
    setup: Setup,
    client: Client,
    config: kube::Config,
    admin: Value,
}

/// What a start of kube-apiserver needs, the first time and every time after.
struct Setup {
    installed: Installed,
    options: Options,
    authority: Authority,
    service_account_key: rcgen::KeyPair,
    api_port: Port,
    etcd_port: Port,
    etcd_peer_port: Port,
    manager_port: Port,
    folder: WorkDir,
}

impl ControlPlane {
    /// Starts one and waits until it is ready (3 to 5 s).
    ///
    /// # Errors
    /// Names the program that did not start, with the end of its log.
    pub async fn start(installed: &Installed, options: Options) -> anyhow::Result<Self> {
        crate::install_crypto();
        for _ in 1..ATTEMPTS {
            match Self::try_start(installed, options.clone()).await {
                Err(error) if format!("{error:#}").contains("address already in use") => {}
                result => return result,
            }
        }
        Self::try_start(installed, options).await
    }

    async fn try_start(installed: &Installed, options: Options) -> anyhow::Result<Self> {
        let setup = Setup::new(installed.clone(), options)?;
        let admin_identity = setup.authority.client("admin", Some("system:masters"))?;
        let server = format!("https://127.0.0.1:{}", setup.api_port.number());
        let admin =
            kubeconfig::kubeconfig(&server, &setup.authority.certificate(), &Credentials::Certificate(&admin_identity));
        kubeconfig::write_private(&setup.folder.path().join("admin.kubeconfig"), &admin.to_string())?;
        let config = kubeconfig::config(&admin).await?;
        let client = Client::try_from(config.clone()).context("no client can be made")?;
        let etcd = setup.spawn(Program::Etcd, &setup.etcd_args())?;
        let api_server = setup.spawn(Program::KubeApiserver, &setup.api_server_args())?;
        let plane = Self {
            controller_manager: None,
            api_server: Mutex::new(Some(api_server)),
            etcd,
            setup,
            client,
            config,
            admin,
        };
        plane.wait_ready().await?;
        plane.with_controller_manager().await
    }

    async fn with_controller_manager(mut self) -> anyhow::Result<Self> {
        let Some(names) = self.setup.options.controllers.names() else { return Ok(self) };
        let identity = self.setup.authority.client("system:kube-controller-manager", None)?;
        let config = kubeconfig::kubeconfig(&self.url(), &self.ca(), &Credentials::Certificate(&identity));
        let path = self.dir().join("controller-manager.kubeconfig");
        kubeconfig::write_private(&path, &config.to_string())?;
        let process =
            self.setup.spawn(Program::KubeControllerManager, &self.setup.controller_manager_args(&path, &names))?;
        self.controller_manager = Some(process);
        if self.setup.options.controllers == Controllers::Usual {
            self.wait_for_default_service_account().await?;
        }
        Ok(self)
    }

    async fn wait_for_default_service_account(&self) -> anyhow::Result<()> {
        let accounts = Api::<ServiceAccount>::namespaced(self.client.clone(), "default");
        eventually_within(READY_WITHIN, "kube-controller-manager makes the default ServiceAccount", || async {
            self.controller_manager.as_ref().map_or(Ok(()), Process::check_alive)?;
            Ok(accounts.get("default").await.map(|_| ())?)
        })
        .await
    }

    /// Waits for `/readyz`. Fails at once when a process has ended.
    ///
    /// # Errors
    /// With the reason and the end of the log.
    pub async fn wait_ready(&self) -> anyhow::Result<()> {
        let started = std::time::Instant::now();
        loop {
            self.etcd.check_alive()?;
            self.api_server.lock().await.as_ref().context("kube-apiserver is stopped")?.check_alive()?;
            let request = http::Request::get("/readyz").body(Vec::new())?;
            match tokio::time::timeout(Duration::from_secs(5), self.client.request_text(request)).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) if started.elapsed() > READY_WITHIN => {
                    return Err(error).context("kube-apiserver is not ready");
                }
                Err(_) if started.elapsed() > READY_WITHIN => anyhow::bail!("kube-apiserver does not answer"),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// A client with all rights (`system:masters`). It neither retries nor uses a proxy. A new one each time: connections belong
    /// to the async runtime that made them, and each test has its own.
    pub fn admin_client(&self) -> Client {
        // A configuration that made one client makes another.
        Client::try_from(self.config.clone()).unwrap_or_else(|_| self.client.clone())
    }

    /// The kubeconfig of [`Self::admin_client`], for kubectl.
    pub fn kubeconfig_path(&self) -> PathBuf {
        self.dir().join("admin.kubeconfig")
    }

    /// The same as a value.
    pub fn admin_kubeconfig(&self) -> &Value {
        &self.admin
    }

    /// `https://127.0.0.1:<port>`; the same over restarts.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.setup.api_port.number())
    }

    /// The CA that the API server's certificate is signed with, PEM.
    pub fn ca(&self) -> String {
        self.setup.authority.certificate()
    }

    /// The folder with logs, keys and kubeconfigs.
    pub fn dir(&self) -> &Path {
        self.setup.folder.path()
    }

    /// Runs the real kubectl as admin, and waits for its end. Its exit code is not looked at.
    ///
    /// # Errors
    /// When it cannot be run at all.
    pub async fn kubectl<S: AsRef<OsStr>>(&self, args: &[S]) -> anyhow::Result<Output> {
        let mut command = tokio::process::Command::new(self.setup.installed.path(Program::Kubectl)?);
        command.args(args).env_clear().env("KUBECONFIG", self.kubeconfig_path()).env("HOME", self.dir());
        command.stdin(Stdio::null()).kill_on_drop(true);
        command.output().await.context("kubectl cannot be run")
    }

    /// Runs kubectl and gives what it printed on stdout.
    ///
    /// # Errors
    /// When it exits with another code than 0; the message holds its stderr.
    pub async fn kubectl_ok<S: AsRef<OsStr>>(&self, args: &[S]) -> anyhow::Result<String> {
        let output = self.kubectl(args).await?;
        let first = args.first().map(|arg| arg.as_ref().to_string_lossy().into_owned()).unwrap_or_default();
        let stderr = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "kubectl {first} ended with {}: {}", output.status, stderr.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Stops kube-apiserver: SIGTERM, and SIGKILL after 5 s. Its data stays in etcd.
    ///
    /// # Errors
    /// When it is stopped already.
    pub async fn stop_api_server(&self) -> anyhow::Result<()> {
        let process = self.api_server.lock().await.take().context("kube-apiserver is stopped already")?;
        // With open watches it may take its time; being killed is fine, etcd has the data.
        let _ = process.stop(Duration::from_secs(5)).await;
        Ok(())
    }

    /// Kills kube-apiserver (SIGKILL), as a crash would.
    ///
    /// # Errors
    /// When it is stopped already.
    pub async fn kill_api_server(&self) -> anyhow::Result<()> {
        self.api_server.lock().await.take().context("kube-apiserver is stopped already").map(drop)
    }

    /// Starts kube-apiserver again, on the same port and data, and waits until it is ready.
    ///
    /// # Errors
    /// When it runs, or does not become ready.
    pub async fn start_api_server(&self) -> anyhow::Result<()> {
        {
            let mut process = self.api_server.lock().await;
            anyhow::ensure!(process.is_none(), "kube-apiserver runs already");
            *process = Some(self.setup.spawn(Program::KubeApiserver, &self.setup.api_server_args())?);
        }
        self.wait_ready().await
    }

    /// CPU time and memory of kube-apiserver.
    ///
    /// # Errors
    /// When it is stopped.
    pub async fn api_server_usage(&self) -> anyhow::Result<Usage> {
        self.api_server.lock().await.as_ref().context("kube-apiserver is stopped")?.usage()
    }

    /// What kube-apiserver has logged.
    pub fn api_server_log(&self) -> String {
        std::fs::read_to_string(self.dir().join("kube-apiserver.log")).unwrap_or_default()
    }
}

impl Setup {
    fn new(installed: Installed, options: Options) -> anyhow::Result<Self> {
        let setup = Self {
            installed,
            options,
            authority: Authority::new("kube-ca")?,
            service_account_key: pki::rsa_key()?,
            api_port: Port::claim()?,
            etcd_port: Port::claim()?,
            etcd_peer_port: Port::claim()?,
            manager_port: Port::claim()?,
            folder: WorkDir::new("control-plane")?,
        };
        setup.write_keys()?;
        Ok(setup)
    }

    fn write_keys(&self) -> anyhow::Result<()> {
        let names = [
            "127.0.0.1",
            "10.96.0.1",
            "localhost",
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
        ];
        let Identity { certificate, key } = self.authority.server("kube-apiserver", &names)?;
        let files = [
            ("ca.crt", self.authority.certificate()),
            ("apiserver.crt", certificate),
            ("apiserver.key", key),
            ("sa.key", self.service_account_key.serialize_pem()),
            ("sa.pub", self.service_account_key.public_key_pem()),
        ];
        files.iter().try_for_each(|(name, text)| kubeconfig::write_private(&self.folder.path().join(name), text))
    }

    fn spawn(&self, program: Program, args: &[String]) -> anyhow::Result<Process> {
        let folder = self.folder.path();
        let mut command = Command::new(self.installed.path(program)?);
        command.args(args).current_dir(folder).env("HOME", folder);
        Process::spawn(program.file_name(), command, &folder.join(format!("{}.log", program.file_name())))
    }
}
