//! The chart's values as `values.yaml` and its comments describe them, and what is made from them: schema and README.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

/// Where the values are.
pub const FILE: &str = "charts/external-secrets/values.yaml";
/// Where the schema goes.
pub const SCHEMA: &str = "charts/external-secrets/values.schema.json";
/// Where the table goes.
pub const README: &str = "charts/external-secrets/README.md";

const BEGIN: &str =
    "<!-- Written by `cargo xtask gen` from the comments of values.yaml. Do not edit up to the end mark. -->\n";
const END: &str = "<!-- end of what is written -->\n";

/// One key of `values.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Keys from the root.
    pub path: Vec<String>,
    /// The comment above the key, in one line; empty for groups without one.
    pub description: String,
    /// Types as JSON Schema names them, where the comment says so.
    types: Option<Vec<String>>,
    /// Accepted texts, where the comment says so.
    choices: Option<Vec<String>>,
    /// Its default.
    pub default: Value,
}

impl Entry {
    /// Whether it only holds other entries.
    pub fn is_group(&self) -> bool {
        self.default.as_object().is_some_and(|object| !object.is_empty())
    }
}

/// The entries, in the file's order. Fails when a value has no comment, or one whose type cannot be told.
pub fn entries(text: &str) -> Result<Vec<Entry>> {
    let defaults: Value = serde_saphyr::from_str(text).with_context(|| format!("{FILE} is not YAML"))?;
    let mut found = Vec::new();
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    let mut inside_leaf = None;
    for line in text.lines() {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        if let Some(words) = content.strip_prefix('#') {
            comment.push(words.trim());
            continue;
        }
        let key = content.split_once(':').map(|(key, _)| key).filter(|_| inside_leaf.is_none_or(|leaf| indent <= leaf));
        if let Some(key) = key {
            open.retain(|(at, _)| *at < indent);
            open.push((indent, key.to_owned()));
            let path: Vec<String> = open.iter().map(|(_, key)| key.clone()).collect();
            let default =
                at(&defaults, &path).with_context(|| format!("{FILE}: the line \"{line}\" is not understood"))?;
            let entry = entry(path, &comment, default.clone())?;
            inside_leaf = (!entry.is_group()).then_some(indent);
            found.push(entry);
        }
        comment.clear();
    }
    Ok(found)
}

fn at<'a>(defaults: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(defaults, |value, key| value.get(key))
}

fn entry(path: Vec<String>, comment: &[&str], default: Value) -> Result<Entry> {
    let list = |mark: &str| {
        let line = comment.iter().find_map(|line| line.strip_prefix(mark));
        line.map(|line| line.trim().split(',').map(str::to_owned).collect::<Vec<_>>())
    };
    let words: Vec<&str> = comment.iter().copied().filter(|line| !line.starts_with('@')).collect();
    let entry = Entry { description: words.join(" "), types: list("@type "), choices: list("@enum "), path, default };
    let name = entry.path.join(".");
    ensure!(entry.is_group() || !entry.description.is_empty(), "{FILE}: {name} has no comment that says what it does");
    ensure!(!entry.default.is_null() || entry.types.is_some(), "{FILE}: {name} is null, so its comment needs `@type`");
    Ok(entry)
}

/// `values.schema.json`. Keys that it does not know are accepted, so that other people's values files need no change.
pub fn schema(entries: &[Entry]) -> Result<String> {
    let mut root = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "description": "Values of the chart. Written by `cargo xtask gen` from the comments of values.yaml.",
        "type": "object",
        "properties": {}
    });
    for entry in entries {
        let Some((key, parents)) = entry.path.split_last() else { continue };
        let mut parent = &mut root;
        for step in parents {
            parent =
                parent.pointer_mut(&format!("/properties/{step}")).with_context(|| format!("{step} comes late"))?;
        }
        let properties =
            parent.get_mut("properties").and_then(Value::as_object_mut).context("a group has no properties")?;
        properties.insert(key.clone(), property(entry)?);
    }
    Ok(serde_json::to_string_pretty(&root)? + "\n")
}

fn property(entry: &Entry) -> Result<Value> {
    let mut property = Map::new();
    if !entry.description.is_empty() {
        property.insert("description".into(), entry.description.as_str().into());
    }
    property.insert("type".into(), types(entry)?);
    if let Some(choices) = &entry.choices {
        property.insert("enum".into(), choices.as_slice().into());
    }
    if entry.is_group() {
        property.insert("properties".into(), json!({}));
    } else {
        property.insert("default".into(), entry.default.clone());
    }
    Ok(Value::Object(property))
}

fn types(entry: &Entry) -> Result<Value> {
    if let Some(types) = &entry.types {
        return Ok(types.as_slice().into());
    }
    Ok(match &entry.default {
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        other => bail!("{FILE}: the type of {} cannot be told from {other}: add `@type`", entry.path.join(".")),
    }
    .into())
}

/// `README.md` with its tables filled. Everything outside the two marks stays as it is.
pub fn readme(text: &str, entries: &[Entry]) -> Result<String> {
    let (before, rest) = text.split_once(BEGIN).with_context(|| format!("{README} has lost the mark {BEGIN}"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("{README} has lost the mark {END}"))?;
    let parts = [("Controller, and what all share", ""), ("Webhook", "webhook"), ("Cert-controller", "certController")];
    let table = |(title, top): (&str, &str)| {
        let own = |entry: &&Entry| {
            let first = entry.path.first().map(String::as_str).unwrap_or_default();
            let of = parts.iter().map(|(_, top)| *top).find(|top| *top == first).unwrap_or_default();
            of == top && !entry.is_group()
        };
        let rows: String = entries.iter().filter(own).map(row).collect();
        format!("\n### {title}\n\n| value | default | what it does |\n|---|---|---|\n{rows}")
    };
    let tables: String = parts.into_iter().map(table).collect();
    Ok(format!("{before}{BEGIN}{tables}\n{END}{after}"))
}

fn row(entry: &Entry) -> String {
    let choices = entry.choices.as_ref().map(|choices| {
        let names: Vec<String> =
            choices.iter().filter(|name| !name.is_empty()).map(|name| format!("`{name}`")).collect();
        format!(" One of {}.", names.join(", "))
    });
    // choices that the text names already are not said again
    let choices = choices.filter(|_| {
        let named = |name: &String| !name.is_empty() && entry.description.contains(name.as_str());
        !entry.choices.iter().flatten().any(named)
    });
    let text = format!("{}{}", entry.description, choices.unwrap_or_default()).replace('|', "\\|");
    format!("| `{}` | `{}` | {text} |\n", entry.path.join("."), entry.default)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# About the file.\n\ngroup:\n  # How many.\n  count: 1\n  # Which one:\n  # a or b.\n  # @enum a,b\n  which: a\n\n# Rules.\nrules:\n  - port: 1\n    name: x\n# Or nothing.\n# @type boolean,null\nmaybe:\n";

    #[test]
    fn a_comment_describes_the_key_below_it_and_lists_are_not_entered() {
        let found = entries(TEXT).unwrap();
        let names: Vec<_> = found.iter().map(|entry| (entry.path.join("."), entry.description.as_str())).collect();
        let expected = [
            ("group", ""),
            ("group.count", "How many."),
            ("group.which", "Which one: a or b."),
            ("rules", "Rules."),
            ("maybe", "Or nothing."),
        ];
        assert_eq!(names, expected.map(|(name, text)| (name.to_owned(), text)));
    }

    #[test]
    fn a_value_without_comment_and_a_null_without_type_are_refused() {
        assert!(entries("a: 1\n").unwrap_err().to_string().contains("a has no comment"));
        assert!(entries("# Words.\na:\n").unwrap_err().to_string().contains("@type"));
    }

    #[test]
    fn the_schema_has_types_choices_and_defaults() {
        let schema: Value = serde_json::from_str(&schema(&entries(TEXT).unwrap()).unwrap()).unwrap();
        let which =
            json!({ "description": "Which one: a or b.", "type": "string", "enum": ["a", "b"], "default": "a" });
        assert_eq!(schema.pointer("/properties/group/properties/which"), Some(&which));
        assert_eq!(schema.pointer("/properties/maybe/type"), Some(&json!(["boolean", "null"])));
    }

    #[test]
    fn the_readme_keeps_what_is_outside_the_marks() {
        let before = format!("# Title\n{BEGIN}stale\n{END}Tail\n");
        let text = readme(&before, &entries(TEXT).unwrap()).unwrap();
        assert!(text.starts_with("# Title\n") && text.ends_with("Tail\n") && !text.contains("stale"), "{text}");
        assert!(text.contains("| `group.count` | `1` | How many. |"), "{text}");
        assert!(readme("# Title\n", &[]).is_err());
    }
}
