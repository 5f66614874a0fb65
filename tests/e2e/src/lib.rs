//! What the scenarios share: a namespace of their own, manifests in one line, and waiting for what an object says.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use eso_core::crd::{Condition, ExternalSecret, SecretStore};
use eso_harness::{Cluster, eventually_within};
use k8s_openapi::api::core::v1::{Event, Namespace, Secret};
use kube::api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Api, Client};
use serde_json::{Value, json};

/// Long enough for a slow machine, with a few of the queue's back-offs.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// One scenario's corner of a cluster: a namespace, and AWS secrets whose names begin with its name.
pub struct Corner<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// An administrator.
    pub client: Client,
    /// The namespace.
    pub namespace: String,
}

impl<'a> Corner<'a> {
    /// A new namespace, whose name begins with `name`.
    pub async fn new(cluster: &'a Cluster, name: &str) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let client = cluster.admin_client();
        let namespace = format!("{name}-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let object: Namespace = serde_json::from_value(json!({"metadata": {"name": namespace}}))?;
        Api::all(client.clone()).create(&PostParams::default(), &object).await?;
        Ok(Self { cluster, client, namespace })
    }

    /// Applies a manifest as a user would. Namespaced kinds go into the corner's namespace.
    pub async fn apply(&self, manifest: Value) -> kube::Result<DynamicObject> {
        let text = |key: &str| manifest.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (group, version) = match text("apiVersion").split_once('/') {
            Some((group, version)) => (group.to_owned(), version.to_owned()),
            None => (String::new(), text("apiVersion")),
        };
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(&group, &version, &text("kind")));
        let name = manifest.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let api: Api<DynamicObject> = if text("kind").starts_with("Cluster") {
            Api::all_with(self.client.clone(), &resource)
        } else {
            Api::namespaced_with(self.client.clone(), &self.namespace, &resource)
        };
        api.patch(&name, &PatchParams::apply("user").force(), &Patch::Apply(&manifest)).await
    }

    /// A `SecretStore` called `st` with this provider block.
    pub async fn store(&self, provider: Value) -> kube::Result<DynamicObject> {
        self.apply(json!({
            "apiVersion": "external-secrets.io/v1", "kind": "SecretStore", "metadata": {"name": "st"},
            "spec": {"provider": provider}
        }))
        .await
    }

    /// A `SecretStore` called `st` that logs in to AWS with the operator's own identity.
    pub async fn aws_store(&self) -> kube::Result<DynamicObject> {
        self.store(json!({"aws": {"service": "SecretsManager", "region": "us-west-2"}})).await
    }

    /// An `ExternalSecret` on store `st`, whose spec is the default one overlaid with `spec`.
    pub async fn external_secret(&self, name: &str, spec: Value) -> kube::Result<DynamicObject> {
        let mut whole = json!({"refreshInterval": "1h", "secretStoreRef": {"name": "st"}});
        if let (Some(whole), Some(spec)) = (whole.as_object_mut(), spec.as_object()) {
            whole.extend(spec.clone());
        }
        self.apply(json!({
            "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": {"name": name}, "spec": whole
        }))
        .await
    }

    /// Annotates an `ExternalSecret`, to have it synced at once.
    pub async fn force(&self, name: &str, mark: &str) -> Result<()> {
        let patch = json!({"metadata": {"annotations": {"external-secrets.io/force-sync": mark}}});
        self.external_secrets().patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await?;
        Ok(())
    }

    /// Puts a secret into AWS under the corner's prefix; gives its name.
    pub async fn in_aws(&self, name: &str, value: &str) -> Result<String> {
        let id = format!("{}/{name}", self.namespace);
        self.cluster.moto().secrets_manager("CreateSecret", &json!({"Name": id, "SecretString": value})).await?;
        Ok(id)
    }

    /// The corner's `ExternalSecret`s.
    pub fn external_secrets(&self) -> Api<ExternalSecret> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The corner's Secrets.
    pub fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The data of a Secret as text; `None` when there is no such Secret.
    pub async fn data(&self, name: &str) -> Result<Option<BTreeMap<String, String>>> {
        let secret = self.secrets().get_opt(name).await?;
        let data = secret.map(|secret| secret.data.unwrap_or_default().into_iter());
        Ok(data.map(|data| data.map(|(key, bytes)| (key, String::from_utf8_lossy(&bytes.0).into_owned())).collect()))
    }

    /// Waits until a Secret holds exactly this.
    pub async fn wait_for_data(&self, name: &str, wanted: &[(&str, &str)]) -> Result<()> {
        let wanted: BTreeMap<String, String> =
            wanted.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        eventually_within(PATIENCE, &format!("Secret {name} holds what it should"), || async {
            let data = self.data(name).await?;
            anyhow::ensure!(
                data.as_ref() == Some(&wanted),
                "it has keys {:?}",
                data.map(|data| data.into_keys().collect::<Vec<_>>())
            );
            Ok(())
        })
        .await
    }

    /// The Ready condition of an `ExternalSecret`.
    pub async fn ready(&self, name: &str) -> Result<Condition> {
        let object = self.external_secrets().get(name).await?;
        ready(object.status.map(|status| status.conditions).unwrap_or_default())
    }

    /// The Ready condition of store `st`.
    pub async fn store_ready(&self) -> Result<Condition> {
        let stores: Api<SecretStore> = Api::namespaced(self.client.clone(), &self.namespace);
        ready(stores.get("st").await?.status.map(|status| status.conditions).unwrap_or_default())
    }

    /// Waits until an `ExternalSecret` is in step.
    pub async fn wait_synced(&self, name: &str) -> Result<()> {
        let what = format!("ExternalSecret {name} is synced");
        eventually_within(PATIENCE, &what, || async { expect(&self.ready(name).await?, "True", "SecretSynced", &[]) })
            .await
    }

    /// Waits until an `ExternalSecret` whose target is no Secret is in step.
    pub async fn wait_resource_synced(&self, name: &str) -> Result<()> {
        let what = format!("ExternalSecret {name} is synced");
        let synced = || async { expect(&self.ready(name).await?, "True", "ResourceSynced", &[]) };
        eventually_within(PATIENCE, &what, synced).await
    }

    /// Waits until an `ExternalSecret` fails with a message that has all these parts.
    pub async fn wait_failed(&self, name: &str, parts: &[&str]) -> Result<()> {
        self.wait_failed_as("SecretSyncedError", name, parts).await
    }

    /// The same for one whose target is no Secret.
    pub async fn wait_resource_failed(&self, name: &str, parts: &[&str]) -> Result<()> {
        self.wait_failed_as("ResourceSyncedError", name, parts).await
    }

    async fn wait_failed_as(&self, reason: &str, name: &str, parts: &[&str]) -> Result<()> {
        let what = format!("ExternalSecret {name} fails as it should");
        eventually_within(PATIENCE, &what, || async { expect(&self.ready(name).await?, "False", reason, parts) })
            .await?;
        self.wait_event(name, "UpdateFailed", parts.get(1..).unwrap_or_default()).await
    }

    /// Waits until store `st` is refused with a message that has all these parts.
    pub async fn wait_store_refused(&self, parts: &[&str]) -> Result<()> {
        eventually_within(PATIENCE, "the store is refused as it should be", || async {
            expect(&self.store_ready().await?, "False", "InvalidProviderConfig", parts)
        })
        .await?;
        self.wait_event("st", "InvalidProviderConfig", parts.get(1..).unwrap_or_default()).await
    }

    /// Waits until store `st` is valid.
    pub async fn wait_store_valid(&self) -> Result<()> {
        eventually_within(PATIENCE, "the store is valid", || async {
            expect(&self.store_ready().await?, "True", "Valid", &["store validated"])
        })
        .await
    }

    /// Waits for an event on an object with a message that has all these parts.
    pub async fn wait_event(&self, object: &str, reason: &str, parts: &[&str]) -> Result<()> {
        let events: Api<Event> = Api::namespaced(self.client.clone(), &self.namespace);
        eventually_within(PATIENCE, &format!("event {reason} on {object}"), || async {
            let list = events.list(&ListParams::default()).await?;
            let mine = list.items.iter().filter(|event| event.involved_object.name.as_deref() == Some(object));
            let texts: Vec<&str> = mine
                .filter(|event| event.reason.as_deref() == Some(reason))
                .filter_map(|event| event.message.as_deref())
                .collect();
            let found = texts.iter().any(|text| parts.iter().all(|part| text.contains(part)));
            anyhow::ensure!(found, "there are only {texts:?}");
            Ok(())
        })
        .await
    }

    /// Deletes an `ExternalSecret` and waits until it is gone.
    pub async fn delete(&self, name: &str) -> Result<()> {
        self.external_secrets().delete(name, &DeleteParams::default()).await?;
        eventually_within(PATIENCE, &format!("ExternalSecret {name} is gone"), || async {
            match self.external_secrets().get_opt(name).await? {
                None => Ok(()),
                Some(_) => bail!("it is still there"),
            }
        })
        .await
    }

    /// All that the cluster shows of this corner to somebody who may read everything but Secrets: objects, status, events.
    pub async fn everything_visible(&self) -> Result<String> {
        let mut text = serde_json::to_string(&self.external_secrets().list(&ListParams::default()).await?.items)?;
        let stores: Api<SecretStore> = Api::namespaced(self.client.clone(), &self.namespace);
        text += &serde_json::to_string(&stores.list(&ListParams::default()).await?.items)?;
        let events: Api<Event> = Api::namespaced(self.client.clone(), &self.namespace);
        text += &serde_json::to_string(&events.list(&ListParams::default()).await?.items)?;
        Ok(text)
    }
}

fn ready(conditions: Vec<Condition>) -> Result<Condition> {
    conditions.into_iter().find(|condition| condition.type_ == "Ready").context("it has no Ready condition yet")
}

fn expect(condition: &Condition, status: &str, reason: &str, parts: &[&str]) -> Result<()> {
    let message = condition.message.as_deref().unwrap_or_default();
    anyhow::ensure!(
        condition.status == status
            && condition.reason.as_deref() == Some(reason)
            && parts.iter().all(|part| message.contains(part)),
        "it says {}/{}: {message}",
        condition.status,
        condition.reason.as_deref().unwrap_or_default()
    );
    Ok(())
}
