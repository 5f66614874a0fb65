//! An API server of its own for each scenario, because webhook configurations are cluster-wide, with what the chart installs.

use std::time::Duration;

use eso_harness::admission::{self, Admission};
use eso_harness::{ControlPlane, Operator, Options, Part, Profile, ensure, eventually};
use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Patch, PatchParams};
use kube::core::DynamicObject;
use kube::{Api, Client};
use serde_json::{Value, json};

pub use eso_harness::admission::{ACCOUNT, WEBHOOK};
pub use eso_harness::cluster::NAMESPACE;

pub struct Stage {
    pub plane: ControlPlane,
    pub client: Client,
    pub admission: Admission,
}

impl Stage {
    pub async fn start() -> Self {
        let installed = ensure(&[Part::ControlPlane]).await.unwrap();
        let plane = ControlPlane::start(&installed, Options::default()).await.unwrap();
        let admission = Admission::install(&plane, Profile::Dev).await.unwrap();
        Self { client: plane.admin_client(), plane, admission }
    }

    /// Applies a cluster-wide object, or one with a namespace of its own.
    pub async fn apply(&self, object: &Value) -> kube::Result<DynamicObject> {
        let patch = PatchParams::apply("admin").force();
        admission::send(&self.client, object, &patch).await
    }

    /// Whether the API server would take this object; nothing is written.
    pub async fn admits(&self, object: &Value) -> kube::Result<DynamicObject> {
        admission::admits(&self.client, object).await
    }

    pub fn cert_controller(&self, args: &[&str]) -> Operator {
        self.admission.cert_controller(args).unwrap()
    }

    pub fn webhook(&self) -> Operator {
        self.admission.webhook().unwrap()
    }

    /// Both programs, ready, and admissions that work.
    pub async fn installed() -> (Self, Operator, Operator) {
        let stage = Self::start().await;
        let (certs, webhook) = (stage.cert_controller(&[]), stage.webhook());
        certs.wait_ready().await.unwrap();
        webhook.wait_ready().await.unwrap();
        stage.admissions_work().await;
        (stage, certs, webhook)
    }

    /// Waits until the webhook is asked about what is applied.
    pub async fn admissions_work(&self) {
        admission::until_asked(&self.client).await.unwrap();
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

/// Merge patch that takes all values out of the Secret.
pub fn emptied() -> Value {
    json!({"data": null})
}

/// Long enough for two turns of a cert-controller.
pub const A_WHILE: Duration = Duration::from_secs(2);
