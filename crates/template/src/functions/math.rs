//! Whole numbers. Arithmetic wraps on overflow and truncates toward zero, as in Go.

use super::Args;
use super::cast::int64;
use crate::error::Failure;
use crate::value::Value;

functions! {
    /// The sum.
    ///
    /// `{{ add 1 2 3 }}` gives `6`
    "add" (; ...Any) = |_, a| Ok(Value::Int64(a.iter().fold(0, |sum, v| sum.wrapping_add(int64(v)))));
    /// The number and 1.
    ///
    /// `{{ add1 4 }}` gives `5`
    "add1" (Any) = |_, a| Ok(Value::Int64(int64(a.at(0)).wrapping_add(1)));
    /// The difference.
    ///
    /// `{{ sub 5 7 }}` gives `-2`
    "sub" (Any, Any) = |_, a| Ok(Value::Int64(int64(a.at(0)).wrapping_sub(int64(a.at(1)))));
    /// The product.
    ///
    /// `{{ mul 2 3 4 }}` gives `24`
    "mul" (Any; ...Any) = |_, a| Ok(Value::Int64(a.iter().fold(1, |product, v| product.wrapping_mul(int64(v)))));
    /// The quotient.
    ///
    /// `{{ div 7 2 }}` gives `3`
    "div" (Any, Any) = |_, a| {
        let by = nonzero(int64(a.at(1)))?;
        Ok(Value::Int64(int64(a.at(0)).wrapping_div(by)))
    };
    /// The remainder.
    ///
    /// `{{ mod 7 3 }}` gives `1`
    "mod" (Any, Any) = |_, a| {
        let by = nonzero(int64(a.at(1)))?;
        Ok(Value::Int64(int64(a.at(0)).wrapping_rem(by)))
    };
    /// The largest number.
    ///
    /// `{{ max 1 5 3 }}` gives `5`
    "max" (Any; ...Any) = |_, a| Ok(Value::Int64(a.iter().map(int64).max().unwrap_or(0)));
    /// The same as `max`.
    ///
    /// `{{ biggest 1 5 3 }}` gives `5`
    "biggest" (Any; ...Any) = |_, a| Ok(Value::Int64(a.iter().map(int64).max().unwrap_or(0)));
    /// The smallest number.
    ///
    /// `{{ min 4 2 }}` gives `2`
    "min" (Any; ...Any) = |_, a| Ok(Value::Int64(a.iter().map(int64).min().unwrap_or(0)));
}

fn nonzero(n: i64) -> Result<i64, Failure> {
    if n == 0 { Err(Failure::new("runtime error: integer divide by zero")) } else { Ok(n) }
}
