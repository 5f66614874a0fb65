//! What templates render: values of every kind that the engine knows, in its own form and in the oracle's.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eso_template::{Elem, List, Value};
use serde_json::{Value as Json, json};

/// A value of a question.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // Go's kinds.
pub enum Data {
    Nil,
    Bool(bool),
    Int(i64),
    Int64(i64),
    Byte(u8),
    Float(f64),
    Text(Vec<u8>),
    Strings(Vec<Vec<u8>>),
    Ints(Vec<i64>),
    List(Vec<Data>),
    Dict(BTreeMap<String, Data>),
    Texts(BTreeMap<String, Vec<u8>>),
}

impl Data {
    /// For the engine.
    ///
    /// # Panics
    /// When it nests deeper than the engine allows, which generated data never does.
    pub fn value(&self) -> Value {
        let list = |elem, items| Value::List(List::new(elem, items).expect("generated data is shallow"));
        match self {
            Self::Nil => Value::NilAny,
            Self::Bool(b) => Value::Bool(*b),
            Self::Int(n) => Value::Int(*n),
            Self::Int64(n) => Value::Int64(*n),
            Self::Byte(n) => Value::Byte(*n),
            Self::Float(f) => Value::Float(*f),
            Self::Text(text) => Value::text(text),
            Self::Strings(items) => list(Elem::Str, items.iter().map(Value::text).collect()),
            Self::Ints(items) => list(Elem::Int, items.iter().map(|n| Value::Int(*n)).collect()),
            Self::List(items) => list(Elem::Any, items.iter().map(Self::value).collect()),
            Self::Dict(map) => {
                let entries = map.iter().map(|(k, v)| (k.as_bytes().into(), v.value())).collect();
                Value::dict(entries).expect("generated data is shallow")
            }
            Self::Texts(map) => Value::string_map(map),
        }
    }

    /// For the oracle.
    pub fn json(&self) -> Json {
        let b64 = |text: &Vec<u8>| STANDARD.encode(text);
        match self {
            Self::Nil => Json::Null,
            Self::Bool(b) => json!({ "bool": b }),
            Self::Int(n) => json!({ "int": n.to_string() }),
            Self::Int64(n) => json!({ "int64": n.to_string() }),
            Self::Byte(n) => json!({ "byte": n.to_string() }),
            Self::Float(f) => json!({ "float": f.to_bits().to_string() }),
            Self::Text(text) => json!({ "string": b64(text) }),
            Self::Strings(items) => json!({ "strings": items.iter().map(b64).collect::<Vec<_>>() }),
            Self::Ints(items) => json!({ "ints": items }),
            Self::List(items) => json!({ "list": items.iter().map(Self::json).collect::<Vec<_>>() }),
            Self::Dict(map) => {
                json!({ "dict": map.iter().map(|(k, v)| (k.clone(), v.json())).collect::<serde_json::Map<_, _>>() })
            }
            Self::Texts(map) => {
                let texts = map.iter().map(|(k, v)| (k.clone(), Json::from(b64(v))));
                json!({ "texts": texts.collect::<serde_json::Map<_, _>>() })
            }
        }
    }
}
