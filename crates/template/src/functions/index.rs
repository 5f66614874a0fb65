//! Builtins of Go that look into strings, lists and maps.

use super::Args;
use crate::error::{Failure, Outcome};
use crate::value::{List, Value};

functions! {
    /// Bytes of a string, items of a list, keys of a map.
    ///
    /// `{{ len "é" }}` gives `2`
    "len" (Raw) = |_, a| len(a.at(0)).map(|n| Value::Int(i64::try_from(n).unwrap_or(i64::MAX)));
    /// The item at an index or key, and so on inward. A missing key of a map gives the zero value, never an error.
    ///
    /// `{{ index "abc" 0 }}` gives `97`
    "index" (Raw; ...Raw) = |_, a| index(a.at(0), a.tail(1));
    /// Part of a string (in bytes) or of a list: from the first index to before the second.
    "slice" (Raw; ...Raw) = |_, a| slice(a.at(0), a.tail(1));
}

fn len(value: &Value) -> Outcome<usize> {
    match value {
        Value::NilAny => Err(Failure::new("len of nil pointer")),
        Value::Nil => Err(Failure::new("reflect: call of reflect.Value.Type on zero Value")),
        Value::Str(text) => Ok(text.len()),
        Value::List(list) => Ok(list.items().len()),
        Value::Map(map) => Ok(map.len()),
        other => Err(Failure::new(format!("len of type {}", other.type_name()))),
    }
}

/// An index within `0..limit` (`0..=limit` for slices).
fn position(index: &Value, limit: usize) -> Outcome<usize> {
    let number = match index {
        Value::Int(n) | Value::Int64(n) => *n,
        Value::Byte(n) => i64::from(*n),
        Value::Object(object) if object.number().is_some() => object.number().unwrap_or(0),
        nil if nil.is_nil() => return Err(Failure::new("cannot index slice/array with nil")),
        other => {
            return Err(Failure::new(format!("cannot index slice/array with type {}", other.type_name())));
        }
    };
    // Go's own check lets an index equal to the length through; taking the item fails then.
    usize::try_from(number).ok().filter(|n| *n <= limit).ok_or_else(|| Failure::new("index out of range"))
}

fn index(item: &Value, indexes: &[Value]) -> Outcome<Value> {
    if item.is_nil() {
        return Err(Failure::new("index of untyped nil"));
    }
    let mut item = item.clone();
    for index in indexes {
        item = match &item {
            Value::Str(text) => {
                let at = position(index, text.len())?;
                Value::Byte(*text.get(at).ok_or_else(|| Failure::new("reflect: string index out of range"))?)
            }
            Value::List(list) => {
                let at = position(index, list.items().len())?;
                let found = list.items().get(at);
                found.cloned().ok_or_else(|| Failure::new("reflect: slice index out of range"))?
            }
            Value::Map(map) => match index {
                Value::Str(key) => map.get(key).unwrap_or_else(|| map.elem().zero()),
                nil if nil.is_nil() => return Err(Failure::new("value is nil; should be of type string")),
                other => {
                    let text = format!("value has type {}; should be string", other.type_name());
                    return Err(Failure::new(text));
                }
            },
            nil if nil.is_nil() => return Err(Failure::new("index of nil pointer")),
            other => return Err(Failure::new(format!("can't index item of type {}", other.type_name()))),
        };
    }
    Ok(item)
}

fn slice(item: &Value, indexes: &[Value]) -> Outcome<Value> {
    if item.is_nil() {
        return Err(Failure::new("slice of untyped nil"));
    }
    if indexes.len() > 3 {
        return Err(Failure::new(format!("too many slice indexes: {}", indexes.len())));
    }
    let length = match item {
        Value::Str(_) if indexes.len() == 3 => return Err(Failure::new("cannot 3-index slice a string")),
        Value::Str(text) => text.len(),
        Value::List(list) => list.items().len(),
        other => return Err(Failure::new(format!("can't slice item of type {}", other.type_name()))),
    };
    let at = indexes.iter().map(|index| position(index, length)).collect::<Outcome<Vec<_>>>()?;
    let from = at.first().copied().unwrap_or(0);
    let to = at.get(1).copied().unwrap_or(length);
    if from > to {
        return Err(Failure::new("invalid slice index: the first is behind the second"));
    }
    if at.get(2).is_some_and(|cap| to > *cap) {
        return Err(Failure::new("invalid slice index: the second is behind the third"));
    }
    match item {
        Value::Str(text) => Ok(Value::text(text.get(from..to).unwrap_or_default())),
        Value::List(list) => {
            let items = list.items().get(from..to).unwrap_or_default().to_vec();
            List::new(list.elem(), items).map(Value::List)
        }
        _ => Ok(Value::Nil),
    }
}
