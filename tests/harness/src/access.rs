//! How one talks to a cluster as its administrator, wherever it runs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use anyhow::Context as _;
use kube::Client;
use serde_json::Value;

use crate::kubeconfig;

/// An administrator's rights and tools.
pub struct Access {
    kubeconfig: Value,
    /// Where it is written.
    path: PathBuf,
    kubectl: PathBuf,
    config: kube::Config,
}

impl Access {
    /// With a kubeconfig, which is written to `<folder>/admin.kubeconfig`, and the program kubectl.
    pub(crate) async fn new(kubeconfig: Value, folder: &Path, kubectl: &Path) -> anyhow::Result<Self> {
        let path = folder.join("admin.kubeconfig");
        kubeconfig::write_private(&path, &kubeconfig.to_string())?;
        let config = kubeconfig::config(&kubeconfig).await?;
        Client::try_from(config.clone()).context("no client can be made")?;
        Ok(Self { kubeconfig, path, kubectl: kubectl.to_path_buf(), config })
    }

    /// A client with all rights (`system:masters`). It neither retries nor uses a proxy. A new one each time: connections belong
    /// to the async runtime that made them, and each test has its own.
    ///
    /// # Panics
    /// Never: [`Self::new`] has made one from the same configuration.
    #[expect(clippy::expect_used, reason = "tried when this value was made")]
    pub fn admin_client(&self) -> Client {
        Client::try_from(self.config.clone()).expect("a configuration that made one client makes another")
    }

    /// The kubeconfig of [`Self::admin_client`], for kubectl.
    pub fn kubeconfig_path(&self) -> &Path {
        &self.path
    }

    /// The same as a value.
    pub const fn kubeconfig(&self) -> &Value {
        &self.kubeconfig
    }

    /// Runs the real kubectl as admin, and waits for its end. Its exit code is not looked at.
    ///
    /// # Errors
    /// When it cannot be run at all.
    pub async fn kubectl<S: AsRef<OsStr>>(&self, args: &[S]) -> anyhow::Result<Output> {
        let home = self.path.parent().unwrap_or(&self.path);
        let mut command = tokio::process::Command::new(&self.kubectl);
        command.args(args).env_clear().env("KUBECONFIG", &self.path).env("HOME", home);
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
}
