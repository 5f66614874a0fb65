//! The block `spec.provider.vault`.

mod auth;

use std::collections::BTreeMap;

use eso_core::crd::{CaProvider, SecretKeySelector};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

pub use auth::*;

/// How to reach a Vault server, where its secrets lie, and how to log in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VaultConfig {
    /// URL of the server: scheme, host and port.
    pub server: String,
    /// Where the KV engine is mounted, such as secret. Left out, each key begins with it.
    pub path: Option<String>,
    /// Version of the KV engine.
    #[serde(default = "v2")]
    #[schemars(schema_with = "version")]
    pub version: String,
    /// Namespace of Vault Enterprise, for every request.
    pub namespace: Option<String>,
    /// CA certificates to trust instead of the system's: PEM. It wins over caProvider.
    #[serde(default)]
    #[schemars(schema_with = "bytes")]
    pub ca_bundle: Option<String>,
    /// Where CA certificates to trust instead of the system's lie.
    pub ca_provider: Option<CaProvider>,
    /// The certificate that shows the server who connects.
    pub tls: Option<VaultTls>,
    /// Asks a replica for data no older than what was seen of the cluster before.
    pub read_your_writes: Option<bool>,
    /// With readYourWrites: lets a replica that is behind hand the request on to the active node.
    pub forward_inconsistent: Option<bool>,
    /// Headers of your own, for every request.
    pub headers: Option<BTreeMap<String, String>>,
    /// How secrets are written.
    pub check_and_set: Option<CheckAndSet>,
    /// How to log in. Left out, requests carry no token, for servers behind an agent that adds one.
    pub auth: Option<VaultAuth>,
}

/// A client certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VaultTls {
    /// The certificate, PEM. Its key in the Secret is tls.crt unless it is named.
    pub cert_secret_ref: Option<SecretKeySelector>,
    /// Its private key, PEM. Its key in the Secret is tls.key unless it is named.
    pub key_secret_ref: Option<SecretKeySelector>,
}

/// How secrets are written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckAndSet {
    /// Writes only over the version that was read. Takes KV version v2.
    pub required: Option<bool>,
}

fn v2() -> String {
    "v2".to_owned()
}

fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["v1", "v2"], "default": "v2" })
}

fn bytes(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "byte" })
}
