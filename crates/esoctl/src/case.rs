//! One case of a file of template cases: a template, its data and its options.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eso_template::{Error, Limits, MissingKey, Options, Table, Template, Value};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::host::Machine;

/// A case; fields that it does not have are empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Case {
    /// Names the case in the answer, and the template in error texts.
    pub id: String,
    /// `core` for Go's own functions, otherwise all.
    engine: String,
    template: String,
    left: String,
    right: String,
    missingkey: String,
    /// What the dot is: texts, bytes in base64, texts in maps, or any JSON.
    data: BTreeMap<String, String>,
    data_b64: BTreeMap<String, String>,
    data_mm: Option<BTreeMap<String, BTreeMap<String, String>>>,
    json_data: Option<Json>,
    /// `kv`: the output is YAML that is read as keys and values.
    pub post: String,
}

impl Case {
    /// Renders it. An outer error means that the case is none, an inner one that the template fails.
    pub fn render(&self) -> Result<Result<Vec<u8>, Error>> {
        let data = self.dot().with_context(|| format!("case {}", self.id))?;
        let missing = match self.missingkey.as_str() {
            "" | "error" => MissingKey::Error,
            "default" => MissingKey::Default,
            "zero" => MissingKey::Zero,
            other => anyhow::bail!("case {}: missingkey is {other}, not error, default or zero", self.id),
        };
        let functions = if self.engine == "core" { Table::Core } else { Table::Eso };
        let options = Options { left: &self.left, right: &self.right, missing, functions };
        let parsed = Template::parse(&self.id, &self.template, &options);
        Ok(parsed.and_then(|template| template.render(&data, &mut Machine::new(), Limits::default())))
    }

    fn dot(&self) -> Result<Value> {
        if let Some(json) = &self.json_data {
            return value(json);
        }
        if let Some(maps) = &self.data_mm {
            return Ok(Value::nested_string_map(maps.iter().map(|(key, map)| (key, Value::string_map(map)))));
        }
        let mut pairs: Vec<(&str, Vec<u8>)> =
            self.data.iter().map(|(k, v)| (k.as_str(), v.clone().into_bytes())).collect();
        for (key, encoded) in &self.data_b64 {
            let bytes = STANDARD.decode(encoded).with_context(|| format!("data_b64.{key} is not base64"))?;
            pairs.push((key, bytes));
        }
        Ok(Value::string_map(pairs))
    }
}

/// JSON as Go reads it without being told a type.
fn value(json: &Json) -> Result<Value> {
    let made = match json {
        Json::Null => Ok(Value::NilAny),
        Json::Bool(b) => Ok(Value::Bool(*b)),
        Json::Number(n) => Ok(Value::Float(n.as_f64().context("json_data has a number that is no float64")?)),
        Json::String(text) => Ok(Value::text(text)),
        Json::Array(items) => Value::list(items.iter().map(value).collect::<Result<_>>()?),
        Json::Object(map) => {
            let entries = map.iter().map(|(key, item)| Ok((key.as_bytes().into(), value(item)?)));
            Value::dict(entries.collect::<Result<_>>()?)
        }
    };
    made.map_err(|failure| anyhow::anyhow!("json_data cannot be taken: {}", failure.text))
}
