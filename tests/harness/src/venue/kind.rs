//! A cluster that kind makes with a container engine.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::Command;

use crate::access::Access;
use crate::guardian;
use crate::parts::{Installed, Program};
use crate::workdir::WorkDir;

/// Container engines that kind can work with, the one that it takes by itself first.
const ENGINES: [&str; 3] = ["docker", "podman", "nerdctl"];

/// What kubeadm sets.
pub(super) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// An engine that answers at all answers in well under a second.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A running cluster. Dropping it deletes it.
pub struct Kind {
    access: Access,
    host_address: Ipv4Addr,
    claim: Claim,
    _folder: WorkDir,
}

/// The cluster's name, and with it the duty to delete the cluster.
struct Claim {
    program: PathBuf,
    engine: &'static str,
    name: String,
}

impl Drop for Claim {
    fn drop(&mut self) {
        guardian::delete_kind_cluster(&self.program, self.engine, &self.name);
    }
}

/// Why there can be no such cluster, or the engine that it is made with.
pub(super) async fn engine() -> Result<&'static str, String> {
    let mut silent = Vec::new();
    for engine in ENGINES {
        match answers(engine).await {
            Some(true) => return Ok(engine),
            Some(false) => silent.push(engine),
            None => {}
        }
    }
    match silent.first() {
        Some(engine) => {
            Err(format!("{engine} is installed, but its engine does not answer: start it (`{engine} info`)"))
        }
        None => Err(format!("it needs a container engine: install {}", ENGINES.join(" or "))),
    }
}

/// `None` when it is not installed.
async fn answers(engine: &str) -> Option<bool> {
    let mut info = Command::new(engine);
    info.arg("info").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = info.spawn().ok()?;
    let ended = tokio::time::timeout(ANSWER_WITHIN, child.wait()).await;
    Some(ended.is_ok_and(|status| status.is_ok_and(|status| status.success())))
}

impl Kind {
    /// Makes one and waits until its node is ready (half a minute, and the first time the download of the node's image).
    pub(super) async fn start(installed: &Installed, engine: &'static str) -> anyhow::Result<Self> {
        let folder = WorkDir::new("kind")?;
        let program = installed.path(Program::Kind)?.to_path_buf();
        let unique = folder.path().file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let name: String = unique.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        guardian::adopt_kind_cluster(&program, engine, &name)?;
        let claim = Claim { program, engine, name };
        let written = folder.path().join("kind.kubeconfig");
        let kubeconfig = written.display().to_string();
        claim.kind(&["create", "cluster", "--wait", "3m", "--kubeconfig", &kubeconfig]).await?;
        let kubectl = installed.path(Program::Kubectl)?;
        let access = Access::new(as_json(kubectl, &written).await?, folder.path(), kubectl).await?;
        let host_address = gateway(engine).await?;
        Ok(Self { access, host_address, claim, _folder: folder })
    }

    pub(super) const fn access(&self) -> &Access {
        &self.access
    }

    pub(super) const fn host_address(&self) -> Ipv4Addr {
        self.host_address
    }

    pub(super) async fn load_images(&self, archive: &Path) -> anyhow::Result<()> {
        self.claim.kind(&["load", "image-archive", &archive.display().to_string()]).await
    }
}

impl Claim {
    async fn kind(&self, args: &[&str]) -> anyhow::Result<()> {
        let mut command = Command::new(&self.program);
        command.args(args).args(["--name", &self.name]).env("KIND_EXPERIMENTAL_PROVIDER", self.engine);
        output(&mut command).await.map(drop)
    }
}

/// What kind wrote is YAML.
async fn as_json(kubectl: &Path, kubeconfig: &Path) -> anyhow::Result<serde_json::Value> {
    let mut command = Command::new(kubectl);
    command.args(["config", "view", "--raw", "--output=json"]).env("KUBECONFIG", kubeconfig);
    serde_json::from_slice(&output(&mut command).await?.stdout).context("kubectl gives no kubeconfig")
}

/// This machine's address in the network that kind's nodes are in.
async fn gateway(engine: &str) -> anyhow::Result<Ipv4Addr> {
    let mut command = Command::new(engine);
    command.args(["network", "inspect", "kind", "--format", "{{range .IPAM.Config}}{{.Gateway}} {{end}}"]);
    let text = String::from_utf8_lossy(&output(&mut command).await?.stdout).into_owned();
    let address = text.split_whitespace().find_map(|address| address.parse().ok());
    address.with_context(|| format!("the network kind has no gateway of version 4: {text}"))
}

async fn output(command: &mut Command) -> anyhow::Result<Output> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.with_context(|| format!("{name} cannot be run"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{name} ended with {}: {}", output.status, stderr.trim());
    Ok(output)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// Writes down how it is called, and makes the kubeconfig that it is asked for.
    const KIND: &str = r#"#!/bin/sh
echo "$KIND_EXPERIMENTAL_PROVIDER $*" >> "$0.calls"
[ "$1" = create ] || exit 0
echo '{"apiVersion":"v1","kind":"Config","current-context":"k","contexts":[{"name":"k","context":{"cluster":"k","user":"u"}}],
"clusters":[{"name":"k","cluster":{"server":"https://127.0.0.1:1","insecure-skip-tls-verify":true}}],"users":[{"name":"u","user":{}}]}' > "$6"
"#;

    fn stand_in(folder: &Path, name: &str, script: &str) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[tokio::test]
    async fn the_cluster_that_is_made_is_the_one_that_gets_images_and_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let kind = stand_in(folder.path(), "kind", KIND);
        let kubectl = stand_in(folder.path(), "kubectl", "#!/bin/sh\nexec cat \"$KUBECONFIG\"\n");
        let engine = stand_in(folder.path(), "engine", "#!/bin/sh\necho 'fc00:f853:ccd:e793::1 172.18.0.1 '\n");
        let engine: &'static str = engine.display().to_string().leak();
        let installed = Installed::of(&[(Program::Kind, &kind), (Program::Kubectl, &kubectl)]);
        let cluster = Kind::start(&installed, engine).await.unwrap();
        assert_eq!(cluster.host_address(), Ipv4Addr::new(172, 18, 0, 1));
        assert_eq!(cluster.access().kubeconfig()["clusters"][0]["cluster"]["server"], "https://127.0.0.1:1");
        cluster.load_images(Path::new("images.tar")).await.unwrap();
        let name = cluster.claim.name.clone();
        assert!(name.starts_with("eso-harness-kind-"), "{name}");
        drop(cluster);
        let calls = fs::read_to_string(folder.path().join("kind.calls")).unwrap();
        let calls: Vec<_> = calls.lines().map(|call| call.strip_prefix(engine).unwrap().trim()).collect();
        assert!(calls[0].starts_with("create cluster --wait 3m --kubeconfig"), "{calls:?}");
        assert!(calls[0].ends_with(&format!("--name {name}")), "{calls:?}");
        assert_eq!(calls[1], format!("load image-archive images.tar --name {name}"));
        assert_eq!(calls[2], format!("delete cluster --name {name}"));
        assert_eq!(calls.len(), 3);
    }
}
