//! The recording's format. Unknown fields are refused, so that nothing in it is passed over.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

/// What stands for the world's namespace.
pub const NAMESPACE: &str = "$NS";

/// A file of worlds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: Option<String>,
    worlds: Vec<World>,
}

/// A small world and what ESO left behind in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// Unique name.
    pub id: String,
    /// The namespace it was played in. Hashes in labels depend on it.
    pub namespace: String,
    /// In order.
    pub steps: Vec<Step>,
}

/// Something that was done, and what there was afterwards.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What was done.
    pub did: Did,
    /// The API server's answers: `[<Kind>/<name>, <HTTP code>]`, and its message where it refused.
    pub replies: Vec<Value>,
    /// What there was once it was quiet: objects by kind, and `events`.
    pub facts: BTreeMap<String, Vec<Value>>,
}

/// What was done, in the order of the fields.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Did {
    /// Objects that were applied on the server's side.
    pub apply: Vec<Value>,
    /// Merge patches.
    pub merge: Vec<Merge>,
    /// Kinds and names of objects that were deleted.
    pub delete: Vec<(String, String)>,
    /// Longest time that was waited for quiet, in seconds.
    pub wait: Option<f64>,
    /// Shortest time that was waited, in seconds.
    #[serde(rename = "atLeast")]
    pub at_least: Option<f64>,
}

/// A merge patch.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// Of the object.
    pub kind: String,
    /// Of the object.
    pub name: String,
    /// The patch.
    pub patch: Value,
}

/// The worlds of a file.
///
/// # Errors
/// When it cannot be read, is not such a file, or names a world or a namespace twice.
pub fn load(path: &Path) -> anyhow::Result<Vec<World>> {
    let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let file: File = serde_json::from_slice(&text).with_context(|| format!("{} holds no worlds", path.display()))?;
    let mut taken = BTreeMap::new();
    for world in &file.worlds {
        for name in [&world.id, &world.namespace] {
            if let Some(other) = taken.insert(name, &world.id) {
                anyhow::bail!("{}: {name} is used by two worlds, {other} and {}", path.display(), world.id);
            }
        }
    }
    Ok(file.worlds)
}

impl World {
    /// Seconds that the recording asks to wait: worlds with much of it had better begin early.
    pub fn least_seconds(&self) -> f64 {
        self.steps.iter().map(|step| step.did.at_least.unwrap_or(1.0)).sum()
    }
}

/// `value` with every `$NS` in its texts replaced.
pub fn placed(value: &Value, namespace: &str) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace(NAMESPACE, namespace)),
        Value::Array(items) => items.iter().map(|item| placed(item, namespace)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, item)| (key.clone(), placed(item, namespace))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test may fail loudly
    use super::*;
    use serde_json::json;

    fn written(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn a_field_that_nobody_reads_is_refused() {
        let file =
            written(r#"{"worlds":[{"id":"a","namespace":"n","steps":[{"did":{"sing":1},"replies":[],"facts":{}}]}]}"#);
        assert!(format!("{:#}", load(file.path()).unwrap_err()).contains("sing"));
    }

    #[test]
    fn two_worlds_in_one_namespace_are_refused() {
        let file =
            written(r#"{"worlds":[{"id":"a","namespace":"n","steps":[]},{"id":"b","namespace":"n","steps":[]}]}"#);
        assert!(load(file.path()).unwrap_err().to_string().contains("n is used by two worlds, a and b"));
    }

    #[test]
    fn the_namespace_is_put_into_every_text() {
        let manifest = json!({"metadata": {"name": "css-$NS"}, "list": ["$NS", 1]});
        assert_eq!(placed(&manifest, "g1"), json!({"metadata": {"name": "css-g1"}, "list": ["g1", 1]}));
    }
}
