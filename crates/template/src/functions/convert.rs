//! Text and numbers made of anything.

use std::num::IntErrorKind;

use super::Args;
use super::cast::{float64, int64, text, text_list};
use crate::value::Value;

functions! {
    /// A value as text.
    ///
    /// `{{ toString 1e6 }}` gives `1e+06`
    "toString" (Any) = |c, a| Ok(Value::text(text(c, a.at(0))?));
    /// The items of a list as texts.
    ///
    /// `{{ toStrings (list 1 "a") }}` gives `[1 a]`
    "toStrings" (Any) = |c, a| text_list(c, a.at(0)).map(Value::List);
    /// A value as `int`; a leading zero makes octal, what is no number is 0.
    ///
    /// `{{ int "010" }} {{ int "5.9" }} {{ int "x" }}` gives `8 5 0`
    "int" (Any) = |_, a| Ok(Value::Int(int64(a.at(0))));
    /// A value as `int64`, by the rules of `int`.
    ///
    /// `{{ int64 "0x10" }}` gives `16`
    "int64" (Any) = |_, a| Ok(Value::Int64(int64(a.at(0))));
    /// A value as `float64`; what is no number is 0.
    ///
    /// `{{ float64 "1e7" }}` gives `1e+07`
    "float64" (Any) = |_, a| Ok(Value::Float(float64(a.at(0))));
    /// A decimal text as `int`; what is no number is 0.
    ///
    /// `{{ atoi "010" }}` gives `10`
    "atoi" (Str) = |_, a| Ok(Value::Int(std::str::from_utf8(a.str(0)).map_or(0, atoi)));
    /// Octal digits as a number; what is no octal number is 0.
    ///
    /// `{{ toDecimal "0777" }}` gives `511`
    "toDecimal" (Any) = |c, a| {
        let text = text(c, a.at(0))?;
        Ok(Value::Int64(i64::from_str_radix(&String::from_utf8_lossy(&text), 8).unwrap_or(0)))
    };
}

/// Go's `Atoi` without its error: a number that is too large gives the largest one.
fn atoi(text: &str) -> i64 {
    match text.parse::<i64>() {
        Ok(number) => number,
        Err(error) => match error.kind() {
            IntErrorKind::PosOverflow => i64::MAX,
            IntErrorKind::NegOverflow => i64::MIN,
            _ => 0,
        },
    }
}
