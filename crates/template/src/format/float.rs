//! Go's text for floats: shortest or with a precision, in the forms e, f and g.

use std::fmt::Write as _;

/// No float64 has more decimal digits than this, on either side of its point; all further ones are 0.
const EXACT: usize = 1_100;

/// Decimal digits and exponent: `0.d1d2d3… × 10^point`, as Go's `decimalSlice`.
struct Digits {
    negative: bool,
    all: String,
    point: i32,
}

fn split(text: &str) -> Digits {
    let negative = text.starts_with('-');
    let (mantissa, exponent) = text.trim_start_matches('-').split_once('e').unwrap_or((text, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    Digits { negative, all: digits, point }
}

fn special(f: f64) -> Option<&'static str> {
    match f {
        _ if f.is_nan() => Some("NaN"),
        f64::INFINITY => Some("+Inf"),
        f64::NEG_INFINITY => Some("-Inf"),
        _ => None,
    }
}

/// Go's `strconv.FormatFloat(f, form, precision, 64)`; no precision means the shortest text that reads back.
pub fn format_float(f: f64, form: char, precision: Option<usize>) -> String {
    if let Some(text) = special(f) {
        return text.into();
    }
    match (form, precision) {
        ('e' | 'E', Some(precision)) => {
            let kept = precision.min(EXACT);
            exponent_form(&split(&format!("{f:.kept$e}")), precision, form)
        }
        ('e' | 'E', None) => {
            let digits = split(&format!("{f:e}"));
            let precision = digits.all.len() - 1;
            exponent_form(&digits, precision, form)
        }
        ('f' | 'F', Some(precision)) => {
            let kept = precision.min(EXACT);
            format!("{f:.kept$}") + &"0".repeat(precision - kept)
        }
        ('f' | 'F', None) => format!("{f}"),
        ('b', _) => binary_form(f),
        ('x', _) => hex_form(f, precision),
        ('X', _) => hex_form(f, precision).to_ascii_uppercase(),
        _ => general(f, form, precision),
    }
}

/// Mantissa and exponent of two as integers.
fn parts(f: f64) -> (u64, i64) {
    let bits = f.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52) & 0x7FF {
        0 => (fraction, -1074),
        exponent => (fraction | (1 << 52), i64::from(u16::try_from(exponent).unwrap_or(0)) - 1075),
    }
}

/// `4503599627370496p-52`
fn binary_form(f: f64) -> String {
    let (mantissa, exponent) = parts(f);
    format!("{}{mantissa}p{exponent:+}", if f.is_sign_negative() { "-" } else { "" })
}

/// `0x1.8p+01`
fn hex_form(f: f64, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = parts(f);
    if mantissa == 0 {
        exponent = 0;
    } else {
        let shift = mantissa.leading_zeros() - 3;
        mantissa <<= shift;
        // 60 bits after the point from here on.
        exponent += 60 - i64::from(shift);
    }
    if let Some(digits) = precision.filter(|digits| *digits < 15) {
        let cut = 60 - 4 * digits;
        let (rest, half) = (mantissa & ((1 << cut) - 1), 1u64 << (cut - 1));
        mantissa >>= cut;
        if rest > half || (rest == half && mantissa & 1 == 1) {
            mantissa += 1;
        }
        mantissa <<= cut;
        if mantissa >> 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    match precision {
        None => digits.truncate(digits.trim_end_matches('0').len()),
        Some(precision) => digits = digits.chars().chain(std::iter::repeat('0')).take(precision).collect(),
    }
    let point = if digits.is_empty() { "" } else { "." };
    let sign = if f.is_sign_negative() { "-" } else { "" };
    let direction = if exponent < 0 { '-' } else { '+' };
    format!("{sign}0x{}{point}{digits}p{direction}{:02}", mantissa >> 60, exponent.abs())
}

fn exponent_form(digits: &Digits, precision: usize, form: char) -> String {
    let mut text = String::from(if digits.negative { "-" } else { "" });
    let mut rest = digits.all.chars();
    text.push(rest.next().unwrap_or('0'));
    if precision > 0 {
        text.push('.');
        text.extend(rest.chain(std::iter::repeat('0')).take(precision));
    }
    let zero = digits.all.chars().all(|c| c == '0');
    let exponent = if zero { 0 } else { digits.point - 1 };
    text.push(form);
    let _ = write!(text, "{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    text
}

/// The limits of form g: an exponent below -4 or from `limit` upwards is written.
fn general(f: f64, form: char, precision: Option<usize>) -> String {
    let mut digits = match precision {
        None => split(&format!("{f:e}")),
        Some(precision) => {
            let after = (precision.max(1) - 1).min(EXACT);
            let mut digits = split(&format!("{f:.after$e}"));
            digits.all.truncate(digits.all.trim_end_matches('0').len());
            digits
        }
    };
    if digits.all.is_empty() || digits.all == "0" {
        digits.all = String::new();
        digits.point = 0;
    }
    let count = i32::try_from(digits.all.len()).unwrap_or(i32::MAX);
    let mut limit = match precision {
        Some(precision) => i32::try_from(precision.max(1)).unwrap_or(i32::MAX),
        None => 6,
    };
    if limit > count && count >= digits.point {
        limit = count;
    }
    if precision.is_none() {
        limit = 6;
    }
    let exponent = digits.point - 1;
    if exponent < -4 || exponent >= limit {
        let shown = usize::try_from(count.max(1) - 1).unwrap_or(0);
        return exponent_form(&digits, shown, if form == 'G' { 'E' } else { 'e' });
    }
    plain_form(&digits)
}

fn plain_form(digits: &Digits) -> String {
    let mut text = String::from(if digits.negative { "-" } else { "" });
    let point = usize::try_from(digits.point).unwrap_or(0);
    if point == 0 {
        text.push('0');
    } else {
        text.extend(digits.all.chars().chain(std::iter::repeat('0')).take(point));
    }
    if digits.all.len() > point || digits.point < 0 {
        let zeros = usize::try_from(-digits.point).unwrap_or(0);
        let rest = digits.all.get(point..).unwrap_or("");
        if !rest.is_empty() {
            text.push('.');
            text.extend(std::iter::repeat_n('0', zeros));
            text += rest;
        }
    }
    text
}

/// What printing a float shows: form g, shortest.
pub fn float_text(f: f64) -> String {
    format_float(f, 'g', None)
}

/// How `encoding/json` writes a float: an exponent below 1e-6 and from 1e21 upwards. `None` for NaN and infinities.
pub fn json_float(f: f64) -> Option<String> {
    if !f.is_finite() {
        return None;
    }
    let size = f.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format_float(f, 'e', None);
        // e-09 becomes e-9.
        return Some(match text.split_once("e-0") {
            Some((mantissa, exponent)) => format!("{mantissa}e-{exponent}"),
            None => text,
        });
    }
    Some(format!("{f}"))
}
