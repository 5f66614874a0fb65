//! From a YAML document to JSON's values.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::node::{Node, Scalar};
use super::parse::parse;
use super::resolve::{self, Meaning};
use crate::error::{Failure, Outcome};
use crate::format::float::format_float;
use crate::format::quote::runes;

/// A value.
#[derive(Clone)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text(Vec<u8>),
    List(Vec<Data>),
    Map(BTreeMap<Vec<u8>, Data>),
}

/// Called with the bytes of each value that is made; fails when it is too much.
pub(crate) type Spend<'s> = dyn FnMut(usize) -> Outcome<()> + 's;

/// Reads the first document of a text; a text without one is null.
pub(crate) fn data(text: &[u8], spend: &mut Spend<'_>) -> Outcome<Data> {
    let failed = |failure: Failure| {
        let text = format!("error converting YAML to JSON: {}", failure.text);
        if failure.budget { failure } else { Failure { text, ..failure } }
    };
    let node = parse(text).map_err(failed)?;
    node.map_or(Ok(Data::Null), |node| convert(&node, spend).map_err(failed))
}

fn convert(node: &Node, spend: &mut Spend<'_>) -> Outcome<Data> {
    match node {
        Node::Scalar(scalar) => convert_scalar(scalar, spend),
        Node::Sequence(items) => {
            spend(size_of_val(items.as_slice()))?;
            Ok(Data::List(items.iter().map(|item| convert(item, spend)).collect::<Outcome<_>>()?))
        }
        Node::Mapping(pairs) => {
            let mut map = BTreeMap::new();
            fill(&mut map, pairs, spend)?;
            Ok(Data::Map(map))
        }
    }
}

fn convert_scalar(scalar: &Scalar, spend: &mut Spend<'_>) -> Outcome<Data> {
    spend(scalar.text.len() + size_of::<Data>())?;
    let (meaning, text) = resolve::scalar(scalar)?;
    Ok(match meaning {
        Meaning::Null => Data::Null,
        Meaning::Bool(b) => Data::Bool(b),
        Meaning::Int(n) => Data::Int(n),
        Meaning::Uint(n) => Data::Uint(n),
        Meaning::Float(f) => Data::Float(f),
        Meaning::Timestamp | Meaning::Text => Data::Text(valid(&text)),
    })
}

/// JSON has no bytes that are not UTF-8: each becomes U+FFFD.
fn valid(text: &[u8]) -> Vec<u8> {
    if std::str::from_utf8(text).is_ok() {
        return text.to_vec();
    }
    runes(text).map(|(c, _)| c).collect::<String>().into_bytes()
}

type Pairs = [(Rc<Node>, Rc<Node>)];

/// Adds the pairs of a mapping; later ones win, and `<<` adds those of another in its place.
fn fill(map: &mut BTreeMap<Vec<u8>, Data>, pairs: &Pairs, spend: &mut Spend<'_>) -> Outcome<()> {
    for (key, value) in pairs {
        if is_merge(key) {
            merge(map, value, spend)?;
        } else {
            let key = key_text(key, spend)?;
            map.insert(key, convert(value, spend)?);
        }
    }
    Ok(())
}

fn is_merge(key: &Node) -> bool {
    let Node::Scalar(scalar) = key else { return false };
    scalar.text == b"<<" && (scalar.plain || scalar.tag.ends_with(b":merge"))
}

fn merge(map: &mut BTreeMap<Vec<u8>, Data>, value: &Node, spend: &mut Spend<'_>) -> Outcome<()> {
    let wrong = || Failure::new("yaml: map merge requires map or sequence of maps as the value");
    match value {
        Node::Mapping(pairs) => fill(map, pairs, spend),
        Node::Sequence(items) => {
            // The first of several wins, so the last goes in first.
            for item in items.iter().rev() {
                let Node::Mapping(pairs) = item.as_ref() else { return Err(wrong()) };
                fill(map, pairs, spend)?;
            }
            Ok(())
        }
        Node::Scalar(_) => Err(wrong()),
    }
}

/// A key as JSON has it: numbers and booleans become text.
fn key_text(key: &Node, spend: &mut Spend<'_>) -> Outcome<Vec<u8>> {
    let unsupported = |kind: &str| Failure::new(format!("unsupported map key of type: {kind}"));
    match convert(key, spend)? {
        Data::Text(text) => Ok(text),
        Data::Int(n) => Ok(n.to_string().into_bytes()),
        Data::Bool(b) => Ok(b.to_string().into_bytes()),
        Data::Float(f) => Ok(float_key(f).into_bytes()),
        Data::Uint(_) => Err(unsupported("uint64")),
        Data::Null => Err(unsupported("%!s(<nil>), key: <nil>")),
        Data::List(_) | Data::Map(_) => Err(Failure::new("yaml: invalid map key")),
    }
}

/// How a float reads as text: sigs.k8s.io/yaml writes it as if it had 32 bits.
fn float_text(float: f64) -> String {
    #[allow(clippy::cast_possible_truncation)] // That is the point.
    let short = (float as f32).to_string();
    // The shortest digits of 32 bits, read as 64, print the same digits in Go's form.
    short.parse::<f64>().map_or(short, |float| format_float(float, 'g', None))
}

/// Floats that are no numbers have YAML's names as keys.
fn float_key(float: f64) -> String {
    match float_text(float).as_str() {
        "+Inf" => ".inf".into(),
        "-Inf" => "-.inf".into(),
        "NaN" => ".nan".into(),
        number => number.into(),
    }
}

impl Data {
    /// What Go's encoding/json calls it.
    pub fn json_kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Uint(_) | Self::Float(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "array",
            Self::Map(_) => "object",
        }
    }

    /// A scalar as text; `None` for others.
    pub fn text(&self) -> Option<Vec<u8>> {
        Some(match self {
            Self::Null => Vec::new(),
            Self::Bool(b) => b.to_string().into_bytes(),
            Self::Int(n) => n.to_string().into_bytes(),
            Self::Uint(n) => n.to_string().into_bytes(),
            Self::Float(f) => float_text(*f).into_bytes(),
            Self::Text(text) => text.clone(),
            Self::List(_) | Self::Map(_) => return None,
        })
    }
}
