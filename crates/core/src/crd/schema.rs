//! Schema fragments that several fields share.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::Condition;

/// A DNS-1123 subdomain of 1 to 253 characters: the name of a Kubernetes object.
pub(crate) fn object_name(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string", "minLength": 1, "maxLength": 253,
        "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
    })
}

/// A DNS-1123 label of 1 to 63 characters: the name of a Namespace.
pub(crate) fn namespace_name(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string", "minLength": 1, "maxLength": 63, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
    })
}

/// A list of Namespace names.
pub(crate) fn namespace_names(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": namespace_name(generator) })
}

/// A key of a Secret's or a `ConfigMap`'s data.
pub(crate) fn data_key(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "minLength": 1, "maxLength": 253, "pattern": "^[-._a-zA-Z0-9]+$" })
}

/// Seconds as a number, or a Go duration as text.
pub(crate) fn int_or_string(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "x-kubernetes-int-or-string": true, "anyOf": [{ "type": "integer" }, { "type": "string" }] })
}

/// For fields that Rust can leave out but the API server must not fill in.
pub(crate) fn without_default(schema: &mut Schema) {
    schema.remove("default");
}

/// A point in time.
pub(crate) fn time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date-time" })
}

/// Conditions of an `ExternalSecret`: only two types exist.
pub(crate) fn sync_conditions(generator: &mut SchemaGenerator) -> Schema {
    let mut condition = Condition::json_schema(generator);
    if let Some(kind) = condition.pointer_mut("/properties/type").and_then(serde_json::Value::as_object_mut) {
        kind.insert("enum".into(), serde_json::json!(["Ready", "Deleted"]));
    }
    json_schema!({ "type": "array", "items": condition })
}

/// Kubernetes' label selector, in our own words.
pub(crate) fn label_selector(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "x-kubernetes-map-type": "atomic",
        "properties": {
            "matchLabels": {
                "description": "Labels that must be there with exactly these values.",
                "type": "object", "additionalProperties": { "type": "string" }
            },
            "matchExpressions": {
                "description": "Requirements on labels, all of which must hold.",
                "type": "array", "x-kubernetes-list-type": "atomic",
                "items": {
                    "type": "object", "required": ["key", "operator"],
                    "description": "One requirement on a label.",
                    "properties": {
                        "key": { "description": "The label's key.", "type": "string" },
                        "operator": { "description": "In, NotIn, Exists or DoesNotExist.", "type": "string" },
                        "values": {
                            "description": "Values for In and NotIn; empty for the other two.",
                            "type": "array", "x-kubernetes-list-type": "atomic", "items": { "type": "string" }
                        }
                    }
                }
            }
        }
    })
}
