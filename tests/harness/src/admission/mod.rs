//! The webhook and the cert-controller as plain processes, called by the API server through a Service as if they were pods.

mod mounted;
mod objects;

use std::net::UdpSocket;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use kube::api::{Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client};
use serde_json::{Value, json};

pub use objects::{certificate_secret, foreign_configuration};

use crate::cluster::{NAMESPACE, install_manifests};
use crate::operator::binary;
use crate::{ControlPlane, Operator, OperatorOptions, Port, Profile, eventually};
use mounted::MountedSecret;

/// Name of the webhook's Service and of its certificate's Secret.
pub const WEBHOOK: &str = "external-secrets-webhook";
/// What the cert-controller runs as.
pub const ACCOUNT: &str = "external-secrets-cert-controller";

/// What the chart installs around the two programs, on a cluster without a node.
pub struct Admission {
    port: Port,
    mounted: MountedSecret,
    kubeconfig: String,
    cert_controller: PathBuf,
    webhook: PathBuf,
}

impl Admission {
    /// Builds the two programs and installs CRDs, Service, Secret, webhook configurations and rights. Neither program runs yet, so
    /// that nothing is admitted.
    ///
    /// # Errors
    /// When one does not build, or the API server refuses an object.
    pub async fn install(plane: &ControlPlane, profile: Profile) -> anyhow::Result<Self> {
        let cert_controller = binary("eso-cert-controller", profile).await?;
        let webhook = binary("eso-webhook", profile).await?;
        install_manifests(plane).await?;
        plane.ensure_service_account(NAMESPACE, ACCOUNT).await?;
        let (client, port) = (plane.admin_client(), Port::claim()?);
        let mounted = MountedSecret::start(client.clone())?;
        let address = own_address().unwrap_or_else(|| "10.99.0.1".to_owned());
        for object in objects::installed(port.number(), &address, ACCOUNT) {
            send(&client, &object, &PatchParams::apply("admin").force()).await?;
        }
        let path = plane.dir().join("cert-controller.kubeconfig");
        plane.kubeconfig_for_service_account(NAMESPACE, ACCOUNT, &path).await?;
        Ok(Self { port, mounted, kubeconfig: path.display().to_string(), cert_controller, webhook })
    }

    /// Where the webhook's certificate is, in files that follow its Secret.
    pub fn certificates(&self) -> &Path {
        self.mounted.folder()
    }

    /// The port that the Service leads to.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// Starts the cert-controller with these arguments beside the chart's; does not wait.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn cert_controller(&self, args: &[&str]) -> anyhow::Result<Operator> {
        let mut all = vec![
            format!("--service-name={WEBHOOK}"),
            format!("--service-namespace={NAMESPACE}"),
            format!("--secret-name={WEBHOOK}"),
            format!("--secret-namespace={NAMESPACE}"),
        ];
        all.extend(args.iter().map(|&arg| arg.to_owned()));
        start(&self.cert_controller, all, vec![("KUBECONFIG".to_owned(), self.kubeconfig.clone())])
    }

    /// Starts the webhook; does not wait.
    ///
    /// # Errors
    /// As [`Self::cert_controller`].
    pub fn webhook(&self) -> anyhow::Result<Operator> {
        let args = vec![
            format!("--port={}", self.port.number()),
            format!("--dns-name={WEBHOOK}.{NAMESPACE}.svc"),
            format!("--cert-dir={}", self.mounted.folder().display()),
        ];
        start(&self.webhook, args, Vec::new())
    }
}

/// Sends a server-side apply for an object as JSON, of whatever kind.
///
/// # Errors
/// When the API server refuses it, which it does too where `apiVersion`, `kind` or `metadata.name` is missing.
pub async fn send(client: &Client, object: &Value, params: &PatchParams) -> kube::Result<DynamicObject> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let version = text("/apiVersion");
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, text("/kind")));
    let api: Api<DynamicObject> = match text("/metadata/namespace") {
        "" => Api::all_with(client.clone(), &resource),
        namespace => Api::namespaced_with(client.clone(), namespace, &resource),
    };
    api.patch(text("/metadata/name"), params, &Patch::Apply(object)).await
}

/// Whether the API server would take this object; nothing is written.
///
/// # Errors
/// When it would not.
pub async fn admits(client: &Client, object: &Value) -> kube::Result<DynamicObject> {
    let params = PatchParams { dry_run: true, ..PatchParams::apply("user").force() };
    send(client, object, &params).await
}

/// Waits until the API server knows the webhook's authority; it learns of a changed configuration within a second.
///
/// # Errors
/// When it still does not after the usual time.
pub async fn until_asked(client: &Client) -> anyhow::Result<()> {
    let store = json!({
        "apiVersion": "external-secrets.io/v1", "kind": "SecretStore",
        "metadata": {"name": "tried", "namespace": "default"}, "spec": {"provider": {"fake": {"data": []}}},
    });
    eventually("the webhook is asked", || async { Ok(admits(client, &store).await.map(drop)?) }).await
}

fn start(binary: &Path, args: Vec<String>, env: Vec<(String, String)>) -> anyhow::Result<Operator> {
    Operator::start(OperatorOptions { binary: binary.to_owned(), args, env, live_flag: Some("--healthz-addr") })
        .with_context(|| format!("{} cannot be started", binary.display()))
}

/// An address of this machine that an endpoint may have: Kubernetes refuses loopback addresses. Nothing is sent.
///
/// Without one the cert-controller cannot ask the webhook which certificate it shows.
pub fn own_address() -> Option<String> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then(|| address.to_string())
}
