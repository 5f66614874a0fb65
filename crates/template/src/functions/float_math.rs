//! Numbers with a fraction. Sums and products are worked out in decimals, so that 0.1 and 0.2 make 0.3.

use super::Args;
use super::cast::float64;
use crate::value::Value;

functions! {
    /// The sum.
    ///
    /// `{{ addf 0.1 0.2 }}` gives `0.3`
    "addf" (; ...Any) = |_, a| Ok(fold(a, Some(0.0), add));
    /// The number and 1.
    ///
    /// `{{ add1f 0.1 }}` gives `1.1`
    "add1f" (Any) = |_, a| Ok(Value::Float(add(float64(a.at(0)), 1.0)));
    /// The first number less the others.
    ///
    /// `{{ subf 3.3 1.1 }}` gives `2.2`
    "subf" (Any; ...Any) = |_, a| Ok(fold(a, None, |x, y| add(x, -y)));
    /// The product.
    ///
    /// `{{ mulf 1.5 2 }}` gives `3`
    "mulf" (Any; ...Any) = |_, a| Ok(fold(a, None, multiply));
    /// The first number divided by the others.
    ///
    /// `{{ divf 7 2 }}` gives `3.5`
    "divf" (Any; ...Any) = |_, a| {
        if a.iter().skip(1).any(|by| float64(by) == 0.0) {
            return Err(crate::error::Failure::new("decimal division by 0"));
        }
        Ok(fold(a, None, |x, y| x / y))
    };
    /// The largest number.
    ///
    /// `{{ maxf 1 2.5 }}` gives `2.5`
    "maxf" (Any; ...Any) = |_, a| Ok(fold(a, None, f64::max));
    /// The smallest number.
    ///
    /// `{{ minf 1 2.5 }}` gives `1`
    "minf" (Any; ...Any) = |_, a| Ok(fold(a, None, f64::min));
    /// The next whole number downwards.
    ///
    /// `{{ floor 3.7 }}` gives `3`
    "floor" (Any) = |_, a| Ok(Value::Float(float64(a.at(0)).floor()));
    /// The next whole number upwards.
    ///
    /// `{{ ceil 3.2 }}` gives `4`
    "ceil" (Any) = |_, a| Ok(Value::Float(float64(a.at(0)).ceil()));
    /// The number with so many digits after the point; the third value is where rounding up begins, 0.5 if absent.
    ///
    /// `{{ round 3.14159 2 }}` gives `3.14`
    "round" (Any, Int; ...Float) = |_, a| Ok(Value::Float(round(a)));
}

fn fold(a: &[Value], start: Option<f64>, step: fn(f64, f64) -> f64) -> Value {
    let mut numbers = a.iter().map(float64);
    let first = start.or_else(|| numbers.next()).unwrap_or(0.0);
    Value::Float(numbers.fold(first, step))
}

/// A number as an integer and a count of decimal places.
fn decimal(f: f64) -> Option<(i128, u32)> {
    let text = format!("{f}");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{whole}{part}");
    Some((digits.parse().ok()?, u32::try_from(part.len()).ok()?))
}

fn float(number: i128, places: u32) -> Option<f64> {
    format!("{number}e-{places}").parse().ok()
}

fn add(x: f64, y: f64) -> f64 {
    let exact = || {
        let (first, second) = (decimal(x)?, decimal(y)?);
        let places = first.1.max(second.1);
        let scale = |(number, from): (i128, u32)| number.checked_mul(10i128.checked_pow(places - from)?);
        float(scale(first)?.checked_add(scale(second)?)?, places)
    };
    exact().unwrap_or(x + y)
}

fn multiply(x: f64, y: f64) -> f64 {
    let exact = || {
        let (first, second) = (decimal(x)?, decimal(y)?);
        float(first.0.checked_mul(second.0)?, first.1 + second.1)
    };
    exact().unwrap_or(x * y)
}

fn round(a: &[Value]) -> f64 {
    let half = if let Some(Value::Float(half)) = a.get(2) { *half } else { 0.5 };
    let power = 10f64.powi(i32::try_from(a.int(1)).unwrap_or(0));
    let digit = power * float64(a.at(0));
    let part = digit.fract();
    let whole = if part >= half { digit.ceil() } else { digit.floor() };
    whole / power
}
