//! CRDs from the Rust types of `eso_core::crd`.

use anyhow::{Context, Result, bail};
use eso_core::crd::{ClusterSecretStore, ExternalSecret, SecretStore};
use kube::CustomResourceExt;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::provider_blocks::{self, Blocks};
use super::schema;

/// Fields that may be null. ESO writes a null `refreshTime` before the first sync; everything else is left out instead.
const NULLABLE: [(&str, &str); 1] = [("ExternalSecret", "/properties/status/properties/refreshTime")];

/// Largest CRD as compact JSON, in bytes. `kubectl apply` keeps the object in an annotation, and annotations end there.
pub const MAX_BYTES: usize = 262_144;

/// The CRDs, by plural name.
pub fn definitions() -> Result<Vec<(String, Value)>> {
    let blocks = provider_blocks::blocks(registered())?;
    Ok(vec![
        definition::<ExternalSecret>("ExternalSecret", &blocks)?,
        definition::<SecretStore>("SecretStore", &blocks)?,
        definition::<ClusterSecretStore>("ClusterSecretStore", &blocks)?,
    ])
}

/// Keys and schemas of the backends that are built.
fn registered() -> Vec<(String, Value)> {
    let registry = eso_registry::Registry::new();
    registry.entries().iter().map(|entry| (entry.key.to_owned(), (entry.schema)())).collect()
}

/// Plural name and CRD of one kind. Names, columns and fields come from the derive; its schema is made anew, because the
/// derive's own rewriting lets words of types win over words of fields.
fn definition<K: CustomResourceExt + JsonSchema>(kind: &str, blocks: &Blocks) -> Result<(String, Value)> {
    let mut crd = serde_json::to_value(K::crd())?;
    let schema = root_schema::<K>(kind, blocks).with_context(|| format!("schema of {kind}"))?;
    *crd.pointer_mut("/spec/versions/0/schema/openAPIV3Schema").context("the derive made no schema")? = schema;
    let names = crd.pointer_mut("/spec/names").and_then(Value::as_object_mut).context("the derive made no names")?;
    names.insert("listKind".into(), format!("{kind}List").into());
    let versions =
        crd.pointer_mut("/spec/versions").and_then(Value::as_array_mut).context("the derive made no versions")?;
    versions.push(v1beta1());
    let plural = crd.pointer("/spec/names/plural").and_then(Value::as_str).context("no plural name")?.to_owned();
    let bytes = serde_json::to_string(&crd)?.len();
    if bytes >= MAX_BYTES {
        bail!("the CRD of {kind} has {bytes} bytes as JSON and must stay below {MAX_BYTES}: shorten descriptions");
    }
    Ok((plural, crd))
}

fn root_schema<K: JsonSchema>(kind: &str, blocks: &Blocks) -> Result<Value> {
    let generator = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true).into_generator();
    let mut schema = schema::structural(generator.into_root_schema_for::<K>().to_value())?;
    // the API server knows these three by itself, and `spec` may be left out, as ESO allows
    let root = schema.as_object_mut().context("not an object")?;
    root.remove("required");
    if let Some(Value::Object(properties)) = root.get_mut("properties") {
        properties.retain(|name, _| name == "spec" || name == "status");
    }
    if let Some(provider) = schema.pointer_mut("/properties/spec/properties/provider").and_then(Value::as_object_mut) {
        provider.insert("properties".into(), Value::Object(blocks.clone()));
    }
    for (_, at) in NULLABLE.iter().filter(|(of, _)| *of == kind) {
        let field = schema.pointer_mut(at).and_then(Value::as_object_mut).with_context(|| format!("no field {at}"))?;
        field.insert("nullable".into(), true.into());
    }
    Ok(schema)
}

/// The version before v1: listed, because clusters that once stored it say so in the CRD's status and the API server refuses
/// a CRD that no longer lists it. It is not served.
fn v1beta1() -> Value {
    json!({
        "name": "v1beta1",
        "served": false,
        "storage": false,
        "deprecated": true,
        "subresources": { "status": {} },
        "schema": { "openAPIV3Schema": {
            "type": "object",
            "description": "No longer served: use v1.",
            "x-kubernetes-preserve-unknown-fields": true
        } }
    })
}
