//! The table of values and their effects, `effects.yaml`.

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// One row: a value, what it is set to, and what that must change.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The value, as `webhook.port`.
    pub value: String,
    /// What it is set to; another one than its default.
    pub set: Value,
    /// What else is set, before and after.
    #[serde(default)]
    pub given: Map<String, Value>,
    /// API versions that the cluster has.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Kind and name of the object that is looked at, as `Service/external-secrets-webhook`.
    #[serde(default)]
    pub object: String,
    /// Pointer to the place in it. `args` and other bare words are fields of the first container.
    #[serde(default)]
    pub at: String,
    /// What stands there afterwards; without this and `has`, `lacks`, `ends`, the value itself.
    #[serde(default, deserialize_with = "even_null")]
    pub is: Option<Value>,
    /// What the list there holds afterwards.
    pub has: Option<Value>,
    /// What the list there held before and holds no more.
    pub lacks: Option<Value>,
    /// How the text there ends afterwards.
    pub ends: Option<String>,
    /// What appears or goes.
    pub whole: Option<Whole>,
    /// The value has no effect, and the notes say so.
    #[serde(default)]
    pub remark: bool,
}

/// What happens to a whole object.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Whole {
    /// It is there afterwards and was not before.
    Appears,
    /// It was there before and is not afterwards.
    Goes,
}

/// Tells a null that is wanted from a field that is not there.
fn even_null<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Rows for each of the three programs: `{p}` stands for the beginning of a value's name, `{n}` for that of names of objects.
    each: Vec<Value>,
    rows: Vec<Row>,
}

/// Beginning of values' names, and of objects' names.
const PROGRAMS: [(&str, &str); 3] = [
    ("", "external-secrets"),
    ("webhook.", "external-secrets-webhook"),
    ("certController.", "external-secrets-cert-controller"),
];

/// The rows.
///
/// # Errors
/// When the table cannot be read.
pub fn rows() -> anyhow::Result<Vec<Row>> {
    let table: Table = serde_saphyr::from_str(include_str!("../effects.yaml")).context("effects.yaml")?;
    let mut rows = table.rows;
    for row in &table.each {
        let text = row.to_string();
        for (value, name) in PROGRAMS {
            let text = text.replace("{p}", value).replace("{n}", name);
            rows.push(serde_json::from_str(&text).with_context(|| format!("effects.yaml: {text}"))?);
        }
    }
    Ok(rows)
}

impl Row {
    /// The values before: only what else is set, and no definitions unless the row is about them, as they take time.
    ///
    /// # Errors
    /// When a name does not fit the others.
    pub fn before(&self) -> anyhow::Result<Value> {
        let mut values = Value::Object(Map::new());
        let definitions = self.object.starts_with("CustomResourceDefinition");
        put(&mut values, "installCRDs", &Value::Bool(definitions))?;
        for (name, value) in &self.given {
            put(&mut values, name, value)?;
        }
        Ok(values)
    }

    /// The values after.
    ///
    /// # Errors
    /// When a name does not fit the others.
    pub fn after(&self) -> anyhow::Result<Value> {
        let mut values = self.before()?;
        put(&mut values, &self.value, &self.set)?;
        Ok(values)
    }

    /// The pointer to the place.
    pub fn pointer(&self) -> String {
        match self.at.strip_prefix('/') {
            Some(_) => self.at.clone(),
            None => format!("/spec/template/spec/containers/0/{}", self.at),
        }
    }
}

/// Puts `value` at a dotted name.
///
/// # Errors
/// When something on the way is no object.
pub fn put(values: &mut Value, name: &str, value: &Value) -> anyhow::Result<()> {
    let mut at = values;
    for key in name.split('.') {
        let object =
            at.as_object_mut().with_context(|| format!("{name}: {key} is below something that is no object"))?;
        at = object.entry(key).or_insert_with(|| Value::Object(Map::new()));
    }
    ensure!(at.as_object().is_none_or(Map::is_empty) || !value.is_object(), "{name} is set twice");
    *at = value.clone();
    Ok(())
}

/// The value at a dotted name.
pub fn get<'a>(values: &'a Value, name: &str) -> Option<&'a Value> {
    name.split('.').try_fold(values, |value, key| value.get(key))
}
