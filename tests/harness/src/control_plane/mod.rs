//! A real API server: etcd, kube-apiserver and, where wanted, kube-controller-manager and kube-scheduler.

mod args;
mod metrics;
mod place;
mod tokens;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use anyhow::Context as _;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::{Api, Client};
use serde_json::Value;
use tokio::sync::Mutex;

pub use metrics::ApiCalls;
pub(crate) use place::Place;
pub use tokens::{SHORTEST_TOKEN, claims, forge};

use crate::access::Access;
use crate::kubeconfig::{self, Credentials};
use crate::parts::{Installed, Program};
use crate::pki::{self, Authority, Identity};
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
    /// All that a cluster with nodes has, and kube-scheduler beside them; needs [`Part::Node`](crate::Part::Node) too.
    All,
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
            Self::All => Some("*".to_owned()),
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
    scheduler: Option<Process>,
    controller_manager: Option<Process>,
    api_server: Mutex<Option<Process>>,
    etcd: Process,
    setup: Setup,
    access: Access,
}

/// What a start of kube-apiserver needs, the first time and every time after.
struct Setup {
    installed: Installed,
    options: Options,
    authority: Authority,
    service_account_key: rcgen::KeyPair,
    place: Place,
    folder: WorkDir,
}

impl ControlPlane {
    /// Starts one and waits until it is ready (3 to 5 s).
    ///
    /// # Errors
    /// Names the program that did not start, with the end of its log.
    pub async fn start(installed: &Installed, options: Options) -> anyhow::Result<Self> {
        for _ in 1..ATTEMPTS {
            match Self::start_here(installed, options.clone()).await {
                Err(error) if format!("{error:#}").contains("address already in use") => {}
                result => return result,
            }
        }
        Self::start_here(installed, options).await
    }

    async fn start_here(installed: &Installed, options: Options) -> anyhow::Result<Self> {
        let started = Self::start_in(Place::loopback()?, installed, options).await?;
        started.wait_for_controllers().await?;
        Ok(started)
    }

    /// Starts one in a place, and waits until kube-apiserver is ready; for the rest see [`Self::wait_for_controllers`].
    pub(crate) async fn start_in(place: Place, installed: &Installed, options: Options) -> anyhow::Result<Self> {
        crate::install_crypto();
        let setup = Setup::new(installed.clone(), options, place)?;
        let admin_identity = setup.authority.client("admin", Some("system:masters"))?;
        let server = setup.place.url();
        let admin =
            kubeconfig::kubeconfig(&server, &setup.authority.certificate(), &Credentials::Certificate(&admin_identity));
        let access = Access::new(admin, setup.folder.path(), setup.installed.path(Program::Kubectl)?).await?;
        let etcd = setup.spawn(Program::Etcd, &setup.etcd_args())?;
        let api_server = setup.spawn(Program::KubeApiserver, &setup.api_server_args())?;
        let started = Self {
            scheduler: None,
            controller_manager: None,
            api_server: Mutex::new(Some(api_server)),
            etcd,
            setup,
            access,
        };
        started.wait_ready().await?;
        started.with_controllers()
    }

    fn with_controllers(mut self) -> anyhow::Result<Self> {
        let Some(names) = self.setup.options.controllers.names() else { return Ok(self) };
        let path = self.kubeconfig_for_user("system:kube-controller-manager", None)?;
        let process =
            self.setup.spawn(Program::KubeControllerManager, &self.setup.controller_manager_args(&path, &names))?;
        self.controller_manager = Some(process);
        if self.setup.options.controllers == Controllers::All {
            let path = self.kubeconfig_for_user("system:kube-scheduler", None)?;
            self.scheduler = Some(self.setup.spawn(Program::KubeScheduler, &self.setup.scheduler_args(&path))?);
        }
        Ok(self)
    }

    /// Writes a kubeconfig with a client certificate, for the programs of Kubernetes itself, and gives its path.
    pub(crate) fn kubeconfig_for_user(&self, user: &str, group: Option<&str>) -> anyhow::Result<PathBuf> {
        let identity = self.setup.authority.client(user, group)?;
        let config = kubeconfig::kubeconfig(&self.url(), &self.ca(), &Credentials::Certificate(&identity));
        let path = self.dir().join(format!("{}.kubeconfig", user.replace(':', ".")));
        kubeconfig::write_private(&path, &config.to_string())?;
        Ok(path)
    }

    /// The authority that everything in this cluster trusts.
    pub(crate) const fn authority(&self) -> &Authority {
        &self.setup.authority
    }

    /// Waits until there is a default `ServiceAccount`, where one will be: pods and tokens need it.
    pub(crate) async fn wait_for_controllers(&self) -> anyhow::Result<()> {
        if !matches!(self.setup.options.controllers, Controllers::Usual | Controllers::All) {
            return Ok(());
        }
        let accounts = Api::<ServiceAccount>::namespaced(self.access.admin_client(), "default");
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
            match tokio::time::timeout(Duration::from_secs(5), self.access.admin_client().request_text(request)).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) if started.elapsed() > READY_WITHIN => {
                    return Err(error).context("kube-apiserver is not ready");
                }
                Err(_) if started.elapsed() > READY_WITHIN => anyhow::bail!("kube-apiserver does not answer"),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// An administrator's rights and tools.
    pub const fn access(&self) -> &Access {
        &self.access
    }

    /// As [`Access::admin_client`].
    pub fn admin_client(&self) -> Client {
        self.access.admin_client()
    }

    /// As [`Access::kubeconfig_path`].
    pub fn kubeconfig_path(&self) -> PathBuf {
        self.access.kubeconfig_path().to_path_buf()
    }

    /// As [`Access::kubeconfig`].
    pub const fn admin_kubeconfig(&self) -> &Value {
        self.access.kubeconfig()
    }

    /// `https://<address>:<port>`; the same over restarts.
    pub fn url(&self) -> String {
        self.setup.place.url()
    }

    /// The CA that the API server's certificate is signed with, PEM.
    pub fn ca(&self) -> String {
        self.setup.authority.certificate()
    }

    /// The folder with logs, keys and kubeconfigs.
    pub fn dir(&self) -> &Path {
        self.setup.folder.path()
    }

    /// As [`Access::kubectl`].
    ///
    /// # Errors
    /// When it cannot be run at all.
    pub async fn kubectl<S: AsRef<OsStr>>(&self, args: &[S]) -> anyhow::Result<Output> {
        self.access.kubectl(args).await
    }

    /// As [`Access::kubectl_ok`].
    ///
    /// # Errors
    /// When it exits with another code than 0; the message holds its stderr.
    pub async fn kubectl_ok<S: AsRef<OsStr>>(&self, args: &[S]) -> anyhow::Result<String> {
        self.access.kubectl_ok(args).await
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
    fn new(installed: Installed, options: Options, place: Place) -> anyhow::Result<Self> {
        let setup = Self {
            installed,
            options,
            authority: Authority::new("kube-ca")?,
            service_account_key: pki::rsa_key()?,
            place,
            folder: WorkDir::new("control-plane")?,
        };
        setup.write_keys()?;
        Ok(setup)
    }

    fn write_keys(&self) -> anyhow::Result<()> {
        let address = self.place.address.to_string();
        let names = [
            address.as_str(),
            "10.96.0.1",
            "localhost",
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
        ];
        let Identity { certificate, key } = self.authority.server("kube-apiserver", &names)?;
        let kubelet_client = self.authority.client("kube-apiserver-kubelet-client", Some("system:masters"))?;
        let files = [
            ("kubelet-client.crt", kubelet_client.certificate),
            ("kubelet-client.key", kubelet_client.key),
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
        let mut command = self.place.command(self.installed.path(program)?, folder);
        command.args(args).env("HOME", folder);
        Process::spawn(program.file_name(), command, &folder.join(format!("{}.log", program.file_name())))
    }
}
