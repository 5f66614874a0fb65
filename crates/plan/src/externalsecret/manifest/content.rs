//! What an object of another kind than Secret shall hold.

use eso_core::crd::{CreationPolicy, ExternalSecret, TargetManifest, Template, TemplateAs, TemplateFrom};
use eso_core::{Fault, SecretBytes, SecretMap};
use eso_template::Host;
use eso_template::yaml::document as read_value;
use serde_json::{Map, Value, json};

use super::object::AnyObject;
use super::paths::Path;
use crate::data::decode;
use crate::externalsecret::seen::{Seen, target_name};
use crate::externalsecret::template::{Renderer, failed, not_text};

/// The object, before it is marked as ours. Merging policies begin with what is there; the others keep its metadata and what they do
/// not write, and begin with empty content.
///
/// Faults: Invalid, naming the key or the path; no text of the data.
pub(super) fn content(
    seen: &Seen,
    manifest: &TargetManifest,
    existing: Option<&AnyObject>,
    fetched: SecretMap,
    host: &mut dyn Host,
) -> Result<Value, Fault> {
    let mut object = beginning(&seen.object, manifest, existing);
    let metadata = &seen.object.metadata;
    let Some(template) = &seen.object.spec.target.template else {
        let path = if manifest.kind == "ConfigMap" { "data" } else { "spec.data" };
        place(&mut object, path, texts(fetched)?, false)?;
        add(&mut object, "labels", metadata.labels.iter().flatten());
        add(&mut object, "annotations", metadata.annotations.iter().flatten());
        return Ok(object);
    };
    let settings = &seen.settings.template;
    let mut renderer = Renderer::new(&fetched, (&seen.sources, settings), host);
    rendered(&mut renderer, template, &mut object)?;
    // As they stand: labels and annotations of other kinds are no templates.
    let metadata = template.metadata.iter();
    add(&mut object, "labels", metadata.clone().flat_map(|it| it.labels.iter().flatten()));
    add(&mut object, "annotations", metadata.flat_map(|it| it.annotations.iter().flatten()));
    Ok(object)
}

fn beginning(object: &ExternalSecret, manifest: &TargetManifest, existing: Option<&AnyObject>) -> Value {
    let merges = matches!(object.spec.target.creation_policy, CreationPolicy::Merge | CreationPolicy::CreateOrMerge);
    let mut begun = existing.map_or_else(|| json!({}), |existing| existing.0.clone());
    let empty = if matches!(manifest.kind.as_str(), "ConfigMap" | "Secret") { "data" } else { "spec" };
    if let Some(fields) = begun.as_object_mut() {
        fields.insert("apiVersion".to_owned(), manifest.api_version.as_str().into());
        fields.insert("kind".to_owned(), manifest.kind.as_str().into());
        let metadata = fields.entry("metadata").or_insert_with(|| json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert("name".to_owned(), target_name(object).into());
            metadata.insert("namespace".to_owned(), object.metadata.namespace.clone().into());
            // The server keeps its own record of who wrote what.
            metadata.remove("managedFields");
        }
        if !(merges && existing.is_some()) {
            fields.remove("data");
            fields.remove("spec");
            fields.insert(empty.to_owned(), json!({}));
        }
    }
    begun
}

fn rendered(renderer: &mut Renderer<'_>, template: &Template, object: &mut Value) -> Result<(), Fault> {
    for (index, from) in template.template_from.iter().flatten().enumerate() {
        for piece in renderer.pieces(index, from)? {
            match piece.scope {
                TemplateAs::Values => value(object, from, &piece.key, piece.text)?,
                TemplateAs::KeysAndValues if is_texts(from) => {
                    for (key, text) in piece.pairs()? {
                        value(object, from, &key, text)?;
                    }
                }
                TemplateAs::KeysAndValues => {
                    let document = read_value(piece.text.expose()).map_err(|why| {
                        failed(format!("unable to read the rendered template {} as YAML: {why}", piece.key))
                    })?;
                    place(object, target(from), document, true)?;
                }
            }
        }
    }
    for (key, text) in template.data.iter().flatten() {
        let text = text_of(key, &renderer.render(key, text)?)?;
        put(object, "data", key, text)?;
    }
    Ok(())
}

/// What an entry of `templateFrom` is aimed at: a well-known part in any case, else a path.
fn target(from: &TemplateFrom) -> &str {
    let text = from.target.as_deref().unwrap_or_default();
    match text.to_ascii_lowercase().as_str() {
        "" | "data" => "data",
        "spec" => "spec",
        "labels" => "metadata.labels",
        "annotations" => "metadata.annotations",
        _ => text,
    }
}

/// Whether the part holds texts by key, so that a YAML map's values become texts.
fn is_texts(from: &TemplateFrom) -> bool {
    matches!(target(from), "data" | "metadata.labels" | "metadata.annotations")
}

/// One rendered value: under its key in a well-known part; at a path it is read as YAML, and the key does not count.
fn value(object: &mut Value, from: &TemplateFrom, key: &str, text: SecretBytes) -> Result<(), Fault> {
    let strategy = from.values_decoding_strategy.unwrap_or_default();
    let text = decode(text, strategy, &format!("key \"{key}\""))?;
    let target = target(from);
    if is_texts(from) || target == "spec" {
        let text = text_of(key, &text)?;
        return put(object, target, key, text);
    }
    let read = read_value(text.expose()).or_else(|_| text_of(key, &text).map(Value::from))?;
    place(object, target, read, false)
}

fn text_of(key: &str, text: &SecretBytes) -> Result<String, Fault> {
    text.expose_str().map(str::to_owned).ok_or_else(|| not_text(key))
}

/// Keys may hold dots: they are no paths.
fn put(object: &mut Value, part: &str, key: &str, text: String) -> Result<(), Fault> {
    let member: Map<String, Value> = [(key.to_owned(), text.into())].into_iter().collect();
    place(object, part, member.into(), true)
}

fn texts(fetched: SecretMap) -> Result<Value, Fault> {
    let text = |(key, value): (String, SecretBytes)| {
        let text = text_of(&key, &value)?;
        Ok((key, Value::from(text)))
    };
    fetched.into_iter().map(text).collect::<Result<Map<_, _>, Fault>>().map(Value::from)
}

/// Puts something at a path. A path of one name replaces what is there, a deeper one adds to a map.
fn place(object: &mut Value, path: &str, value: Value, merge: bool) -> Result<(), Fault> {
    let wrong = |why: String| failed(format!("target {path:?}: {why}"));
    let parsed = Path::parse(path).map_err(wrong)?;
    if is_reserved(&parsed) {
        let why = "it is not for templates; aim at Data, Labels, Annotations, Spec or a path below spec or data";
        return Err(wrong(why.to_owned()));
    }
    let well_known = path == "data";
    parsed.put(object, value, merge && (well_known || !parsed.is_single())).map_err(wrong)
}

/// Whether a path leads to what makes the object the one that it is.
fn is_reserved(path: &Path) -> bool {
    match path.names().as_slice() {
        ["metadata", "labels" | "annotations", ..] => false,
        [first, ..] => matches!(*first, "apiVersion" | "kind" | "metadata" | "status"),
        [] => true,
    }
}

/// Adds labels or annotations.
fn add<'t>(object: &mut Value, part: &str, texts: impl Iterator<Item = (&'t String, &'t String)>) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let map = metadata.entry(part).or_insert_with(|| json!({}));
    if !map.is_object() {
        *map = json!({});
    }
    if let Some(map) = map.as_object_mut() {
        map.extend(texts.map(|(key, value)| (key.clone(), value.as_str().into())));
    }
}
