//! A backend's block in `spec.provider`: its schema, and reading it.

use eso_core::{Fault, FaultKind};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The JSON schema of a backend's config type, in one piece.
pub fn schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Reads the block under `spec.provider.<key>`.
///
/// Faults: Misconfigured, with the path of the first field that is missing or of the wrong type. The contents are never quoted:
/// a block may hold secrets.
pub fn parse<T: DeserializeOwned + JsonSchema>(key: &str, block: &Value) -> Result<T, Fault> {
    T::deserialize(block).map_err(|error| {
        let root = format!("spec.provider.{key}");
        let misfit = misfit(&schema::<T>(), block, &root);
        let (path, text) =
            misfit.unwrap_or_else(|| (root, "does not have the form that this backend needs.".to_owned()));
        Fault::new(FaultKind::Misconfigured, text).at(path).with_detail(error.to_string())
    })
}

/// Path of the first part of `value` that does not fit `schema`, and what it should be.
fn misfit(schema: &Value, value: &Value, path: &str) -> Option<(String, String)> {
    let types = types(schema);
    if value.is_null() && (types.is_empty() || types.contains(&"null")) {
        return None;
    }
    let fits = types.is_empty() || types.iter().any(|name| is_of_type(value, name));
    if !fits {
        let wanted = types.into_iter().find(|name| *name != "null").unwrap_or("null");
        return Some((path.to_owned(), format!("must be of type {wanted}.")));
    }
    let schema = real(schema);
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed.iter().filter(|one| !one.is_null()).map(ToString::to_string).collect();
        return Some((path.to_owned(), format!("must be one of {}.", allowed.join(", "))));
    }
    match value {
        Value::Object(members) => {
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            let missing = required.filter_map(Value::as_str).find(|name| !members.contains_key(*name));
            if let Some(name) = missing {
                return Some((format!("{path}.{name}"), "is required.".to_owned()));
            }
            members.iter().find_map(|(name, member)| {
                let property = schema.get("properties").and_then(|properties| properties.get(name));
                let property = property.or_else(|| schema.get("additionalProperties"))?;
                misfit(property, member, &format!("{path}.{name}"))
            })
        }
        Value::Array(elements) => {
            let items = schema.get("items")?;
            elements.iter().enumerate().find_map(|(at, element)| misfit(items, element, &format!("{path}[{at}]")))
        }
        _ => None,
    }
}

/// The alternative of an optional field that is not null.
fn real(schema: &Value) -> &Value {
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    let real = alternatives.and_then(|all| all.iter().find(|one| one.get("type") != Some(&Value::from("null"))));
    real.unwrap_or(schema)
}

/// The types that a schema allows; none when it says nothing about them.
fn types(schema: &Value) -> Vec<&str> {
    if let Some(alternatives) = schema.get("anyOf").and_then(Value::as_array) {
        return alternatives.iter().flat_map(types).collect();
    }
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test that fails may panic

    use eso_core::FaultKind;
    use eso_core::crd::SecretKeySelector;
    use schemars::JsonSchema;
    use serde::Deserialize;
    use serde_json::json;

    use super::parse;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    #[allow(dead_code)] // only its shape matters
    struct Sample {
        region: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_ref: Option<SecretKeySelector>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        roles: Option<Vec<String>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<i64>,
    }

    #[test]
    fn misfits_are_named_by_their_path_and_never_quoted() {
        let table = [
            (json!({}), "spec.provider.sample.region", "is required."),
            (json!({"region": 1}), "spec.provider.sample.region", "must be of type string."),
            (json!("canary"), "spec.provider.sample", "must be of type object."),
            (json!({"region": "r", "days": "canary"}), "spec.provider.sample.days", "must be of type integer."),
            (
                json!({"region": "r", "roles": ["a", {"canary": 1}]}),
                "spec.provider.sample.roles[1]",
                "must be of type string.",
            ),
            (
                json!({"region": "r", "userRef": {"key": 7}}),
                "spec.provider.sample.userRef.key",
                "must be of type string.",
            ),
        ];
        for (block, path, text) in table {
            let fault = parse::<Sample>("sample", &block).unwrap_err();
            assert_eq!(
                (fault.kind, fault.field.as_deref(), fault.message.as_str()),
                (FaultKind::Misconfigured, Some(path), text)
            );
            assert!(!fault.to_string().contains("canary"), "{fault}");
        }
    }

    #[test]
    fn unknown_fields_and_nulls_do_not_disturb() {
        let block = json!({"region": "r", "roles": null, "userRef": null, "later": true});
        assert!(parse::<Sample>("sample", &block).is_ok());
    }
}
