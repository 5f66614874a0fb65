//! What the kubelet does with the webhook's Secret: its values are files, which all change at once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::WEBHOOK;
use crate::cluster::NAMESPACE;

/// A mounted Secret. Quicker than the kubelet, which takes up to two minutes.
pub(super) struct MountedSecret {
    folder: TempDir,
    task: JoinHandle<()>,
}

impl MountedSecret {
    pub(super) fn start(client: Client) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("eso-webhook-certs-").context("no folder for the webhook's certificate")?;
        let task = tokio::spawn(mount(Api::namespaced(client, NAMESPACE), folder.path().to_owned()));
        Ok(Self { folder, task })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for MountedSecret {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn mount(secrets: Api<Secret>, folder: PathBuf) {
    let mut seen = None;
    loop {
        // A Secret that is gone stays mounted as it was.
        if let Ok(Some(secret)) = secrets.get_opt(WEBHOOK).await
            && secret.metadata.resource_version != seen
        {
            seen.clone_from(&secret.metadata.resource_version);
            let _ = write(&folder, &secret);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn write(folder: &Path, secret: &Secret) -> std::io::Result<()> {
    let data = folder.join(format!("..{}", secret.metadata.resource_version.as_deref().unwrap_or_default()));
    std::fs::create_dir_all(&data)?;
    for (key, value) in secret.data.iter().flatten() {
        std::fs::write(data.join(key), &value.0)?;
    }
    let link = |name: &str, to: &Path| {
        let next = folder.join("..next");
        let _ = std::fs::remove_file(&next);
        std::os::unix::fs::symlink(to, &next)?;
        std::fs::rename(next, folder.join(name))
    };
    link("..data", &data)?;
    ["ca.crt", "tls.crt", "tls.key"].iter().try_for_each(|name| link(name, &Path::new("..data").join(name)))
}
