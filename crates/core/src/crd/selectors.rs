//! References from stores to other objects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema;

/// Points at one key of a Secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeySelector {
    /// Name of the Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::object_name")]
    pub name: Option<String>,
    /// Namespace of the Secret. Only a ClusterSecretStore may name one; without it the namespace that uses the store is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::namespace_name")]
    pub namespace: Option<String>,
    /// Key in the Secret's data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::data_key")]
    pub key: Option<String>,
}

/// Points at a `ServiceAccount` whose tokens prove who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceAccountSelector {
    /// Name of the ServiceAccount.
    #[schemars(schema_with = "schema::object_name")]
    pub name: String,
    /// Namespace of the ServiceAccount. Only a ClusterSecretStore may name one; without it the namespace that uses the store counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::namespace_name")]
    pub namespace: Option<String>,
    /// Further audiences of the token, after the provider's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audiences: Option<Vec<String>>,
}

/// Points at a CA certificate, PEM, in a Secret or a `ConfigMap`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaProvider {
    /// Whether it lies in a Secret or in a ConfigMap.
    #[serde(rename = "type")]
    pub kind: CaSource,
    /// Name of the Secret or ConfigMap.
    #[schemars(schema_with = "schema::object_name")]
    pub name: String,
    /// Key in its data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::data_key")]
    pub key: Option<String>,
    /// Its namespace. A ClusterSecretStore must name one; a SecretStore reads its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::namespace_name")]
    pub namespace: Option<String>,
}

/// Kinds of objects that hold CA certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum CaSource {
    /// A Secret.
    Secret,
    /// A `ConfigMap`.
    ConfigMap,
}
