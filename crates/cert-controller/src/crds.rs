//! Conversion webhooks of `CustomResourceDefinition`s. The operator's own have none; one that has is pointed at the Service.

use eso_core::names::OPERATOR_FIELD_MANAGER;
use eso_core::{Fault, FaultKind};
use eso_runtime::client::api_fault;
use http::Request;
use http::header::CONTENT_TYPE;
use k8s_openapi::ByteString;
use kube::Client;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::hooks::Target;

/// What is read of a definition; its schemas are large and not needed.
#[derive(Deserialize)]
struct Definition {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    resource_version: String,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(default)]
    conversion: Value,
}

/// Looks at a definition and writes it where needed.
///
/// Faults: those of the API server; Misconfigured for a conversion webhook without the field it needs.
pub(crate) async fn point(client: &Client, name: &str, target: &Target<'_>) -> Result<(), Fault> {
    let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}");
    let refused =
        |error: &kube::Error, doing: &str| api_fault(error, &format!("{doing} the CustomResourceDefinition {name}"));
    let get = Request::get(&path).body(Vec::new()).map_err(malformed)?;
    let definition: Definition = client.request(get).await.map_err(|error| refused(&error, "read"))?;
    let Some(conversion) = pointed(name, &definition.spec.conversion, target)? else { return Ok(()) };
    let body = json!({
        "metadata": {"resourceVersion": definition.metadata.resource_version},
        "spec": {"conversion": conversion},
    });
    let request = Request::patch(format!("{path}?fieldManager={OPERATOR_FIELD_MANAGER}"))
        .header(CONTENT_TYPE, "application/merge-patch+json")
        .body(body.to_string().into_bytes())
        .map_err(malformed)?;
    client.request::<Definition>(request).await.map(drop).map_err(|error| refused(&error, "write"))
}

fn malformed(error: http::Error) -> Fault {
    Fault::new(FaultKind::Misconfigured, "A name in --crd-names is not one of an object.")
        .with_detail(error.to_string())
}

/// A merge patch for `spec.conversion`; `None` when there is nothing to write.
fn pointed(name: &str, conversion: &Value, target: &Target<'_>) -> Result<Option<Value>, Fault> {
    if conversion.get("strategy").and_then(Value::as_str) != Some("Webhook") {
        return Ok(None);
    }
    let Some(client) = conversion.pointer("/webhook/clientConfig").filter(|client| client.is_object()) else {
        let text = format!("The CustomResourceDefinition {name} has conversion strategy Webhook and names no webhook.");
        return Err(Fault::new(FaultKind::Misconfigured, text).at("spec.conversion.webhook.clientConfig"));
    };
    let wanted = json!({
        "caBundle": ByteString(target.bundle.as_bytes().to_vec()),
        "service": {"name": target.service, "namespace": target.namespace},
    });
    let same = |path: &str| client.pointer(path) == wanted.pointer(path);
    if ["/caBundle", "/service/name", "/service/namespace"].into_iter().all(same) {
        return Ok(None);
    }
    Ok(Some(json!({"webhook": {"clientConfig": wanted}})))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Target<'_> = Target { service: "hook", namespace: "ns", bundle: "pem" };

    #[test]
    fn parity_222_definitions_without_conversion_stay_as_they_are() {
        for conversion in [Value::Null, json!({"strategy": "None"}), json!({})] {
            assert_eq!(pointed("x", &conversion, &TARGET), Ok(None), "{conversion}");
        }
    }

    #[test]
    fn a_conversion_webhook_is_pointed_at_the_service_once() {
        let before = json!({"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": {
            "service": {"name": "x", "namespace": "y", "path": "/convert", "port": 443}}}});
        let patch = pointed("x", &before, &TARGET).unwrap().unwrap();
        assert_eq!(patch.pointer("/webhook/clientConfig/service/name"), Some(&json!("hook")));
        assert_eq!(patch.pointer("/webhook/clientConfig/caBundle"), Some(&json!("cGVt")));
        let after = json!({"strategy": "Webhook", "webhook": patch["webhook"]});
        assert_eq!(pointed("x", &after, &TARGET), Ok(None));
        let without = json!({"strategy": "Webhook"});
        assert!(pointed("x", &without, &TARGET).is_err());
    }
}
