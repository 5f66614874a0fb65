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

use crate::error::{Failure, Outcome};

pub(crate) use decode::{Data, data};
pub(crate) use emit::emit;

/// The keys and values of a rendered text that is YAML: what `templateAs: KeysAndValues` makes of it.
///
/// Scalars become text in YAML 1.1's way: `010` is `8`, `yes` is `true`, `null` is empty. Keys are as they stand in JSON.
/// An empty text has no keys. Fails when the text is not YAML, not a map, or a value is a list or a map; the error names
/// lines and keys, never values.
pub fn key_values(text: &[u8]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, String> {
    let mut left = MAX_NODES;
    let mut spend = |_| {
        left = left.checked_sub(1).ok_or_else(|| Failure::new("yaml: the document has too many values"))?;
        Ok(())
    };
    pairs(text, &mut spend).map_err(|failure| failure.text)
}

/// How many values a text may have for [`key_values`], those behind aliases counted each time.
const MAX_NODES: u32 = 100_000;

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
