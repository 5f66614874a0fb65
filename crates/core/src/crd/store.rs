//! `SecretStore` and `ClusterSecretStore`: how to reach a backend, and who may use it.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, schema};

/// What a store says. Both kinds share it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, CustomResource)]
#[kube(group = "external-secrets.io", version = "v1", kind = "SecretStore", plural = "secretstores", namespaced)]
#[kube(status = "StoreStatus", shortname = "ss", category = "external-secrets")]
#[kube(label("external-secrets.io/component", "controller"))]
#[kube(doc = "Says how the ExternalSecrets of its namespace reach a backend.")]
#[kube(printcolumn = r#"{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"}"#)]
#[kube(
    printcolumn = r#"{"name":"Status","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#
)]
#[kube(printcolumn = r#"{"name":"Capabilities","type":"string","jsonPath":".status.capabilities"}"#)]
#[kube(
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#
)]
#[serde(rename_all = "camelCase")]
pub struct StoreSpec {
    /// Name of the controller class that handles this store; empty means every class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<String>,
    /// The backend: exactly one key, named after it.
    pub provider: Provider,
    /// How often a request to the backend is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_settings: Option<RetrySettings>,
    /// How often the store is checked anew: seconds as a number, or a Go duration such as "5m". Without it the controller's own default counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::int_or_string")]
    pub refresh_interval: Option<IntOrText>,
    /// Which namespaces may use a ClusterSecretStore: those that meet any of these. None listed means all. Without effect on a SecretStore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<NamespaceCondition>>,
}

/// `ClusterSecretStore`: the same spec, for the whole cluster.
pub mod cluster {
    use super::{CustomResource, Deserialize, JsonSchema, Serialize, StoreSpec, StoreStatus};

    /// What a cluster-wide store says.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, CustomResource)]
    #[kube(group = "external-secrets.io", version = "v1", kind = "ClusterSecretStore", plural = "clustersecretstores")]
    #[kube(status = "StoreStatus", shortname = "css", category = "external-secrets")]
    #[kube(label("external-secrets.io/component", "controller"))]
    #[kube(doc = "Says how ExternalSecrets of any namespace reach a backend.")]
    #[kube(printcolumn = r#"{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"}"#)]
    #[kube(
        printcolumn = r#"{"name":"Status","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#
    )]
    #[kube(printcolumn = r#"{"name":"Capabilities","type":"string","jsonPath":".status.capabilities"}"#)]
    #[kube(
        printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#
    )]
    #[serde(transparent)]
    #[schemars(transparent)]
    pub struct ClusterStoreSpec(pub StoreSpec);
}
pub use cluster::ClusterSecretStore;

/// The provider block, kept as it was written: only the backend's own crate reads what stands below its key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Provider(pub BTreeMap<String, serde_json::Value>);

impl JsonSchema for Provider {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Provider".into()
    }

    /// Open: the generator of the CRDs puts the registered backends' schemas in, and keys that this build does not know are kept.
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object", "minProperties": 1, "maxProperties": 1, "x-kubernetes-preserve-unknown-fields": true,
            "description": "The backend: exactly one key, named after it."
        })
    }
}

/// How often a request to the backend is tried again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetrySettings {
    /// Number of tries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_retries: Option<i32>,
    /// Wait between tries, as a Go duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<String>,
}

/// A namespace meets this when any of the three parts matches it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceCondition {
    /// By labels of the namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::label_selector")]
    pub namespace_selector: Option<LabelSelector>,
    /// By name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::namespace_names")]
    pub namespaces: Option<Vec<String>>,
    /// By regular expression (RE2 syntax), which may match anywhere in the name unless it is anchored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_regexes: Option<Vec<String>>,
}

/// What the controller found out about a store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreStatus {
    /// Whether the store can be used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// What the backend can do: `ReadOnly`, `WriteOnly` or `ReadWrite`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<String>,
}

/// A number or a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntOrText {
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
}
