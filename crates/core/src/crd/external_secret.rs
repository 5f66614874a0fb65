//! `ExternalSecret`: which secrets of which stores become which Kubernetes Secret.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, DataEntry, DataFromEntry, Template, schema};

/// What the Secret shall hold and how it is kept in step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, CustomResource)]
#[kube(group = "external-secrets.io", version = "v1", kind = "ExternalSecret", plural = "externalsecrets", namespaced)]
#[kube(status = "ExternalSecretStatus", shortname = "es", category = "external-secrets")]
#[kube(label("external-secrets.io/component", "controller"))]
#[kube(doc = "Says which secrets of which stores become which Kubernetes Secret.")]
#[kube(printcolumn = r#"{"name":"StoreType","type":"string","jsonPath":".spec.secretStoreRef.kind"}"#)]
#[kube(printcolumn = r#"{"name":"Store","type":"string","jsonPath":".spec.secretStoreRef.name"}"#)]
#[kube(printcolumn = r#"{"name":"Refresh Interval","type":"string","jsonPath":".spec.refreshInterval"}"#)]
#[kube(
    printcolumn = r#"{"name":"Status","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#
)]
#[kube(
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#
)]
#[kube(printcolumn = r#"{"name":"Last Sync","type":"date","jsonPath":".status.refreshTime"}"#)]
#[kube(selectable = ".spec.secretStoreRef.name", selectable = ".spec.secretStoreRef.kind")]
#[kube(selectable = ".spec.target.name", selectable = ".spec.refreshInterval")]
#[serde(rename_all = "camelCase")]
pub struct ExternalSecretSpec {
    /// The store to read from, where an entry names none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_store_ref: Option<StoreRef>,
    /// The Secret to write.
    #[serde(default)]
    pub target: Target,
    /// When the Secret is brought in step again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_policy: Option<RefreshPolicy>,
    /// Time between two reads, as a Go duration such as "1h" or "90s". Zero reads once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "1h0m0s"))]
    pub refresh_interval: Option<String>,
    /// Times at which the interval may or may not start a read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync_windows: Option<SyncWindows>,
    /// Single values, each under a key of its own. They win over dataFrom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Vec<DataEntry>>,
    /// Whole maps of values. Later ones win.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_from: Option<Vec<DataFromEntry>>,
}

/// Names a store.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct StoreRef {
    /// Name of the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::object_name")]
    pub name: Option<String>,
    /// SecretStore (also when left out) or ClusterSecretStore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<StoreRefKind>,
}

/// Kind of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum StoreRefKind {
    /// In the same namespace.
    SecretStore,
    /// Cluster-wide.
    ClusterSecretStore,
}

/// The Secret to write.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Name of the Secret; the ExternalSecret's own name when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::object_name")]
    pub name: Option<String>,
    /// Who owns the Secret, and whether it is created.
    #[serde(default)]
    pub creation_policy: CreationPolicy,
    /// What happens to the Secret when the backend holds nothing any more.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
    /// Marks the Secret immutable; its data is then written once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub immutable: Option<bool>,
    /// Writes an object of this kind instead of a Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<TargetManifest>,
    /// Shapes what is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
}

/// Who owns the Secret, and whether it is created.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CreationPolicy {
    /// Created, owned and deleted together with the ExternalSecret.
    #[default]
    Owner,
    /// Created but not owned: it stays when the ExternalSecret goes.
    Orphan,
    /// Keys are added to a Secret that somebody else creates.
    Merge,
    /// Nothing is written.
    None,
    /// As Merge, and created when missing.
    CreateOrMerge,
}

/// What happens to the Secret when the backend holds nothing any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DeletionPolicy {
    /// It is deleted.
    Delete,
    /// The vanished keys are removed.
    Merge,
    /// It stays as it is, and a missing secret is an error.
    #[default]
    Retain,
}

/// Kind of object to write instead of a Secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetManifest {
    /// Its apiVersion.
    #[schemars(length(min = 1))]
    pub api_version: String,
    /// Its kind.
    #[schemars(length(min = 1))]
    pub kind: String,
}

/// When the Secret is brought in step again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RefreshPolicy {
    /// Never, once it was.
    CreatedOnce,
    /// At every interval, and when the ExternalSecret changes.
    Periodic,
    /// When the ExternalSecret changes.
    OnChange,
}

/// Times at which the interval may or may not start a read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyncWindows {
    /// Whether the windows allow or deny.
    pub kind: SyncWindowKind,
    /// The windows.
    #[schemars(length(min = 1))]
    pub windows: Vec<SyncWindow>,
}

/// Whether windows allow or deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SyncWindowKind {
    /// Reads start inside the windows only.
    Allow,
    /// Reads start outside the windows only.
    Deny,
}

/// One window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyncWindow {
    /// When it opens, as a cron line of five fields or a word such as @daily.
    #[schemars(length(min = 1))]
    #[schemars(regex(
        pattern = r"^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|@every [^\s]+.*|[^\s]+( [^\s]+){4})$"
    ))]
    pub schedule: String,
    /// How long it stays open, as a Go duration.
    pub duration: String,
}

/// What the controller did last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExternalSecretStatus {
    /// When the backend was read last; null before the first time.
    #[serde(default)]
    #[schemars(schema_with = "schema::time")]
    pub refresh_time: Option<super::Time>,
    /// Generation and hash of the metadata that were synced last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synced_resource_version: Option<String>,
    /// Whether the Secret is in step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::sync_conditions")]
    pub conditions: Vec<Condition>,
    /// The Secret, for tools that follow the Service Binding specification.
    #[serde(default)]
    #[schemars(transform = schema::without_default)]
    pub binding: Binding,
}

/// Names the Secret that was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
pub struct Binding {
    /// Its name; empty until it was written once.
    #[serde(default)]
    pub name: String,
}
