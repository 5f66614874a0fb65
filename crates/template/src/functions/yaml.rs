//! YAML.

use std::collections::BTreeMap;

use super::Args;
use super::json::{Style, write};
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::value::Value;
use crate::yaml::{Data, data, emit};

functions! {
    /// A value as YAML, without a line break at the end. What cannot be written gives nothing.
    ///
    /// `{{ dict "b" (list 1 "yes") "a" "x: y" | toYaml }}` gives `a: 'x: y'⏎b:⏎- 1⏎- "yes"`
    "toYaml" (Any) = |c, a| match to_yaml(c, a.at(0)) {
        Err(failure) if !failure.budget => Ok(Value::text("")),
        result => result.map(Value::text),
    };
    /// The map that a YAML 1.1 text describes; numbers are float64. Text that is none gives a map with the key `Error`.
    ///
    /// `{{ (fromYaml "a: {b: [1, on]}").a.b }}` gives `[1 true]`
    "fromYaml" (Str) = |c, a| match from_yaml(c, a.str(0)) {
        Err(failure) if !failure.budget => {
            Value::dict([(b"Error"[..].into(), Value::text(failure.text))].into())
        }
        result => result,
    };
}

/// By way of JSON, as the original does it.
fn to_yaml(ctx: &mut Ctx<'_>, value: &Value) -> Outcome<Vec<u8>> {
    let json = write(ctx, value, Style::Html)?;
    let mut spend = |bytes| spend(ctx, bytes);
    let data = data(json.as_bytes(), &mut spend)?;
    let mut text = emit(&data, &mut spend)?;
    text.pop_if(|last| *last == b'\n');
    Ok(text)
}

fn spend(ctx: &mut Ctx<'_>, bytes: usize) -> Outcome<()> {
    ctx.step()?;
    ctx.reserve(bytes)
}

fn from_yaml(ctx: &mut Ctx<'_>, text: &[u8]) -> Outcome<Value> {
    ctx.work(text.len() / 16)?;
    let data = data(text, &mut |bytes| spend(ctx, bytes))?;
    let kind = data.json_kind();
    match value(data)? {
        Value::NilAny => Value::dict(BTreeMap::new()),
        map @ Value::Map(_) => Ok(map),
        _ => Err(Failure::new(format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        ))),
    }
}

#[allow(clippy::cast_precision_loss)] // JSON numbers are float64, as in Go.
fn value(data: Data) -> Outcome<Value> {
    match data {
        Data::Null => Ok(Value::NilAny),
        Data::Bool(b) => Ok(Value::Bool(b)),
        Data::Int(n) => Ok(Value::Float(n as f64)),
        Data::Uint(n) => Ok(Value::Float(n as f64)),
        Data::Float(f) if f.is_finite() => Ok(Value::Float(f)),
        Data::Float(f) => Err(Failure::new(format!(
            "error converting YAML to JSON: json: unsupported value: {}",
            crate::format::float::float_text(f)
        ))),
        Data::Text(text) => Ok(Value::text(text)),
        Data::List(items) => Value::list(items.into_iter().map(value).collect::<Outcome<_>>()?),
        Data::Map(map) => {
            let entries = map.into_iter().map(|(key, item)| Ok((key.into(), value(item)?)));
            Value::dict(entries.collect::<Outcome<_>>()?)
        }
    }
}
