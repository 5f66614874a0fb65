//! Comparisons of Go's builtins.

use std::cmp::Ordering;

use super::Args;
use crate::error::{Failure, Outcome};
use crate::value::Value;

functions! {
    /// Whether the first operand equals any of the others. Kinds must agree: 1 and "1" or 1 and 1.0 are an error.
    ///
    /// `{{ eq "b" "a" "b" }}` gives `true`
    "eq" (Raw; ...Raw) = |_, a| equal(a.at(0), a.tail(1)).map(Value::Bool);
    /// Whether two operands differ.
    ///
    /// `{{ ne 1 2 }}` gives `true`
    "ne" (Raw, Raw) = |_, a| equal(a.at(0), a.tail(1)).map(|same| Value::Bool(!same));
    /// Whether the first operand is less: numbers by size, strings by bytes.
    ///
    /// `{{ lt 1 2 }} {{ lt "b" "a" }}` gives `true false`
    "lt" (Raw, Raw) = |_, a| less(a.at(0), a.at(1)).map(Value::Bool);
    /// Whether the first operand is less or equal.
    ///
    /// `{{ le 2 2 }}` gives `true`
    "le" (Raw, Raw) = |_, a| less_or_equal(a.at(0), a.at(1)).map(Value::Bool);
    /// Whether the first operand is greater.
    ///
    /// `{{ gt 3 2 }}` gives `true`
    "gt" (Raw, Raw) = |_, a| less_or_equal(a.at(0), a.at(1)).map(|yes| Value::Bool(!yes));
    /// Whether the first operand is greater or equal.
    ///
    /// `{{ ge 2 3 }}` gives `false`
    "ge" (Raw, Raw) = |_, a| less(a.at(0), a.at(1)).map(|yes| Value::Bool(!yes));
}

/// The kinds that can be compared.
#[derive(PartialEq)]
enum Basic<'v> {
    Bool(bool),
    Complex(f64, f64),
    Integer(i64),
    Float(f64),
    Text(&'v [u8]),
    None,
}

fn basic(value: &Value) -> Basic<'_> {
    match value {
        Value::Bool(b) => Basic::Bool(*b),
        Value::Complex(re, im) => Basic::Complex(*re, *im),
        Value::Int(n) | Value::Int64(n) => Basic::Integer(*n),
        // Signed and unsigned numbers compare by value.
        Value::Byte(n) => Basic::Integer(i64::from(*n)),
        Value::Float(f) => Basic::Float(*f),
        Value::Str(text) => Basic::Text(text),
        Value::Object(object) => object.number().map_or(Basic::None, Basic::Integer),
        _ => Basic::None,
    }
}

fn incompatible(a: &Value, b: &Value) -> Failure {
    Failure::new(format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name()))
}

fn same_kind(a: &Basic<'_>, b: &Basic<'_>) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

fn null(value: &Value) -> bool {
    match value {
        Value::List(list) => list.is_nil(),
        Value::Map(map) => map.is_nil(),
        other => other.is_nil(),
    }
}

fn equal(first: &Value, others: &[Value]) -> Outcome<bool> {
    if others.is_empty() {
        return Err(Failure::new("missing argument for comparison"));
    }
    let kind = basic(first);
    for other in others {
        let (found, nil) = (basic(other), first.is_nil() || other.is_nil());
        let same = match () {
            () if !same_kind(&kind, &found) && !nil => return Err(incompatible(first, other)),
            () if !same_kind(&kind, &found) => false,
            () if kind == Basic::None => same_content(first, other)?,
            () => kind == found,
        };
        if same {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Lists, maps, objects and nils: only nils and objects can be equal.
fn same_content(a: &Value, b: &Value) -> Outcome<bool> {
    if a.kind_name() != b.kind_name() && !a.is_nil() && !b.is_nil() {
        return Err(Failure::new(format!("non-comparable types {}, {}", a.type_name(), b.type_name())));
    }
    if null(a) || null(b) {
        return Ok(null(a) == null(b));
    }
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => Ok(a.equals(b)),
        _ => Err(Failure::new(format!("non-comparable type {}", b.type_name()))),
    }
}

fn less(a: &Value, b: &Value) -> Outcome<bool> {
    let bad = || Failure::new("invalid type for comparison");
    let (first, second) = (basic(a), basic(b));
    if first == Basic::None || second == Basic::None {
        return Err(bad());
    }
    match (&first, &second) {
        (Basic::Integer(x), Basic::Integer(y)) => Ok(x < y),
        (Basic::Float(x), Basic::Float(y)) => Ok(x.partial_cmp(y) == Some(Ordering::Less)),
        (Basic::Text(x), Basic::Text(y)) => Ok(x < y),
        _ if same_kind(&first, &second) => Err(bad()),
        _ => Err(incompatible(a, b)),
    }
}

fn less_or_equal(a: &Value, b: &Value) -> Outcome<bool> {
    Ok(less(a, b)? || equal(a, std::slice::from_ref(b))?)
}
