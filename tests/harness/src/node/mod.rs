//! A whole cluster with one node, on which pods really run. Linux and root.
//!
//! Everything is inside a [`Sandbox`]: nothing of it is seen outside but one interface, at whose ends this machine and the node reach
//! each other. Any number may run side by side. From outside one talks to the API server as to any other; pods reach
//! programs that listen on [`Node::host_address`]. There is no cluster DNS: pods are told addresses.

mod cgroup;
mod containerd;
mod kubelet;
mod sandbox;

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use k8s_openapi::api::core::v1;
use kube::Api;

pub(crate) use cgroup::is_left;
use containerd::Containerd;
pub(crate) use sandbox::Sandbox;

use crate::control_plane::{ControlPlane, Controllers, Options, Place};
use crate::parts::{Installed, Part};
use crate::process::Process;
use crate::wait::eventually_within;

/// What has to be obtained before a node can be started.
pub const PARTS: [Part; 4] = [Part::ControlPlane, Part::ControllerManager, Part::Node, Part::Containers];

/// The node's name.
pub const NODE: &str = "node-1";
/// Addresses of Services, inside.
pub(crate) const SERVICES: &str = "10.96.0.0/16";
/// Addresses of pods, inside.
const PODS: &str = "10.244.0.0/24";

/// 8 to 10 s is usual on two cores.
const READY_WITHIN: Duration = Duration::from_mins(2);

/// A running cluster. Dropping it ends everything, pods included, within a second.
pub struct Node {
    // Dropped in this order: first who would start something anew.
    kubelet: Process,
    kube_proxy: Process,
    containerd: Containerd,
    plane: ControlPlane,
    sandbox: Arc<Sandbox>,
}

impl Node {
    /// Starts one and waits until its node is ready. `options` may add arguments of kube-apiserver; all controllers run.
    ///
    /// # Errors
    /// Says in one line what is missing, or which program did not start.
    pub async fn start(installed: &Installed, options: Options) -> anyhow::Result<Self> {
        if let Some(obstacle) = obstacle() {
            anyhow::bail!("this machine can have no node: {obstacle}");
        }
        let sandbox = Arc::new(Sandbox::start(installed).await?);
        let inside = Place::inside(Arc::clone(&sandbox));
        let options = Options { controllers: Controllers::All, ..options };
        let (plane, containerd) = tokio::try_join!(
            ControlPlane::start_in(inside, installed, options),
            Containerd::start(installed, &sandbox)
        )?;
        let kubelet = kubelet::start_kubelet(installed, &sandbox, &plane)?;
        let kube_proxy = kubelet::start_kube_proxy(installed, &sandbox, &plane)?;
        let node = Self { kubelet, kube_proxy, containerd, plane, sandbox };
        tokio::try_join!(node.wait_ready(), node.plane.wait_for_controllers())?;
        Ok(node)
    }

    /// Waits until the node says that it is ready for pods.
    ///
    /// # Errors
    /// When a program has ended, with the end of its log, or with the node's own reason.
    pub async fn wait_ready(&self) -> anyhow::Result<()> {
        let nodes = Api::<v1::Node>::all(self.plane.admin_client());
        eventually_within(READY_WITHIN, "the node is ready", || async {
            self.kubelet.check_alive()?;
            self.kube_proxy.check_alive()?;
            self.containerd.check_alive()?;
            let conditions = nodes.get(NODE).await?.status.and_then(|status| status.conditions).unwrap_or_default();
            let ready =
                conditions.iter().find(|condition| condition.type_ == "Ready").context("it says nothing yet")?;
            anyhow::ensure!(ready.status == "True", "{}", ready.message.clone().unwrap_or_default());
            Ok(())
        })
        .await
    }

    /// The API server and its admin's tools.
    pub const fn plane(&self) -> &ControlPlane {
        &self.plane
    }

    /// The address of this machine that pods reach, and nobody else does.
    pub fn host_address(&self) -> Ipv4Addr {
        self.sandbox.host_address()
    }

    /// Makes the images of an archive (OCI, or `docker save`) known to the node. Pods that use them say `imagePullPolicy: Never` or
    /// `IfNotPresent`.
    ///
    /// # Errors
    /// With what containerd says.
    pub async fn load_images(&self, archive: &Path) -> anyhow::Result<()> {
        self.containerd.import(&self.sandbox, archive).await
    }

    /// The folder with the logs of kubelet, kube-proxy and containerd; those of the control plane are in [`ControlPlane::dir`].
    pub fn dir(&self) -> &Path {
        self.sandbox.folder()
    }

    /// Its name in the system: of its control groups, and of its network interface on this machine.
    pub fn name(&self) -> String {
        self.sandbox.name()
    }
}

/// Why this machine can have no node, or `None` when it can.
pub fn obstacle() -> Option<&'static str> {
    if !cfg!(target_os = "linux") {
        return Some("it needs Linux");
    }
    if !is_root() {
        return Some("it needs root: run as root, or with sudo");
    }
    if let Some(denied) = denied() {
        return Some(denied);
    }
    let missing = crate::parts::distribution::missing_packages();
    if !missing.is_empty() && !crate::parts::distribution::can_install() {
        return Some(
            "it needs containerd, runc, CNI plugins, nftables, iptables, conntrack and iproute2: install them",
        );
    }
    None
}

/// What root may not do here either, as in most containers.
fn denied() -> Option<&'static str> {
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--net", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
    match unshare.status() {
        Ok(status) if status.success() && cgroup::is_writable() => None,
        Ok(status) if status.success() => Some("it needs control groups that can be written (/sys/fs/cgroup)"),
        Ok(_) => Some("it needs the right to make namespaces, which this root does not have (CAP_SYS_ADMIN)"),
        Err(_) => Some("it needs the programs of util-linux (unshare, nsenter, mount)"),
    }
}

/// By the effective user id, which is the second of the line.
fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap_or_default();
    ids.split_whitespace().nth(1) == Some("0")
}
