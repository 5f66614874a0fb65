//! Writes the status of an `ExternalSecret`.

use eso_core::crd::{ExternalSecret, ExternalSecretStatus};
use eso_core::{Fault, FaultKind, names};
use eso_runtime::client::api_fault;
use kube::core::ObjectMeta;
use serde::Deserialize;
use serde_json::json;

use crate::context::Context;
use crate::index::Key;

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// It is written.
    Done,
    /// The object changed or went since it was read.
    Conflict,
}

/// The part of the answer that is of use.
#[derive(Deserialize)]
struct Answer {
    metadata: Version,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    resource_version: String,
}

/// PUT on `/status`, on the resource version that was read. The server takes nothing but the status from it, so the spec is
/// left out. The metadata is not: the server would store it unchanged, but note that whoever applied a label that is missing
/// here has given it up, and could then never take it away again.
pub(super) async fn write(
    context: &Context,
    object: &ExternalSecret,
    status: &ExternalSecretStatus,
) -> Result<Written, Fault> {
    let key = Key::of(&object.metadata);
    let doing = format!("write the status of ExternalSecret {}/{}", key.namespace, key.name);
    let metadata = ObjectMeta { managed_fields: None, ..object.metadata.clone() };
    let body = json!({
        "apiVersion": names::API_VERSION,
        "kind": "ExternalSecret",
        "metadata": metadata,
        "spec": {},
        "status": status,
    });
    let path = format!(
        "/apis/{}/namespaces/{}/externalsecrets/{}/status?fieldManager={}",
        names::API_VERSION,
        key.namespace,
        key.name,
        names::OPERATOR_FIELD_MANAGER
    );
    let request = http::Request::put(path)
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(body.to_string().into_bytes())
        .map_err(|error| {
            Fault::new(FaultKind::Internal, format!("could not {doing}")).with_detail(error.to_string())
        })?;
    match context.client.request::<Answer>(request).await {
        Ok(answer) => {
            let failing = status.conditions.iter().any(|condition| condition.status != "True");
            let version = answer.metadata.resource_version.parse().unwrap_or_default();
            context.index.lock().external_secrets.wrote_status(&key, version, failing);
            Ok(Written::Done)
        }
        Err(kube::Error::Api(refusal)) if matches!(refusal.code, 404 | 409) => Ok(Written::Conflict),
        Err(error) => Err(api_fault(&error, &doing)),
    }
}
