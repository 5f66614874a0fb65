//! containerd, which runs the node's containers.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;

use super::{PODS, Sandbox};
use crate::image::{Image, compile_static};
use crate::parts::{Installed, Program};
use crate::process::Process;
use crate::wait::eventually_within;

/// The image that holds each pod's namespaces.
const PAUSE: &str = "localhost/pause:1";
const PAUSE_SOURCE: &str = include_str!("../../images/pause.c");

/// A running containerd.
pub(super) struct Containerd {
    process: Process,
    ctr: PathBuf,
    socket: PathBuf,
}

impl Containerd {
    /// Starts it, waits until it answers, and gives it the pause image.
    pub(super) async fn start(installed: &Installed, sandbox: &Sandbox) -> anyhow::Result<Self> {
        let folder = sandbox.folder();
        let socket = socket(sandbox);
        let config = folder.join("containerd.toml");
        fs::write(&config, configuration(installed, sandbox)?)
            .context("containerd's configuration cannot be written")?;
        write_network(folder)?;
        let mut command = sandbox.command(installed.path(Program::Containerd)?, folder);
        command.arg("--config").arg(&config);
        let process = Process::spawn("containerd", command, &folder.join("containerd.log"))?;
        let containerd = Self { process, ctr: installed.path(Program::Ctr)?.to_path_buf(), socket };
        eventually_within(Duration::from_secs(30), "containerd answers", || async {
            containerd.check_alive()?;
            containerd.ctr(sandbox, &["version"]).await
        })
        .await?;
        let pause = write_pause(folder)?;
        containerd.import(sandbox, &pause).await?;
        Ok(containerd)
    }

    /// An error if it has ended.
    pub(super) fn check_alive(&self) -> anyhow::Result<()> {
        self.process.check_alive()
    }

    /// Puts the images of an archive into its store.
    pub(super) async fn import(&self, sandbox: &Sandbox, archive: &Path) -> anyhow::Result<()> {
        let file = archive.display().to_string();
        self.ctr(sandbox, &["images", "import", &file]).await.with_context(|| format!("{file} cannot be imported"))
    }

    async fn ctr(&self, sandbox: &Sandbox, args: &[&str]) -> anyhow::Result<()> {
        let mut command = tokio::process::Command::from(sandbox.command(&self.ctr, Path::new("/")));
        // Where kubelet's images and containers are.
        command.arg("--address").arg(&self.socket).args(["--namespace", "k8s.io"]).args(args);
        let output = command.kill_on_drop(true).output().await.context("ctr cannot be run")?;
        anyhow::ensure!(output.status.success(), "ctr: {}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(())
    }
}

/// Where kubelet finds it.
pub(super) fn socket(sandbox: &Sandbox) -> PathBuf {
    sandbox.private_folder().join("containerd.sock")
}

fn configuration(installed: &Installed, sandbox: &Sandbox) -> anyhow::Result<String> {
    let private = sandbox.private_folder();
    let plugins = installed.path(Program::CniPtp)?.parent().context("the CNI plugins are in no folder")?;
    // - The process may lack the right to lower its oom_score_adj: runc then dies without a word.
    // - AppArmor's profiles are the host's affair.
    // - The plugins that are off would look for file systems, devices and folders of the host.
    Ok(format!(
        r#"version = 2
root = "{private}/containerd"
state = "{private}/containerd-state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        BinaryName = "{runc}"
"#,
        private = private.display(),
        socket = socket(sandbox).display(),
        plugins = plugins.display(),
        folder = sandbox.folder().display(),
        runc = installed.path(Program::Runc)?.display(),
    ))
}

/// Each pod has a link of its own to the node. With a bridge between pods, answers of a Service could go from pod to pod past the
/// node, which would not put the Service's address back.
fn write_network(folder: &Path) -> anyhow::Result<()> {
    let range = json!([[{ "subnet": PODS }]]);
    let ipam = json!({ "type": "host-local", "ranges": range, "routes": [{ "dst": "0.0.0.0/0" }] });
    let plugins = json!([
        { "type": "ptp", "ipMasq": false, "ipam": ipam },
        { "type": "portmap", "capabilities": { "portMappings": true } },
    ]);
    let network = json!({ "cniVersion": "0.4.0", "name": "pods", "plugins": plugins });
    let cni = folder.join("cni");
    fs::create_dir(&cni).context("no folder for the pods' network")?;
    fs::write(cni.join("10-pods.conflist"), network.to_string()).context("the pods' network cannot be written")
}

fn write_pause(folder: &Path) -> anyhow::Result<PathBuf> {
    let folder = folder.join("pause");
    fs::create_dir(&folder).context("no folder for the pause image")?;
    let program = compile_static(PAUSE_SOURCE, &folder, "pause")?;
    let archive = folder.join("pause.tar");
    Image { name: PAUSE, entrypoint: &["/pause"], programs: &[(&program, "/pause")] }
        .write(&folder.join("image"), &archive)?;
    Ok(archive)
}
