//! Kubeconfig files.

use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::pki::Identity;

/// Who one is to the API server.
pub(crate) enum Credentials<'a> {
    Certificate(&'a Identity),
    /// A file with a bearer token, which clients read again from time to time.
    TokenFile(&'a Path),
}

/// A kubeconfig with one cluster and one user. It is JSON, which every reader of YAML takes.
pub(crate) fn kubeconfig(server: &str, ca: &str, credentials: &Credentials<'_>) -> Value {
    let user = match credentials {
        Credentials::Certificate(identity) => json!({
            "client-certificate-data": STANDARD.encode(&identity.certificate),
            "client-key-data": STANDARD.encode(&identity.key),
        }),
        Credentials::TokenFile(path) => json!({ "tokenFile": path }),
    };
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": "harness", "cluster": { "server": server, "certificate-authority-data": STANDARD.encode(ca) } }],
        "users": [{ "name": "user", "user": user }],
        "contexts": [{ "name": "harness", "context": { "cluster": "harness", "user": "user" } }],
        "current-context": "harness",
    })
}

/// Writes a file that only its owner can read, and never half of it.
pub(crate) fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let folder = path.parent().context("a file needs a folder")?;
    // Made with mode 0600.
    let mut file =
        tempfile::NamedTempFile::new_in(folder).with_context(|| format!("{} cannot be made", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("{} cannot be written", path.display()))?;
    file.persist(path).with_context(|| format!("{} cannot be put in place", path.display()))?;
    Ok(())
}

/// A client for a kubeconfig. It does not retry by itself, so that tests see what happens, and uses no proxy.
pub(crate) async fn client(kubeconfig: &Value) -> anyhow::Result<kube::Client> {
    kube::Client::try_from(config(kubeconfig).await?).context("no client can be made")
}

/// What [`client`] is made from.
pub(crate) async fn config(kubeconfig: &Value) -> anyhow::Result<kube::Config> {
    crate::install_crypto();
    let parsed: kube::config::Kubeconfig = serde_json::from_value(kubeconfig.clone()).context("not a kubeconfig")?;
    let options = kube::config::KubeConfigOptions::default();
    let mut config = kube::Config::from_custom_kubeconfig(parsed, &options).await.context("not a usable kubeconfig")?;
    config.proxy_url = None;
    config.default_retry = false;
    Ok(config)
}
