//! kubelet and kube-proxy: what makes the sandbox a node.

use std::path::Path;

use serde_json::{Value, json};

use super::{NODE, PODS, Sandbox, containerd};
use crate::control_plane::ControlPlane;
use crate::kubeconfig::write_private;
use crate::parts::{Installed, Program};
use crate::process::Process;

/// Starts kubelet, which joins the control plane as the node [`NODE`].
pub(super) fn start_kubelet(installed: &Installed, sandbox: &Sandbox, plane: &ControlPlane) -> anyhow::Result<Process> {
    let folder = sandbox.folder();
    let path = |name: &str| folder.join(name);
    let address = sandbox.address().to_string();
    let serving = plane.authority().server(NODE, &[&address, NODE])?;
    write_private(&path("kubelet.crt"), &serving.certificate)?;
    write_private(&path("kubelet.key"), &serving.key)?;
    write_private(&path("ca.crt"), &plane.ca())?;
    // Pods have no names to look up: there is no cluster DNS, and nothing outside is in reach.
    write_private(&path("resolv.conf"), "")?;
    write_private(&path("kubelet.json"), &configuration(sandbox).to_string())?;
    let kubeconfig = plane.kubeconfig_for_user(&format!("system:node:{NODE}"), Some("system:nodes"))?;
    let mut command = sandbox.command(installed.path(Program::Kubelet)?, folder);
    command.arg(option("config", &path("kubelet.json"))).arg(option("kubeconfig", &kubeconfig));
    command.arg(option("root-dir", Path::new("/var/lib/kubelet")));
    command.arg(option("cert-dir", Path::new("/var/lib/kubelet/pki")));
    command.args([format!("--hostname-override={NODE}"), format!("--node-ip={address}")]);
    command.env("HOME", folder);
    Process::spawn("kubelet", command, &path("kubelet.log"))
}

fn configuration(sandbox: &Sandbox) -> Value {
    let path = |name: &str| sandbox.folder().join(name);
    json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": sandbox.address(),
        "port": 10250,
        "healthzPort": 10248,
        "authentication": {
            "anonymous": { "enabled": false },
            "webhook": { "enabled": true },
            "x509": { "clientCAFile": path("ca.crt") },
        },
        "authorization": { "mode": "Webhook" },
        "tlsCertFile": path("kubelet.crt"),
        "tlsPrivateKeyFile": path("kubelet.key"),
        "containerRuntimeEndpoint": format!("unix://{}", containerd::socket(sandbox).display()),
        // Two kubelets in one group would end each other's pods as orphans.
        "cgroupRoot": format!("/{}", sandbox.name()),
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": false,
        "enforceNodeAllocatable": [],
        // Rights and settings of the host that a test must not depend on.
        "failSwapOn": false,
        "oomScoreAdj": 0,
        "makeIPTablesUtilChains": false,
        "resolvConf": path("resolv.conf"),
        "volumePluginDir": "/var/lib/kubelet/plugins-exec",
        // A full disk of the developer's is no reason to end pods.
        "evictionHard": { "memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "syncFrequency": "10s",
        // Images are local and small: more at once only saves time.
        "serializeImagePulls": false,
        "registryPullQPS": 0,
        "eventRecordQPS": 0,
    })
}

/// Starts kube-proxy, by which Services' addresses lead to pods.
pub(super) fn start_kube_proxy(
    installed: &Installed,
    sandbox: &Sandbox,
    plane: &ControlPlane,
) -> anyhow::Result<Process> {
    let folder = sandbox.folder();
    let kubeconfig = plane.kubeconfig_for_user("system:kube-proxy", None)?;
    let mut command = sandbox.command(installed.path(Program::KubeProxy)?, folder);
    command.arg(option("kubeconfig", &kubeconfig));
    command.args([
        "--proxy-mode=nftables".to_owned(),
        format!("--hostname-override={NODE}"),
        format!("--cluster-cidr={PODS}"),
        format!("--bind-address={}", sandbox.address()),
        "--healthz-bind-address=127.0.0.1:10256".to_owned(),
        "--metrics-bind-address=127.0.0.1:10249".to_owned(),
    ]);
    // Settings of the whole machine, which stay as they are.
    command.args([
        "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0",
        "--conntrack-tcp-timeout-close-wait=0",
    ]);
    command.env("HOME", folder);
    Process::spawn("kube-proxy", command, &folder.join("kube-proxy.log"))
}

fn option(name: &str, path: &Path) -> String {
    format!("--{name}={}", path.display())
}
