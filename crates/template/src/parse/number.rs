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
    let value = match unsigned.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" => return Some(f64::NAN),
        _ => float_of_digits(unsigned).filter(|float| float.is_finite())?,
    };
    Some(if text.starts_with('-') { -value } else { value })
}

/// A number without sign; infinite when it is too large.
fn float_of_digits(text: &str) -> Option<f64> {
    if text.starts_with("0x") || text.starts_with("0X") {
        return parse_hex_float(text.get(2..)?);
    }
    between_digits(text)?.parse().ok()
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
    let (mantissa, half) = (bits as f64, scale / 2);
    // In two steps: the scale alone may be out of range where the number is not.
    Some(mantissa * 2f64.powi(half) * 2f64.powi(scale - half))
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

/// A pair as Go's `fmt.Sscan` reads it.
fn complex(number: &mut Number) -> Result<(), String> {
    let wrong = || "syntax error scanning complex number".to_owned();
    let source = number.source.as_str();
    let (re, rest) = source.split_at(float_token(source));
    let sign = usize::from(rest.starts_with(['+', '-']));
    if sign == 0 {
        return Err(wrong());
    }
    let (im, rest) = rest.split_at(sign + float_token(rest.get(sign..).unwrap_or("")));
    if !rest.starts_with('i') {
        return Err(wrong());
    }
    let pair = (scanned_float(re)?, scanned_float(im)?);
    set_complex(number, pair);
    Ok(())
}

/// Bytes that `fmt.Sscan` takes for a number, which need not be one.
fn float_token(text: &str) -> usize {
    let mut bytes = text.bytes().peekable();
    let mut taken = 0;
    let mut accept = |set: &[u8]| {
        let accepted = bytes.next_if(|byte| set.contains(byte)).is_some();
        taken += usize::from(accepted);
        accepted
    };
    accept(b"+-");
    // It may be infinity.
    accept(b"iI");
    let hex = accept(b"0") && accept(b"xX");
    let (digits, exponent) =
        if hex { (&b"0123456789abcdefABCDEF_"[..], &b"pP"[..]) } else { (&b"0123456789_"[..], &b"eEpP"[..]) };
    while accept(digits) {}
    if accept(b".") {
        while accept(digits) {}
    }
    if accept(exponent) {
        accept(b"+-");
        while accept(b"0123456789_") {}
    }
    taken
}

fn scanned_float(text: &str) -> Result<f64, String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let wrong = |why: &str| format!("strconv.ParseFloat: parsing {}: {why}", quote_text(text));
    match float_of_digits(unsigned) {
        None => Err(wrong("invalid syntax")),
        Some(float) if float.is_infinite() => Err(wrong("value out of range")),
        Some(float) => Ok(if text.starts_with('-') { -float } else { float }),
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests fail loudly.

    use super::*;

    #[test]
    fn pairs_are_read_as_go_scans_them() {
        let of = |source: &str| number(source, Kind::Complex).map(|number| number.complex.unwrap());
        assert_eq!(of("1+2i"), Ok((1.0, 2.0)));
        assert_eq!(of("-1_000-0x1p4i"), Ok((-1000.0, -16.0)));
        let scan = Err("syntax error scanning complex number".to_owned());
        assert_eq!(of("1+i"), scan); // Go takes the i for the beginning of infinity.
        assert_eq!(of("0b1+2i"), scan);
        let parse = |what: &str| Err(format!("strconv.ParseFloat: parsing {what}"));
        assert_eq!(of("1-.i"), parse("\"-.\": invalid syntax"));
        assert_eq!(of("0x1+2i"), parse("\"0x1\": invalid syntax"));
        assert_eq!(of("1+1e400i"), parse("\"+1e400\": value out of range"));
        assert_eq!(of("1+0x1p2000i"), parse("\"+0x1p2000\": value out of range"));
    }

    #[test]
    fn hexadecimal_floats_reach_both_ends() {
        assert_eq!(parse_float("0x0p2000"), Some(0.0));
        assert_eq!(parse_float("0x.00000001p1050"), Some(2.808_895_523_222_368_6e306));
        assert_eq!(parse_float("0x1000000000p-1090"), Some(5.180_654e-318));
        assert_eq!(parse_float("0x1p1024"), None);
    }
}
