//! The objects that scenarios apply.

use serde_json::{Value, json};

/// A store of this kind with this spec.
pub fn store(kind: &str, spec: Value) -> Value {
    let metadata = match kind {
        "SecretStore" => json!({"name": "st", "namespace": "default"}),
        _ => json!({"name": "st"}),
    };
    json!({"apiVersion": "external-secrets.io/v1", "kind": kind, "metadata": metadata, "spec": spec})
}

/// An ExternalSecret whose spec is the usual one overlaid with this.
pub fn external_secret(overlay: Value) -> Value {
    let mut spec = json!({
        "secretStoreRef": {"name": "st"}, "refreshInterval": "1h",
        "data": [{"secretKey": "k", "remoteRef": {"key": "x"}}],
    });
    for (key, value) in overlay.as_object().unwrap() {
        spec[key] = value.clone();
    }
    json!({
        "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
        "metadata": {"name": "es", "namespace": "default"}, "spec": spec,
    })
}

pub fn good_store() -> Value {
    store("SecretStore", json!({"provider": {"aws": {"service": "SecretsManager", "region": "eu-west-1"}}}))
}

pub fn bad_store() -> Value {
    store("SecretStore", json!({"provider": {"aws": {"service": "SecretsManager", "region": "eu west"}}}))
}
