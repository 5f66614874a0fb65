//! Objects as the watches read them: without the record of who wrote which field, which is half of an object's text and more than
//! half of the work to read it, and of a Secret no more than the index keeps.

use std::borrow::Cow;
use std::collections::BTreeMap;

use eso_core::crd::{ExternalSecret, ExternalSecretSpec, ExternalSecretStatus};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{OwnerReference, Time};
use kube::Resource;
use kube::core::ObjectMeta;
use serde::Deserialize;

use crate::index::SecretEntry;

/// An `ExternalSecret` without `metadata.managedFields`.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "ExternalSecretText")]
pub(crate) struct LeanExternalSecret(pub ExternalSecret);

#[derive(Deserialize)]
struct ExternalSecretText {
    metadata: Metadata,
    spec: ExternalSecretSpec,
    status: Option<ExternalSecretStatus>,
}

/// A Secret, of which only names and hashes are left.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "SecretText")]
pub(crate) struct LeanSecret {
    /// Namespace, name and resource version.
    pub metadata: ObjectMeta,
    /// What the index keeps.
    pub entry: SecretEntry,
}

#[derive(Deserialize)]
struct SecretText {
    metadata: Metadata,
    data: Option<BTreeMap<String, k8s_openapi::ByteString>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    generation: Option<i64>,
    creation_timestamp: Option<Time>,
    deletion_timestamp: Option<Time>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
    finalizers: Option<Vec<String>>,
    owner_references: Option<Vec<OwnerReference>>,
}

impl From<Metadata> for ObjectMeta {
    fn from(text: Metadata) -> Self {
        Self {
            name: text.name,
            namespace: text.namespace,
            uid: text.uid,
            resource_version: text.resource_version,
            generation: text.generation,
            creation_timestamp: text.creation_timestamp,
            deletion_timestamp: text.deletion_timestamp,
            labels: text.labels,
            annotations: text.annotations,
            finalizers: text.finalizers,
            owner_references: text.owner_references,
            ..Self::default()
        }
    }
}

impl From<ExternalSecretText> for LeanExternalSecret {
    fn from(text: ExternalSecretText) -> Self {
        Self(ExternalSecret { metadata: text.metadata.into(), spec: text.spec, status: text.status })
    }
}

impl From<SecretText> for LeanSecret {
    fn from(text: SecretText) -> Self {
        let secret = Secret { metadata: text.metadata.into(), data: text.data, ..Secret::default() };
        let entry = SecretEntry::of(&secret);
        let ObjectMeta { name, namespace, resource_version, .. } = secret.metadata;
        Self { metadata: ObjectMeta { name, namespace, resource_version, ..ObjectMeta::default() }, entry }
    }
}

/// Read and watched as the kind that it stands for.
macro_rules! stands_for {
    ($lean:ty, $kind:ty, $($metadata:tt)+) => {
        impl Resource for $lean {
            type DynamicType = ();
            type Scope = NamespaceResourceScope;

            fn kind((): &()) -> Cow<'_, str> {
                <$kind as Resource>::kind(&())
            }

            fn group((): &()) -> Cow<'_, str> {
                <$kind as Resource>::group(&())
            }

            fn version((): &()) -> Cow<'_, str> {
                <$kind as Resource>::version(&())
            }

            fn plural((): &()) -> Cow<'_, str> {
                <$kind as Resource>::plural(&())
            }

            fn meta(&self) -> &ObjectMeta {
                &self.$($metadata)+
            }

            fn meta_mut(&mut self) -> &mut ObjectMeta {
                &mut self.$($metadata)+
            }
        }
    };
}

stands_for!(LeanExternalSecret, ExternalSecret, 0.metadata);
stands_for!(LeanSecret, Secret, metadata);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_lean_object_is_the_object_without_the_record_of_who_wrote_it() {
        let text = json!({
            "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
            "metadata": {
                "name": "es", "namespace": "ns", "uid": "u", "resourceVersion": "7", "generation": 3,
                "creationTimestamp": "2025-01-01T00:00:00Z", "deletionTimestamp": "2025-01-02T00:00:00Z",
                "labels": {"a": "b"}, "annotations": {"c": "d"}, "finalizers": ["f"],
                "ownerReferences": [{"apiVersion": "v1", "kind": "K", "name": "n", "uid": "o"}],
                "managedFields": [{"manager": "m", "operation": "Update", "fieldsV1": {"f:spec": {}}}],
            },
            "spec": {"secretStoreRef": {"name": "st"}, "data": [{"secretKey": "k", "remoteRef": {"key": "r"}}]},
            "status": {"syncedResourceVersion": "3-x"},
        });
        let mut whole: ExternalSecret = serde_json::from_value(text.clone()).unwrap();
        whole.metadata.managed_fields = None;
        let lean: LeanExternalSecret = serde_json::from_value(text).unwrap();
        assert_eq!(serde_json::to_value(lean.0).unwrap(), serde_json::to_value(whole).unwrap());
    }

    #[test]
    fn of_a_secret_no_byte_is_left() {
        let text = json!({
            "metadata": {"name": "s", "namespace": "ns", "resourceVersion": "7", "uid": "u", "annotations": {"note": "x"}},
            "data": {"k": "Y2FuYXJ5"},
        });
        let whole: Secret = serde_json::from_value(text.clone()).unwrap();
        let lean: LeanSecret = serde_json::from_value(text).unwrap();
        assert_eq!(lean.entry, SecretEntry::of(&whole));
        assert_eq!(lean.metadata.resource_version.as_deref(), Some("7"));
        let debug = format!("{lean:?}");
        assert!(!debug.contains("canary") && !debug.contains("Y2FuYXJ5") && !debug.contains("99, 97"), "{debug}");
    }
}
