//! Go's `time.Duration`: a number of nanoseconds.

use super::NANOS;
use crate::error::{Failure, Outcome};
use crate::functions::Param;
use crate::object::{Method, Named};
use crate::value::Value;

/// A duration as a template sees it.
pub(crate) fn value(nanos: i64) -> Value {
    Value::named(Named { type_name: "time.Duration", kind: "int64", number: nanos, text: text(nanos), method })
}

/// `Duration.String`: `1h2m0.5s`.
pub(crate) fn text(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let all = nanos.unsigned_abs();
    let unit = |size: u64, name: &str| {
        let fraction = format!("{:0width$}", all % size, width = size.ilog10() as usize);
        let fraction = fraction.trim_end_matches('0');
        let point = if size == 1 || fraction.is_empty() { String::new() } else { format!(".{fraction}") };
        format!("{sign}{}{point}{name}", all / size)
    };
    match all {
        0 => "0s".into(),
        1..=999 => unit(1, "ns"),
        1_000..=999_999 => unit(1_000, "µs"),
        1_000_000..=999_999_999 => unit(1_000_000, "ms"),
        _ => {
            let second = NANOS.unsigned_abs();
            let fraction = format!("{:09}", all % second);
            let fraction = fraction.trim_end_matches('0');
            let point = if fraction.is_empty() { "" } else { "." };
            let (hours, minutes, seconds) = (all / second / 3600, all / second / 60 % 60, all / second % 60);
            let tail = format!("{seconds}{point}{fraction}s");
            match (hours, minutes) {
                (0, 0) => format!("{sign}{tail}"),
                (0, _) => format!("{sign}{minutes}m{tail}"),
                _ => format!("{sign}{hours}h{minutes}m{tail}"),
            }
        }
    }
}

/// `time.ParseDuration`: `-1.5h`, `1h2m3s`, `100ms`.
pub(crate) fn parse(text: &[u8]) -> Outcome<i64> {
    let bad = || Failure::new("time: invalid duration");
    let text = std::str::from_utf8(text).map_err(|_| bad())?;
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(bad());
    }
    let mut sum = 0u64;
    while !rest.is_empty() {
        let (part, tail) = part(rest)?;
        sum = sum.checked_add(part).filter(|sum| *sum <= 1 << 63).ok_or_else(bad)?;
        rest = tail;
    }
    match (negative, i64::try_from(sum)) {
        (true, Ok(nanos)) => Ok(-nanos),
        (true, Err(_)) => Ok(i64::MIN),
        (false, nanos) => nanos.map_err(|_| bad()),
    }
}

/// A number and its unit, in nanoseconds, and what follows.
fn part(text: &str) -> Outcome<(u64, &str)> {
    let bad = || Failure::new("time: invalid duration");
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = text.split_at(digits(text));
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits(rest)),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(bad());
    }
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    let unit: u64 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "" => return Err(Failure::new("time: missing unit in duration")),
        _ => return Err(Failure::new("time: unknown unit in duration")),
    };
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().map_err(|_| bad())? };
    let whole = whole.checked_mul(unit).filter(|n| *n <= 1 << 63).ok_or_else(bad)?;
    Ok((whole + fraction_of(fraction, unit), rest))
}

/// Go computes the fraction as a float of its leading digits; digits that overflow are dropped.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // As in Go.
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let (mut number, mut scale) = (0u64, 1f64);
    for digit in digits.bytes() {
        let next = number.checked_mul(10).and_then(|n| n.checked_add(u64::from(digit - b'0')));
        match next.filter(|n| i64::try_from(*n).is_ok()) {
            Some(next) => number = next,
            None => break,
        }
        scale *= 10.0;
    }
    (number as f64 * (unit as f64 / scale)) as u64
}

/// `Duration.Round`: to the nearest multiple of a unit, halves away from zero.
pub(crate) fn round(nanos: i64, unit: i64) -> i64 {
    if unit <= 0 {
        return nanos;
    }
    let rest = nanos % unit;
    let down = nanos - rest;
    if rest.unsigned_abs() * 2 < unit.unsigned_abs() {
        return down;
    }
    let up = if nanos < 0 { down.checked_sub(unit) } else { down.checked_add(unit) };
    up.unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}

/// The nanoseconds of a value that is a duration.
pub(super) fn of(value: &Value) -> i64 {
    let Value::Object(object) = value else { return 0 };
    object.as_any().downcast_ref::<Named>().map_or(0, |named| named.number)
}

#[allow(clippy::cast_precision_loss)] // As in Go.
fn method(name: &str) -> Option<Method> {
    fn parts(nanos: i64, unit: i64) -> Value {
        Value::Float((nanos / unit) as f64 + (nanos % unit) as f64 / unit as f64)
    }
    let call: crate::object::Call = match name {
        "Hours" => |_, n, _| Ok(parts(Named::number(n), 3600 * NANOS)),
        "Minutes" => |_, n, _| Ok(parts(Named::number(n), 60 * NANOS)),
        "Seconds" => |_, n, _| Ok(parts(Named::number(n), NANOS)),
        "Milliseconds" => |_, n, _| Ok(Value::Int64(Named::number(n) / 1_000_000)),
        "Microseconds" => |_, n, _| Ok(Value::Int64(Named::number(n) / 1_000)),
        "Nanoseconds" => |_, n, _| Ok(Value::Int64(Named::number(n))),
        "Abs" => |_, n, _| Ok(value(Named::number(n).saturating_abs())),
        "String" => |_, n, _| Ok(Value::text(text(Named::number(n)))),
        "Round" => |_, n, a| Ok(value(round(Named::number(n), a.first().map_or(0, of)))),
        "Truncate" => |_, n, a| {
            let (nanos, unit) = (Named::number(n), a.first().map_or(0, of));
            Ok(value(if unit <= 0 { nanos } else { nanos - nanos % unit }))
        },
        _ => return None,
    };
    let params: &[Param] = if matches!(name, "Round" | "Truncate") { &[Param::Duration] } else { &[] };
    Some(Method { params, call })
}
