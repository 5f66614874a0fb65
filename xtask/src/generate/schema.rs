//! From what derives produce to a structural schema as Kubernetes wants it.
//!
//! Kubernetes refuses references, nulls and alternatives in a schema, and shows descriptions to people. So references are
//! resolved, `Option`s lose their null, alternatives of constants become an enum, and descriptions lose their Rust marks.

use anyhow::{Result, bail};
use serde_json::{Map, Value};

/// Formats that stay. Rust's own (`uint32`, ...) mean nothing to the API server.
const FORMATS: [&str; 4] = ["byte", "date-time", "int32", "int64"];

/// Keywords that only matter to schemas of other kinds.
const DROPPED: [&str; 5] = ["$schema", "$defs", "title", "nullable", "definitions"];

/// Makes `schema` structural. References are looked up in its own `$defs`.
///
/// Fails when a reference leads nowhere or an alternative cannot be written as a structural schema.
pub fn structural(mut schema: Value) -> Result<Value> {
    let defs = schema.get("$defs").or_else(|| schema.get("definitions")).cloned().unwrap_or(Value::Null);
    visit(&mut schema, &defs)?;
    Ok(schema)
}

/// The same with `$defs` that stand elsewhere.
pub fn structural_with(mut schema: Value, defs: &Value) -> Result<Value> {
    visit(&mut schema, defs)?;
    Ok(schema)
}

fn visit(schema: &mut Value, defs: &Value) -> Result<()> {
    let Some(object) = schema.as_object_mut() else { return Ok(()) };
    resolve(object, defs)?;
    unwrap_optional(object);
    resolve(object, defs)?;
    constants_to_enum(object);
    drop_null(object);
    tidy_words(object);
    for key in DROPPED {
        object.remove(key);
    }
    if object.get("additionalProperties").is_some_and(Value::is_boolean) {
        object.remove("additionalProperties");
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = object.get_mut(key) {
            visit(inner, defs)?;
        }
    }
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        for inner in properties.values_mut() {
            visit(inner, defs)?;
        }
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if object.contains_key(key) && object.get("x-kubernetes-int-or-string").is_none() {
            bail!("a schema has {key}, which has no structural form: {}", Value::Object(object.clone()));
        }
    }
    Ok(())
}

/// Puts in what `$ref` (alone or in an `allOf` of one) points at; words beside the reference win.
fn resolve(object: &mut Map<String, Value>, defs: &Value) -> Result<()> {
    loop {
        if let Some(Value::Array(all)) = object.get("allOf")
            && let [Value::Object(only)] = all.as_slice()
        {
            let only = only.clone();
            object.remove("allOf");
            fill(object, only);
        }
        let Some(Value::String(reference)) = object.remove("$ref") else { return Ok(()) };
        let name = reference.rsplit('/').next().unwrap_or_default();
        let Some(Value::Object(target)) = defs.get(name) else {
            bail!("a schema refers to {reference}, which is not there")
        };
        fill(object, target.clone());
    }
}

/// Adds what is not there yet.
fn fill(object: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        object.entry(key).or_insert(value);
    }
}

/// An `Option<T>` derives to T or null; only T is kept.
fn unwrap_optional(object: &mut Map<String, Value>) {
    for key in ["anyOf", "oneOf"] {
        let Some(Value::Array(alternatives)) = object.get(key) else { continue };
        let real: Vec<&Value> = alternatives.iter().filter(|alternative| !is_null_schema(alternative)).collect();
        if let [Value::Object(only)] = real.as_slice() {
            let only = (*only).clone();
            object.remove(key);
            fill(object, only);
        }
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".into(), only);
        }
    }
}

fn is_null_schema(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "null")
        || schema.get("const").is_some_and(Value::is_null)
        || schema.get("enum").is_some_and(|values| values == &serde_json::json!([null]))
}

/// A Rust enum whose variants have docs derives to one alternative per variant. Their words go to the end of the field's.
fn constants_to_enum(object: &mut Map<String, Value>) {
    if let Some(only) = object.remove("const") {
        object.insert("enum".into(), Value::Array(vec![only]));
    }
    let Some(Value::Array(alternatives)) = object.get("oneOf") else { return };
    let mut values = Vec::new();
    let mut words = object.get("description").and_then(Value::as_str).map(str::to_owned).unwrap_or_default();
    for alternative in alternatives {
        match (alternative.get("const"), alternative.get("enum")) {
            (Some(constant), _) => {
                if let (Some(name), Some(meaning)) = (constant.as_str(), alternative.get("description")) {
                    words = format!("{words} {name}: {}", meaning.as_str().unwrap_or_default());
                }
                values.push(constant.clone());
            }
            (None, Some(Value::Array(several))) => values.extend(several.iter().cloned()),
            _ => return,
        }
    }
    object.remove("oneOf");
    object.insert("type".into(), "string".into());
    object.insert("enum".into(), values.into());
    if !words.is_empty() {
        object.insert("description".into(), words.into());
    }
}

fn drop_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(format) = object.get("format").and_then(Value::as_str)
        && !FORMATS.contains(&format)
    {
        object.remove("format");
        // schemars says this of every unsigned number; rules that are meant stand in the type's own attributes
        if object.get("minimum").is_some_and(|minimum| minimum.as_f64() == Some(0.0)) {
            object.remove("minimum");
        }
    }
}

/// Sorts what has no order and takes Rust's marks out of descriptions.
fn tidy_words(object: &mut Map<String, Value>) {
    match object.get_mut("required") {
        Some(Value::Array(names)) if names.is_empty() => {
            object.remove("required");
        }
        Some(Value::Array(names)) => names.sort_by(|a, b| a.as_str().cmp(&b.as_str())),
        _ => {}
    }
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = plain(text);
    }
}

/// Text without Rust-doc marks: no backticks, no brackets of links, one line.
fn plain(text: &str) -> String {
    let text = text.replace("[`", "").replace("`]", "").replace('`', "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test may fail loudly
    use super::*;
    use serde_json::json;

    #[test]
    fn optional_enum_loses_its_null() {
        let schema = json!({ "anyOf": [{ "$ref": "#/$defs/Mode" }, { "type": "null" }], "default": null,
            "$defs": { "Mode": { "oneOf": [{ "const": "A", "type": "string" }, { "const": "B", "type": "string" }] } } });
        assert_eq!(structural(schema).unwrap(), json!({ "type": "string", "enum": ["A", "B"] }));
    }

    #[test]
    fn words_of_variants_follow_those_of_the_field() {
        let variants = json!([{ "const": "A", "type": "string", "description": "First." }, { "const": "B" }]);
        let schema = structural(json!({ "oneOf": variants, "description": "Which one." })).unwrap();
        assert_eq!(schema.get("description"), Some(&json!("Which one. A: First.")));
    }

    #[test]
    fn words_beside_a_reference_win() {
        let schema = json!({ "$ref": "#/$defs/X", "description": "Of the [`field`].",
            "$defs": { "X": { "type": ["string", "null"], "description": "Of the type." } } });
        assert_eq!(structural(schema).unwrap(), json!({ "type": "string", "description": "Of the field." }));
    }

    #[test]
    fn unsigned_format_goes_and_kubernetes_format_stays() {
        let schema = json!({ "type": "object", "properties": {
            "a": { "type": "integer", "format": "uint32", "minimum": 0 }, "b": { "type": "integer", "format": "int64" } } });
        let expected = json!({ "type": "object", "properties": {
            "a": { "type": "integer" }, "b": { "type": "integer", "format": "int64" } } });
        assert_eq!(structural(schema).unwrap(), expected);
    }

    #[test]
    fn alternatives_without_structural_form_are_refused() {
        let schema = json!({ "oneOf": [{ "type": "string" }, { "type": "object" }] });
        assert!(structural(schema).unwrap_err().to_string().contains("oneOf"));
    }
}
