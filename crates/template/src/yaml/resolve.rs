//! What plain scalars mean in YAML 1.1, as go-yaml 2 has it.

use super::node::{PREFIX, Scalar};
use crate::error::{Failure, Outcome};
use crate::functions::b64dec;
use crate::parse::number::{parse_float, parse_int, parse_uint};
use crate::time::parse as parse_time;

/// A scalar with a meaning.
#[derive(Clone, PartialEq)]
pub(super) enum Meaning {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    /// Text that looks like a date; it stays text.
    Timestamp,
    Text,
}

impl Meaning {
    fn tag(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Uint(_) => "int",
            Self::Float(_) => "float",
            Self::Timestamp => "timestamp",
            Self::Text => "str",
        }
    }
}

/// The words that mean something.
fn word(text: &str) -> Option<Meaning> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Meaning::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Meaning::Bool(false),
        "" | "~" | "null" | "Null" | "NULL" => Meaning::Null,
        ".nan" | ".NaN" | ".NAN" => Meaning::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Meaning::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Meaning::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// What a plain text means.
pub(super) fn meaning(text: &[u8]) -> Meaning {
    let Ok(text) = std::str::from_utf8(text) else { return Meaning::Text };
    if let Some(meaning) = word(text) {
        return meaning;
    }
    match text.as_bytes().first() {
        Some(b'.') => parse_float(text).filter(|float| float.is_finite()).map_or(Meaning::Text, Meaning::Float),
        Some(b'+' | b'-' | b'0'..=b'9') => number(text),
        _ => Meaning::Text,
    }
}

fn number(text: &str) -> Meaning {
    if is_timestamp(text) {
        return Meaning::Timestamp;
    }
    let plain = text.replace('_', "");
    if let Some(int) = parse_int(&plain) {
        return Meaning::Int(int);
    }
    if let Some(uint) = parse_uint(&plain) {
        return Meaning::Uint(uint);
    }
    if is_float(&plain)
        && let Some(float) = finite(&plain)
    {
        return Meaning::Float(float);
    }
    let (negative, digits) = match (plain.strip_prefix("0b"), plain.strip_prefix("-0b")) {
        (Some(digits), _) => (false, digits),
        (None, Some(digits)) => (true, digits),
        (None, None) => return Meaning::Text,
    };
    let signed = if negative { format!("-{digits}") } else { digits.to_string() };
    i64::from_str_radix(&signed, 2).map_or(Meaning::Text, Meaning::Int)
}

/// A number within the range of floats.
fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|float: &f64| float.is_finite())
}

/// Whether a text has YAML's form of a decimal number: `1.5e3`, `.5`, `5.`.
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    digits(whole)
        && fraction.is_none_or(digits)
        && (!whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty()))
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

/// `2001-12-14` with or without a time.
fn is_timestamp(text: &str) -> bool {
    const LAYOUTS: [&[u8]; 4] = [
        b"2006-1-2T15:4:5.999999999Z07:00",
        b"2006-1-2t15:4:5.999999999Z07:00",
        b"2006-1-2 15:4:5.999999999",
        b"2006-1-2",
    ];
    let year = text.bytes().take_while(u8::is_ascii_digit).count();
    year == 4
        && text.as_bytes().get(4) == Some(&b'-')
        && LAYOUTS.iter().any(|layout| parse_time(layout, text.as_bytes()).is_ok())
}

/// What a scalar means, its tag included, and its text.
pub(super) fn scalar(scalar: &Scalar) -> Outcome<(Meaning, Vec<u8>)> {
    let text = || scalar.text.clone();
    if scalar.tag.is_empty() {
        return Ok((if scalar.plain { meaning(&scalar.text) } else { Meaning::Text }, text()));
    }
    let short = scalar.tag.strip_prefix(PREFIX).unwrap_or_default();
    match short {
        b"binary" => {
            let decoded = b64dec(&scalar.text);
            let bytes = decoded.map_err(|_| Failure::new("yaml: !!binary value contains invalid base64 data"))?;
            Ok((Meaning::Text, bytes))
        }
        b"bool" | b"int" | b"float" | b"null" | b"timestamp" => {
            let found = meaning(&scalar.text);
            match found {
                #[allow(clippy::cast_precision_loss)] // As in Go.
                Meaning::Int(int) if short == b"float" => Ok((Meaning::Float(int as f64), text())),
                found if found.tag().as_bytes() == short => Ok((found, text())),
                found => Err(Failure::new(format!(
                    "yaml: cannot decode !!{} as a !!{}",
                    found.tag(),
                    String::from_utf8_lossy(short)
                ))),
            }
        }
        _ => Ok((Meaning::Text, text())),
    }
}
