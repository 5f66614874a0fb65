//! The Secret that holds the certificates.

use eso_core::Fault;
use eso_core::names::OPERATOR_FIELD_MANAGER;
use eso_runtime::client::api_fault;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Map, Value, json};

/// Keys of the Secret. Source: ESO.
pub(crate) const CA_CRT: &str = "ca.crt";
/// See [`CA_CRT`].
pub(crate) const CA_KEY: &str = "ca.key";
/// See [`CA_CRT`].
pub(crate) const TLS_CRT: &str = "tls.crt";
/// See [`CA_CRT`].
pub(crate) const TLS_KEY: &str = "tls.key";

/// Where the Secret is.
#[derive(Clone)]
pub(crate) struct CertSecret {
    api: Api<Secret>,
    name: String,
    /// As `namespace/name`.
    shown: String,
}

/// What was read.
pub(crate) struct Held {
    secret: Secret,
}

impl CertSecret {
    pub fn new(client: Client, namespace: &str, name: &str) -> Self {
        let api = Api::namespaced(client, namespace);
        Self { api, name: name.to_owned(), shown: format!("{namespace}/{name}") }
    }

    /// Reads it.
    ///
    /// Faults: those of the API server; that it is missing is one of them.
    pub async fn read(&self) -> Result<Held, Fault> {
        let secret = self.api.get(&self.name).await;
        Ok(Held { secret: secret.map_err(|error| api_fault(&error, &format!("read the Secret {}", self.shown)))? })
    }

    /// Writes these values, provided that nobody wrote the Secret since it was read.
    ///
    /// Faults: those of the API server; Conflict when somebody did.
    pub async fn write(&self, held: &Held, values: &[(&str, &str)]) -> Result<(), Fault> {
        let data: Map<String, Value> = values
            .iter()
            .map(|(key, value)| ((*key).to_owned(), json!(ByteString(value.as_bytes().to_vec()))))
            .collect();
        let version = held.secret.metadata.resource_version.as_deref();
        let patch = Patch::Merge(json!({"metadata": {"resourceVersion": version}, "data": data}));
        let params = PatchParams { field_manager: Some(OPERATOR_FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        let written = self.api.patch(&self.name, &params, &patch).await;
        written.map(drop).map_err(|error| api_fault(&error, &format!("write the Secret {}", self.shown)))
    }
}

impl Held {
    /// A value; empty when there is none.
    pub fn value(&self, key: &str) -> &[u8] {
        self.secret.data.as_ref().and_then(|data| data.get(key)).map(|value| value.0.as_slice()).unwrap_or_default()
    }
}
