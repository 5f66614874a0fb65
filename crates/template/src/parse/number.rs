//! Number and character constants, and the quoted strings of the template language.

use super::ast::Number;
use super::token::Kind;
use crate::format::quote::{quote_text, unquote, unquote_char};

/// Go's `ParseUint(text, 0, 64)`: base prefixes, and underscores between digits.
pub fn parse_uint(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (base, digits, prefixed) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)?, true),
        [b'0', b'o', ..] => (8, lower.get(2..)?, true),
        [b'0', b'b', ..] => (2, lower.get(2..)?, true),
        [b'0', _, ..] => (8, lower.get(1..)?, true),
        _ => (10, lower.as_str(), false),
    };
    let digits = strip_underscores(digits, prefixed)?;
    if digits.is_empty() || digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(&digits, base).ok()
}

/// Go's `ParseInt(text, 0, 64)`.
pub fn parse_int(text: &str) -> Option<i64> {
    if let Some(rest) = text.strip_prefix('-') {
        return 0i64.checked_sub_unsigned(parse_uint(rest)?);
    }
    i64::try_from(parse_uint(text.strip_prefix('+').unwrap_or(text))?).ok()
}

/// Underscores may stand between digits, or between a base prefix and a digit.
fn strip_underscores(digits: &str, prefixed: bool) -> Option<String> {
    if !digits.contains('_') {
        return Some(digits.into());
    }
    let wrong = digits.contains("__") || digits.ends_with('_') || (digits.starts_with('_') && !prefixed);
    (!wrong).then(|| digits.replace('_', ""))
}

/// Go's `ParseFloat(text, 64)`, hex floats included; `None` when it is no number or too large.
pub fn parse_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let value = if unsigned.starts_with("0x") || unsigned.starts_with("0X") {
        parse_hex_float(unsigned.get(2..)?)?
    } else {
        let word = unsigned.to_ascii_lowercase();
        match word.as_str() {
            "inf" | "infinity" => f64::INFINITY,
            "nan" => return Some(f64::NAN),
            _ => between_digits(unsigned)?.parse::<f64>().ok().filter(|f| f.is_finite())?,
        }
    };
    Some(if text.starts_with('-') { -value } else { value })
}

/// Text without underscores; `None` when one does not stand between digits.
fn between_digits(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let fine = (0..bytes.len())
        .filter(|at| bytes.get(*at) == Some(&b'_'))
        .all(|at| digit(at.checked_sub(1)) && digit(at.checked_add(1)));
    fine.then(|| text.replace('_', ""))
}

fn parse_hex_float(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    let (mantissa, exponent) = lower.split_once('p')?;
    let mantissa = mantissa.replace('_', "");
    let (whole, part) = mantissa.split_once('.').unwrap_or((&mantissa, ""));
    let digits = format!("{whole}{part}");
    if digits.is_empty() {
        return None;
    }
    let bits = u64::from_str_radix(&digits, 16).ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    let scale = exponent.checked_sub(i32::try_from(part.len()).ok()?.checked_mul(4)?)?;
    #[allow(clippy::cast_precision_loss)] // Constants of more than 53 bits round, as the constant itself would.
    let value = bits as f64 * 2f64.powi(scale);
    value.is_finite().then_some(value)
}

/// A constant as the lexer found it.
pub fn number(source: &str, kind: Kind) -> Result<Number, String> {
    let mut number = Number { source: source.into(), ..Number::default() };
    match kind {
        Kind::CharConstant => char_constant(&mut number)?,
        Kind::Complex => complex(&mut number)?,
        _ => plain(&mut number)?,
    }
    Ok(number)
}

fn char_constant(number: &mut Number) -> Result<(), String> {
    let inner = number.source.get(1..).unwrap_or("");
    let (code, rest) = unquote_char(inner, '\'').ok_or("invalid syntax")?;
    if rest != "'" {
        return Err(format!("malformed character constant: {}", number.source));
    }
    number.int = Some(i64::from(code));
    number.uint = Some(u64::from(code));
    number.float = Some(f64::from(code));
    Ok(())
}

fn complex(number: &mut Number) -> Result<(), String> {
    let illegal = || format!("illegal number syntax: {}", quote_text(&number.source));
    let body = number.source.strip_suffix('i').ok_or_else(illegal)?;
    let at = body
        .char_indices()
        .rev()
        .find(|(at, c)| {
            let before = body.get(..*at).and_then(|b| b.chars().last());
            matches!(c, '+' | '-') && *at > 0 && !matches!(before, Some('e' | 'E' | 'p' | 'P'))
        })
        .map(|(at, _)| at)
        .ok_or_else(illegal)?;
    let part = |text: &str| parse_float(text).or_else(|| parse_float(&text.replace('_', ""))).ok_or_else(illegal);
    let pair = (part(body.get(..at).unwrap_or(""))?, part(body.get(at..).unwrap_or(""))?);
    set_complex(number, pair);
    Ok(())
}

/// The integer that a float is, if it is one.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::float_cmp)] // Exactness is what is asked.
fn exact_int(float: f64) -> Option<i64> {
    let int = float as i64;
    (int != i64::MAX && int as f64 == float).then_some(int)
}

/// The integer without sign that a float is, if it is one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, clippy::float_cmp)]
fn exact_uint(float: f64) -> Option<u64> {
    let uint = float as u64;
    (uint != u64::MAX && uint as f64 == float).then_some(uint)
}

/// Complex constants without an imaginary part are numbers of the other kinds too.
fn set_complex(number: &mut Number, (re, im): (f64, f64)) {
    number.complex = Some((re, im));
    if im == 0.0 {
        number.float = Some(re);
        number.int = exact_int(re);
        number.uint = exact_uint(re);
    }
}

#[allow(clippy::cast_precision_loss)] // Constants of more than 53 bits round, as in Go.
fn plain(number: &mut Number) -> Result<(), String> {
    let source = number.source.clone();
    if let Some(im) = source.strip_suffix('i').and_then(parse_float) {
        set_complex(number, (0.0, im));
        return Ok(());
    }
    number.uint = parse_uint(&source);
    number.int = parse_int(&source);
    if number.int == Some(0) {
        number.uint = Some(0);
    }
    if let Some(int) = number.int {
        number.float = Some(int as f64);
    } else if let Some(uint) = number.uint {
        number.float = Some(uint as f64);
    } else if let Some(float) = parse_float(&source) {
        if !source.contains(['.', 'e', 'E', 'p', 'P']) {
            return Err(format!("integer overflow: {}", quote_text(&source)));
        }
        number.float = Some(float);
        number.int = exact_int(float);
        number.uint = exact_uint(float);
    }
    if number.float.is_none() {
        return Err(format!("illegal number syntax: {}", quote_text(&source)));
    }
    Ok(())
}

/// The content of a quoted or raw string.
pub fn string(source: &str) -> Result<Vec<u8>, String> {
    unquote(source).ok_or_else(|| "invalid syntax".to_string())
}
