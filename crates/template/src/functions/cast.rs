//! How sprig makes text, numbers and lists of anything.

use super::Param;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::format::to_text;
use crate::parse::number::{parse_float, parse_int};
use crate::value::{Elem, List, Value};

/// Text of anything: strings as they are, all else printed.
pub(crate) fn text(ctx: &mut Ctx<'_>, value: &Value) -> Outcome<Vec<u8>> {
    match value {
        Value::Str(text) => {
            ctx.reserve(text.len())?;
            Ok(text.to_vec())
        }
        Value::List(list) if list.as_bytes().is_some() => Ok(list.as_bytes().unwrap_or_default()),
        other => to_text(ctx, other),
    }
}

/// An int64 of anything, by the rules of Go's package cast: what is no number is 0.
pub(crate) fn int64(value: &Value) -> i64 {
    match value {
        Value::Int(n) | Value::Int64(n) => *n,
        Value::Byte(n) => i64::from(*n),
        Value::Float(f) => truncated(*f),
        Value::Bool(b) => i64::from(*b),
        Value::Str(text) => std::str::from_utf8(text).map_or(0, int_of_text),
        other => number(other).unwrap_or(0),
    }
}

/// A float without its fraction; what does not fit is the least number, as on the machines that Go runs on.
#[allow(clippy::cast_possible_truncation)] // The range is checked.
fn truncated(f: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&f) { f as i64 } else { i64::MIN }
}

/// Leading zeros make octal, prefixes other bases; a decimal number is cut at its point.
fn int_of_text(text: &str) -> i64 {
    let whole = match text.split_once('.') {
        Some((whole, tail)) => {
            let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
            if !digits(tail) || !digits(whole.strip_prefix(['+', '-']).unwrap_or(whole)) {
                return 0;
            }
            whole
        }
        None => text,
    };
    parse_int(whole).unwrap_or(0)
}

/// A float64 of anything; what is no number is 0.
pub(crate) fn float64(value: &Value) -> f64 {
    match value {
        Value::Float(f) => *f,
        #[allow(clippy::cast_precision_loss)] // As in Go.
        Value::Int(n) | Value::Int64(n) => *n as f64,
        Value::Byte(n) => f64::from(*n),
        Value::Bool(b) => f64::from(u8::from(*b)),
        Value::Str(text) => std::str::from_utf8(text).ok().and_then(parse_float).unwrap_or(0.0),
        #[allow(clippy::cast_precision_loss)] // As in Go.
        other => number(other).unwrap_or(0) as f64,
    }
}

/// The number of an object that Go takes for one; durations are none.
fn number(value: &Value) -> Option<i64> {
    let Value::Object(object) = value else { return None };
    object.number().filter(|_| object.type_name() != "time.Duration")
}

/// The items of a list; `what` completes "Cannot ... on type".
pub(crate) fn items<'v>(value: &'v Value, what: &str) -> Outcome<&'v [Value]> {
    match value {
        Value::List(list) => Ok(list.items()),
        nil if nil.is_nil() => Err(Failure::new("runtime error: invalid memory address or nil pointer dereference")),
        other => Err(Failure::new(format!("Cannot {what} on type {}", other.kind_name()))),
    }
}

/// The texts of a list; a scalar is a list of itself, nils are left out.
pub(crate) fn texts(ctx: &mut Ctx<'_>, value: &Value) -> Outcome<Vec<Vec<u8>>> {
    match value {
        nil if nil.is_nil() => Ok(Vec::new()),
        Value::List(list) => {
            let mut out = Vec::with_capacity(list.items().len());
            for item in list.items().iter().filter(|item| !item.is_nil()) {
                out.push(text(ctx, item)?);
            }
            Ok(out)
        }
        other => Ok(vec![text(ctx, other)?]),
    }
}

/// The same as a list. A `[]string` is itself, not another list: `sortAlpha` shows it.
pub(crate) fn text_list(ctx: &mut Ctx<'_>, value: &Value) -> Outcome<List> {
    match value {
        Value::List(list) if list.elem() == Elem::Str => Ok(list.clone()),
        other => List::new(Elem::Str, texts(ctx, other)?.iter().map(Value::text).collect()),
    }
}

/// Two values of any kind, compared as `reflect.DeepEqual` does.
pub(crate) fn deep_equal(ctx: &mut Ctx<'_>, a: &Value, b: &Value, depth: u32) -> Outcome<bool> {
    ctx.step()?;
    if depth > 600 {
        return Err(Failure::budget("compares values that nest too deep"));
    }
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::Int(a), Value::Int(b)) | (Value::Int64(a), Value::Int64(b)) => Ok(a == b),
        (Value::Byte(a), Value::Byte(b)) => Ok(a == b),
        #[allow(clippy::float_cmp)] // Equality is what is asked.
        (Value::Float(a), Value::Float(b)) => Ok(a == b),
        #[allow(clippy::float_cmp)] // Equality is what is asked.
        (Value::Complex(re, im), Value::Complex(other_re, other_im)) => Ok(re == other_re && im == other_im),
        (Value::Str(a), Value::Str(b)) => Ok(a == b),
        (Value::List(x), Value::List(y)) => {
            if x.elem() != y.elem() || x.is_nil() != y.is_nil() || x.items().len() != y.items().len() {
                return Ok(false);
            }
            for (x, y) in x.items().iter().zip(y.items()) {
                if !deep_equal(ctx, x, y, depth + 1)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Map(x), Value::Map(y)) => {
            if x.same(y) {
                return Ok(true);
            }
            if x.elem() != y.elem() || x.is_nil() != y.is_nil() || x.len() != y.len() {
                return Ok(false);
            }
            for ((k, v), (l, w)) in x.entries().iter().zip(y.entries()) {
                if *k != l || !deep_equal(ctx, v, &w, depth + 1)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Object(a), Value::Object(b)) => Ok(a.deeply_equals(b)),
        _ => Ok(a.is_nil() && b.is_nil()),
    }
}

/// The map that a parameter of type `map[string]interface {}` holds.
pub(crate) fn dict(value: &Value) -> Outcome<&crate::value::Map> {
    match value {
        Value::Map(map) => Ok(map),
        other => Err(Failure::new(format!("expected {}; got {}", Param::Dict.name(), other.type_name()))),
    }
}
