//! An object of any kind, as the planner sees it: whole, but unprintable.

use eso_core::{hash, names};
use eso_template::format::float::float_text;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde::Deserialize as _;
use serde_json::{Map, Value};

/// Kind and name of an object of the `ExternalSecret`'s namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// As `apps/v1`.
    pub api_version: String,
    /// As `Deployment`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// An object as JSON.
#[derive(Clone, PartialEq)]
pub struct AnyObject(pub Value);

impl std::fmt::Debug for AnyObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({})", self.text("/kind"), self.text("/metadata/name"))
    }
}

impl AnyObject {
    /// A text in it; empty when there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// Its kind and name.
    pub fn key(&self) -> ObjectKey {
        let [api_version, kind, name] =
            ["/apiVersion", "/kind", "/metadata/name"].map(|pointer| self.text(pointer).to_owned());
        ObjectKey { api_version, kind, name }
    }

    /// The owner that controls it.
    pub fn controller(&self) -> Option<OwnerReference> {
        let owners = self.0.pointer("/metadata/ownerReferences").and_then(Value::as_array)?;
        let controls = |owner: &&Value| owner.get("controller") == Some(&Value::Bool(true));
        OwnerReference::deserialize(owners.iter().find(controls)?).ok()
    }

    /// Whether it carries the managed label and content with the hash that its annotation declares.
    pub(super) fn is_intact(&self) -> bool {
        let within = |map: &str, key: &str| self.0.pointer(map).and_then(|map| map.get(key)).and_then(Value::as_str);
        let declared = within("/metadata/annotations", names::DATA_HASH_ANNOTATION);
        within("/metadata/labels", names::MANAGED_LABEL) == Some(names::MANAGED_VALUE)
            && declared.is_some_and(|declared| Some(declared) == content_hash(&self.0).as_deref())
    }
}

/// Hash over `spec`, or over `data` of an object without one. `None` for an object with neither.
///
/// Source: ESO 2.9 hashes Go's `%v` rendering of the decoded JSON.
pub(super) fn content_hash(object: &Value) -> Option<String> {
    let part = |name: &str| object.get(name).filter(|part| !part.is_null());
    let content = part("spec").or_else(|| part("data"))?;
    let mut text = String::new();
    print(content, &mut text);
    Some(hash::of_text(&text))
}

fn print(value: &Value, text: &mut String) {
    match value {
        Value::Null => *text += "<nil>",
        Value::Bool(flag) => *text += if *flag { "true" } else { "false" },
        Value::Number(number) if number.is_f64() => *text += &float_text(number.as_f64().unwrap_or_default()),
        Value::Number(number) => *text += &number.to_string(),
        Value::String(value) => *text += value,
        Value::Array(items) => {
            *text += "[";
            for (position, item) in items.iter().enumerate() {
                *text += if position > 0 { " " } else { "" };
                print(item, text);
            }
            *text += "]";
        }
        Value::Object(map) => print_map(map, text),
    }
}

fn print_map(map: &Map<String, Value>, text: &mut String) {
    let mut keys: Vec<&String> = map.keys().collect();
    keys.sort();
    *text += "map[";
    for (position, key) in keys.into_iter().enumerate() {
        *text += if position > 0 { " " } else { "" };
        *text += key;
        *text += ":";
        print(map.get(key).unwrap_or(&Value::Null), text);
    }
    *text += "]";
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{content_hash, print};

    fn printed(value: &Value) -> String {
        let mut text = String::new();
        print(value, &mut text);
        text
    }

    #[test]
    fn parity_149_the_hash_covers_spec_else_data() {
        let vector = "2e738a375f9934e48bf078b82d2214e9c058d2b6b45478dcf01785ed";
        assert_eq!(content_hash(&json!({"spec": {"key": "val"}, "data": {"x": 1}})).as_deref(), Some(vector));
        assert_eq!(content_hash(&json!({"data": {"key": "val"}})).as_deref(), Some(vector));
        assert_eq!(content_hash(&json!({"spec": null, "data": {"key": "val"}})).as_deref(), Some(vector));
        assert_eq!(content_hash(&json!({"other": 1})), None);
    }

    #[test]
    fn values_print_as_go_prints_them() {
        let value =
            json!({"b": [1, "two", null, true], "a": {"x": 1_234_567.0, "y": 1e-5, "z": 999_999.5}, "i": 1_234_567});
        let text = "map[a:map[x:1.234567e+06 y:1e-05 z:999999.5] b:[1 two <nil> true] i:1234567]";
        assert_eq!(printed(&value), text);
    }
}
