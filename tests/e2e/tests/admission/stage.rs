//! An API server of its own for each scenario, because webhook configurations are cluster-wide, with what the chart installs.

use std::net::UdpSocket;
use std::path::PathBuf;
use std::time::Duration;

use eso_harness::cluster::install_manifests;
use eso_harness::operator::binary;
use eso_harness::{ControlPlane, Operator, OperatorOptions, Options, Part, Port, Profile, ensure, eventually};
use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::kubelet::Kubelet;
use crate::objects;

pub const NAMESPACE: &str = "external-secrets";
/// Name of the webhook's Service and of its Secret.
pub const WEBHOOK: &str = "external-secrets-webhook";
/// What the cert-controller runs as.
pub const ACCOUNT: &str = "external-secrets-cert-controller";

pub struct Stage {
    pub plane: ControlPlane,
    pub client: Client,
    pub port: Port,
    kubelet: Kubelet,
}

impl Stage {
    pub async fn start() -> Self {
        let installed = ensure(&[Part::ControlPlane]).await.unwrap();
        let plane = ControlPlane::start(&installed, Options::default()).await.unwrap();
        install_manifests(&plane).await.unwrap();
        plane.ensure_service_account(NAMESPACE, ACCOUNT).await.unwrap();
        let (client, port) = (plane.admin_client(), Port::claim().unwrap());
        let kubelet = Kubelet::start(client.clone());
        let stage = Self { plane, client, port, kubelet };
        let address = own_address().unwrap_or_else(|| "10.99.0.1".to_owned());
        for object in objects::installed(stage.port.number(), &address, ACCOUNT) {
            stage.apply(&object).await.unwrap();
        }
        stage
    }

    /// Applies a cluster-wide object, or one with a namespace of its own.
    pub async fn apply(&self, object: &Value) -> kube::Result<DynamicObject> {
        let patch = PatchParams::apply("admin").force();
        self.send(object, &patch).await
    }

    /// Whether the API server would take this object; nothing is written.
    pub async fn admits(&self, object: &Value) -> kube::Result<DynamicObject> {
        let patch = PatchParams { dry_run: true, ..PatchParams::apply("user").force() };
        self.send(object, &patch).await
    }

    async fn send(&self, object: &Value, params: &PatchParams) -> kube::Result<DynamicObject> {
        let (group, version) = match object["apiVersion"].as_str().unwrap().split_once('/') {
            Some((group, version)) => (group, version),
            None => ("", object["apiVersion"].as_str().unwrap()),
        };
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, object["kind"].as_str().unwrap()));
        let api: Api<DynamicObject> = match object["metadata"]["namespace"].as_str() {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        };
        api.patch(object["metadata"]["name"].as_str().unwrap(), params, &Patch::Apply(object)).await
    }

    pub async fn cert_controller(&self, args: &[&str]) -> Operator {
        let kubeconfig = self.folder().join("cert-controller.kubeconfig");
        self.plane.kubeconfig_for_service_account(NAMESPACE, ACCOUNT, &kubeconfig).await.unwrap();
        let mut all = vec![
            format!("--service-name={WEBHOOK}"),
            format!("--service-namespace={NAMESPACE}"),
            format!("--secret-name={WEBHOOK}"),
            format!("--secret-namespace={NAMESPACE}"),
        ];
        all.extend(args.iter().map(|&arg| arg.to_owned()));
        let env = vec![("KUBECONFIG".to_owned(), kubeconfig.display().to_string())];
        start("eso-cert-controller", all, env).await
    }

    pub async fn webhook(&self) -> Operator {
        let args = vec![
            format!("--port={}", self.port.number()),
            format!("--dns-name={WEBHOOK}.{NAMESPACE}.svc"),
            format!("--cert-dir={}", self.kubelet.folder().display()),
        ];
        start("eso-webhook", args, Vec::new()).await
    }

    /// Both programs, ready, and admissions that work.
    pub async fn installed() -> (Self, Operator, Operator) {
        let stage = Self::start().await;
        let (certs, webhook) = (stage.cert_controller(&[]).await, stage.webhook().await);
        certs.wait_ready().await.unwrap();
        webhook.wait_ready().await.unwrap();
        stage.admissions_work().await;
        (stage, certs, webhook)
    }

    /// Waits until the API server knows the authority; it learns of a changed configuration within a second.
    pub async fn admissions_work(&self) {
        let good = objects::good_store();
        eventually("admissions work", || async { Ok(self.admits(&good).await.map(drop)?) }).await.unwrap();
    }

    fn folder(&self) -> PathBuf {
        self.plane.dir().to_owned()
    }

    pub fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), NAMESPACE)
    }

    /// The values of the certificate's Secret; a missing one is empty.
    pub async fn values(&self) -> [String; 4] {
        let data = self.secrets().get(WEBHOOK).await.unwrap().data.unwrap_or_default();
        let text = |key: &str| data.get(key).map(|ByteString(bytes)| String::from_utf8(bytes.clone()).unwrap());
        ["ca.crt", "ca.key", "tls.crt", "tls.key"].map(|key| text(key).unwrap_or_default())
    }

    /// Merges this into the certificate's Secret, as an administrator by hand.
    pub async fn edit_secret(&self, patch: Value) {
        self.secrets().patch(WEBHOOK, &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    }

    /// Waits until the Secret is whole again, and not as it was.
    pub async fn renewed(&self, before: &[String; 4], key: usize) -> [String; 4] {
        eventually("the Secret is filled anew", || async {
            let now = self.values().await;
            anyhow::ensure!(now.iter().all(|value| !value.is_empty()), "values are missing");
            anyhow::ensure!(now[key] != before[key], "the value is the same");
            Ok(now)
        })
        .await
        .unwrap()
    }

    /// What the API server trusts of the webhook, one text for each entry.
    pub async fn bundles(&self) -> Vec<String> {
        let api: Api<ValidatingWebhookConfiguration> = Api::all(self.client.clone());
        let mut bundles = Vec::new();
        for name in ["externalsecret-validate", "secretstore-validate"] {
            for hook in api.get(name).await.unwrap().webhooks.unwrap_or_default() {
                let bundle = hook.client_config.ca_bundle.unwrap_or_default().0;
                bundles.push(String::from_utf8(bundle).unwrap());
            }
        }
        bundles
    }

    /// Waits until every entry trusts just what `ca.crt` holds. Gives it.
    pub async fn in_step(&self) -> String {
        eventually("the webhook configurations hold the authority of the Secret", || async {
            let [authority, ..] = self.values().await;
            anyhow::ensure!(!authority.is_empty(), "there is none");
            anyhow::ensure!(self.bundles().await.iter().all(|bundle| *bundle == authority), "they differ");
            Ok(authority)
        })
        .await
        .unwrap()
    }
}

async fn start(name: &str, args: Vec<String>, env: Vec<(String, String)>) -> Operator {
    let binary = binary(name, Profile::Dev).await.unwrap();
    Operator::start(OperatorOptions { binary, args, env, live_flag: Some("--healthz-addr") }).unwrap()
}

/// An address of this machine that an endpoint may have: Kubernetes refuses loopback addresses. Nothing is sent.
fn own_address() -> Option<String> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then(|| address.to_string())
}

/// Whether the cert-controller can ask the webhook which certificate it shows: the machine has an address beside the loopback ones.
pub fn endpoints_answer() -> bool {
    own_address().is_some()
}

/// Merge patch that takes all values out of the Secret.
pub fn emptied() -> Value {
    json!({"data": null})
}

/// Long enough for two turns of a cert-controller.
pub const A_WHILE: Duration = Duration::from_secs(2);
