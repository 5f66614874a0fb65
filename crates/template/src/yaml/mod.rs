//! YAML 1.1 as sigs.k8s.io/yaml reads and writes it: by way of JSON.

mod cursor;
mod decode;
mod emit;
mod emit_scalar;
mod node;
mod order;
mod parse;
mod resolve;
mod scan;
mod scan_mark;
mod scan_scalar;
mod token;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::error::{Failure, Outcome};

pub(crate) use decode::{Data, data};
pub(crate) use emit::emit;

/// The first document of a rendered text as JSON; an empty text is null. Whole numbers stay whole.
///
/// Fails when the text is not YAML, or holds what JSON cannot; the error names lines and keys, never values.
pub fn document(text: &[u8]) -> Result<Json, String> {
    let mut spend = counter();
    data(text, &mut spend).and_then(json).map_err(|failure| failure.text)
}

/// A document as YAML, keys sorted, with a line break at the end: `document` the other way round.
///
/// Fails when it has more values than a document may have, or a control character in a text, as in Go.
pub fn text(json: &Json) -> Result<String, String> {
    let mut spend = counter();
    let data = data(json.to_string().as_bytes(), &mut spend);
    let bytes = data.and_then(|data| emit(&data, &mut counter())).map_err(|failure| failure.text)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn json(data: Data) -> Outcome<Json> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(match data {
        Data::Null => Json::Null,
        Data::Bool(b) => b.into(),
        Data::Int(n) => n.into(),
        Data::Uint(n) => n.into(),
        Data::Float(f) if f.is_finite() => f.into(),
        Data::Float(_) => {
            return Err(Failure::new("error converting YAML to JSON: json: unsupported value: no number"));
        }
        Data::Text(bytes) => text(bytes).into(),
        Data::List(items) => Json::Array(items.into_iter().map(json).collect::<Outcome<_>>()?),
        Data::Map(map) => {
            let pairs = map.into_iter().map(|(key, value)| Ok((text(key), json(value)?)));
            Json::Object(pairs.collect::<Outcome<_>>()?)
        }
    })
}

/// Ends documents that alias themselves to no end.
fn counter() -> impl FnMut(usize) -> Outcome<()> {
    let (mut values, mut bytes) = (MAX_VALUES, MAX_BYTES);
    move |size| {
        let too_much = || Failure::new("yaml: the document has too many values");
        values = values.checked_sub(1).ok_or_else(too_much)?;
        bytes = bytes.checked_sub(size).ok_or_else(too_much)?;
        Ok(())
    }
}

/// The keys and values of a rendered text that is YAML: what `templateAs: KeysAndValues` makes of it.
///
/// Scalars become text in YAML 1.1's way: `010` is `8`, `yes` is `true`, `null` is empty. Keys are as they stand in JSON.
/// An empty text has no keys. Fails when the text is not YAML, not a map, or a value is a list or a map; the error names
/// lines and keys, never values.
pub fn key_values(text: &[u8]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, String> {
    pairs(text, &mut counter()).map_err(|failure| failure.text)
}

/// How many values a text may have, those behind aliases counted each time.
const MAX_VALUES: u32 = 100_000;
/// Bytes of all values, counted likewise.
const MAX_BYTES: usize = 16 << 20;

fn pairs(text: &[u8], spend: &mut decode::Spend<'_>) -> Outcome<BTreeMap<Vec<u8>, Vec<u8>>> {
    let wrong = |kind: &str, wanted: &str| {
        Failure::new(format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type {wanted}"
        ))
    };
    let map = match data(text, spend)? {
        Data::Null => return Ok(BTreeMap::new()),
        Data::Map(map) => map,
        other => return Err(wrong(other.json_kind(), "map[string]string")),
    };
    map.into_iter()
        .map(|(key, value)| match value.text() {
            Some(text) => Ok((key, text)),
            None => Err(wrong(value.json_kind(), "string")),
        })
        .collect()
}
