//! The objects that operators are measured with.

use std::collections::BTreeMap;

use anyhow::Context as _;
use bytes::Bytes;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::ListParams;
use serde_json::{Value, json};

use crate::api_client::ApiServer;
use crate::aws_stand_in::secret_value;

/// Over how many namespaces the objects are spread.
pub(crate) const NAMESPACES: usize = 10;
/// How many connections create them.
const CREATORS: usize = 16;

/// Namespace of the object of this number.
pub(crate) fn namespace(number: usize) -> String {
    format!("bench-{}", number % NAMESPACES)
}

/// Name of the object of this number, and of its Secret. No two have the same, in whatever namespace.
pub(crate) fn name(number: usize) -> String {
    format!("app-{number:06}")
}

/// The number in an object's name.
pub(crate) fn number(name: &str) -> Option<usize> {
    name.strip_prefix("app-")?.parse().ok()
}

/// The secret that the object of this number reads.
fn key(number: usize) -> String {
    format!("bench/{}", name(number))
}

/// Where the objects of a kind are created.
pub(crate) fn external_secrets_path(namespace: &str) -> String {
    format!("/apis/external-secrets.io/v1/namespaces/{namespace}/externalsecrets")
}

/// The namespaces and the one store.
///
/// # Errors
/// When the API server refuses one.
pub(crate) async fn create_store(api: &ApiServer) -> anyhow::Result<()> {
    let mut connection = api.connect().await?;
    for number in 0..NAMESPACES {
        let body = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace(number) } });
        connection.ensure("/api/v1/namespaces", bytes(&body)).await?;
    }
    let store = json!({
        "apiVersion": "external-secrets.io/v1",
        "kind": "ClusterSecretStore",
        "metadata": { "name": "aws" },
        "spec": { "provider": { "aws": { "service": "SecretsManager", "region": "us-west-2" } } },
    });
    connection.ensure("/apis/external-secrets.io/v1/clustersecretstores", bytes(&store)).await
}

/// `ExternalSecrets` with the numbers from 0 to `count`, as a person would write them.
///
/// # Errors
/// When the API server refuses one.
pub(crate) async fn create_external_secrets(api: &ApiServer, count: usize) -> anyhow::Result<()> {
    api.spread(CREATORS, count, async |connection, number| {
        let path = external_secrets_path(&namespace(number));
        connection.ensure(&path, bytes(&external_secret(number))).await
    })
    .await
}

fn external_secret(number: usize) -> Value {
    json!({
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": { "name": name(number), "namespace": namespace(number) },
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": { "name": "aws", "kind": "ClusterSecretStore" },
            "target": { "name": name(number), "creationPolicy": "Owner" },
            "data": [{ "secretKey": "value", "remoteRef": { "key": key(number), "property": "value" } }],
        },
    })
}

/// Checks that each object has its Secret, with the value that AWS gave for it.
///
/// # Errors
/// Names the first Secret that is missing or wrong.
pub(crate) async fn check_secrets(client: kube::Client, count: usize) -> anyhow::Result<()> {
    let mut found = BTreeMap::new();
    for number in 0..NAMESPACES {
        let secrets = Api::<Secret>::namespaced(client.clone(), &namespace(number));
        for secret in secrets.list(&ListParams::default()).await.context("Secrets cannot be listed")? {
            let value = secret.data.and_then(|mut data| data.remove("value")).map(|value| value.0);
            found.insert(secret.metadata.name.unwrap_or_default(), value.unwrap_or_default());
        }
    }
    for number in 0..count {
        let document: Value = serde_json::from_str(&secret_value(&key(number)))?;
        let expected = document.get("value").and_then(Value::as_str).unwrap_or_default();
        let value = found.get(&name(number)).with_context(|| format!("{} has no Secret", name(number)))?;
        anyhow::ensure!(value == expected.as_bytes(), "the Secret of {} holds another value than AWS", name(number));
    }
    Ok(())
}

/// As a request's body.
pub(crate) fn bytes(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}
