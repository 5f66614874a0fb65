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
    let Some(node) = parse(text).map_err(failed)? else { return Ok(Data::Null) };
    let (data, unsupported) = convert(&node, spend).map_err(failed)?;
    let unsupported = unsupported.map(|kind| failed(Failure::new(format!("unsupported map key of type: {kind}"))));
    unsupported.map_or(Ok(data), Err)
}

/// The type of a key somewhere inside that JSON has none for. It is no failure yet: a later pair may replace the map that it is in.
type Unsupported = Option<&'static str>;

fn convert(node: &Node, spend: &mut Spend<'_>) -> Outcome<(Data, Unsupported)> {
    match node {
        Node::Alias(node) => convert(node, spend),
        Node::Scalar(scalar) => Ok((convert_scalar(scalar, spend)?, None)),
        Node::Sequence(items) => {
            spend(size_of_val(items.as_slice()))?;
            let (mut list, mut unsupported) = (Vec::with_capacity(items.len()), None);
            for item in items {
                let (data, inside) = convert(item, spend)?;
                list.push(data);
                unsupported = unsupported.or(inside);
            }
            Ok((Data::List(list), unsupported))
        }
        Node::Mapping(pairs) => {
            let mut map = Map::default();
            fill(&mut map, pairs, spend)?;
            Ok((Data::Map(map.entries), map.unsupported.or_else(|| map.inside.into_values().next())))
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

/// A map that is being filled.
#[derive(Default)]
struct Map {
    entries: BTreeMap<Vec<u8>, Data>,
    /// Of its own keys.
    unsupported: Unsupported,
    /// Of the values, by their keys.
    inside: BTreeMap<Vec<u8>, &'static str>,
}

impl Map {
    fn insert(&mut self, key: Vec<u8>, value: Data, inside: Unsupported) {
        match inside {
            Some(kind) => _ = self.inside.insert(key.clone(), kind),
            None => _ = self.inside.remove(&key),
        }
        self.entries.insert(key, value);
    }
}

type Pairs = [(Rc<Node>, Rc<Node>)];

/// Adds the pairs of a mapping; later ones win, and `<<` adds those of another in its place.
fn fill(map: &mut Map, pairs: &Pairs, spend: &mut Spend<'_>) -> Outcome<()> {
    for (key, value) in pairs {
        if is_merge(key) {
            merge(map, value, spend)?;
        } else {
            let (key, (value, inside)) = (key_text(key, spend)?, convert(value, spend)?);
            match key {
                Ok(key) => map.insert(key, value, inside),
                Err(kind) => map.unsupported = Some(kind),
            }
        }
    }
    Ok(())
}

fn is_merge(key: &Node) -> bool {
    let Node::Scalar(scalar) = key else { return false };
    scalar.text == b"<<" && (scalar.plain || scalar.tag.ends_with(b":merge"))
}

fn merge(map: &mut Map, value: &Node, spend: &mut Spend<'_>) -> Outcome<()> {
    let wrong = || Failure::new("yaml: map merge requires map or sequence of maps as the value");
    let from = match value {
        // The first of several wins, so the last goes in first.
        Node::Sequence(items) => items.iter().rev().map(Rc::as_ref).collect(),
        // An alias may stand for one map, not for several.
        one => vec![one],
    };
    for node in from {
        let node = if let Node::Alias(node) = node { node } else { node };
        let Node::Mapping(pairs) = node else { return Err(wrong()) };
        fill(map, pairs, spend)?;
    }
    Ok(())
}

/// A key as JSON has it: numbers and booleans become text. The error inside is a type that JSON has no key for.
fn key_text(key: &Node, spend: &mut Spend<'_>) -> Outcome<Result<Vec<u8>, &'static str>> {
    Ok(match convert(key, spend)?.0 {
        Data::Text(text) => Ok(text),
        Data::Int(n) => Ok(n.to_string().into_bytes()),
        Data::Bool(b) => Ok(b.to_string().into_bytes()),
        Data::Float(f) => Ok(float_key(f).into_bytes()),
        Data::Uint(_) => Err("uint64"),
        Data::Null => Err("%!s(<nil>), key: <nil>"),
        Data::List(_) | Data::Map(_) => return Err(Failure::new("yaml: invalid map key")),
    })
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
