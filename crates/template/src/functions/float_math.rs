//! Numbers with a fraction. Sums and products are worked out in decimals, so that 0.1 and 0.2 make 0.3.

use super::Args;
use super::cast::float64;
use super::decimal::Decimal;
use crate::error::{Failure, Outcome};
use crate::value::Value;

functions! {
    /// The sum.
    ///
    /// `{{ addf 0.1 0.2 }}` gives `0.3`
    "addf" (; ...Any) = |_, a| exact(std::iter::once(0.0).chain(a.iter().map(float64)), PLUS);
    /// The number and 1.
    ///
    /// `{{ add1f 0.1 }}` gives `1.1`
    "add1f" (Any) = |_, a| exact([float64(a.at(0)), 1.0].into_iter(), PLUS);
    /// The first number less the others.
    ///
    /// `{{ subf 3.3 1.1 }}` gives `2.2`
    "subf" (Any; ...Any) = |_, a| exact(a.iter().map(float64), MINUS);
    /// The product.
    ///
    /// `{{ mulf 1.5 2 }}` gives `3`
    "mulf" (Any; ...Any) = |_, a| exact(a.iter().map(float64), TIMES);
    /// The first number divided by the others.
    ///
    /// `{{ divf 7 2 }}` gives `3.5`
    "divf" (Any; ...Any) = |_, a| {
        if a.iter().skip(1).any(|by| float64(by) == 0.0) {
            return Err(Failure::new("decimal division by 0"));
        }
        exact(a.iter().map(float64), OVER)
    };
    /// The largest number.
    ///
    /// `{{ maxf 1 2.5 }}` gives `2.5`
    "maxf" (Any; ...Any) = |_, a| Ok(extreme(a, f64::INFINITY, |x, y| x > y || (x >= y && y.is_sign_negative())));
    /// The smallest number.
    ///
    /// `{{ minf 1 2.5 }}` gives `1`
    "minf" (Any; ...Any) = |_, a| Ok(extreme(a, f64::NEG_INFINITY, |x, y| x < y || (x <= y && x.is_sign_negative())));
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

type Step = fn(Decimal, Decimal) -> Decimal;

const PLUS: Step = Decimal::plus;
const MINUS: Step = Decimal::minus;
const TIMES: Step = Decimal::times;
const OVER: Step = Decimal::over;

/// Numbers of a sum or product: each can add a thousand digits.
const MOST_NUMBERS: usize = 256;

/// Works from left to right in decimals.
fn exact(mut numbers: impl Iterator<Item = f64>, step: Step) -> Outcome<Value> {
    let mut result = decimal(numbers.next().unwrap_or(0.0))?;
    for (position, number) in numbers.enumerate() {
        if position >= MOST_NUMBERS {
            return Err(Failure::budget(format_args!("takes more than {MOST_NUMBERS} numbers together")));
        }
        result = step(result, decimal(number)?);
    }
    // A decimal has one zero.
    Ok(Value::Float(result.float().unwrap_or_default() + 0.0))
}

fn decimal(number: f64) -> Outcome<Decimal> {
    Decimal::of(number).ok_or_else(|| Failure::new("Cannot create a Decimal from a float that is no number"))
}

/// Go's `math.Max` and `math.Min`: the infinity that is `best` wins, then what is no number, and the zeros have an order.
#[allow(clippy::float_cmp)] // Infinities are equal or not.
fn extreme(a: &[Value], best: f64, better: fn(f64, f64) -> bool) -> Value {
    let mut numbers = a.iter().map(float64);
    let first = numbers.next().unwrap_or(0.0);
    let takes_first = |x: f64, y: f64| x == best || y != best && (x.is_nan() || !y.is_nan() && better(x, y));
    Value::Float(numbers.fold(first, |x, y| if takes_first(x, y) { x } else { y }))
}

/// Ten to a power, with the rounding of Go's `math.Pow`: repeated squaring of the mantissa.
fn power_of_ten(exponent: i64) -> f64 {
    if exponent.unsigned_abs() > 400 {
        return if exponent < 0 { 0.0 } else { f64::INFINITY };
    }
    let (mut result, mut result_exponent) = (1.0f64, 0i32);
    // Ten is 0.625 times two to the fourth.
    let (mut base, mut base_exponent, mut rest) = (0.625f64, 4i32, exponent.unsigned_abs());
    while rest > 0 {
        if rest & 1 == 1 {
            result *= base;
            result_exponent += base_exponent;
        }
        base *= base;
        base_exponent *= 2;
        if base < 0.5 {
            base += base;
            base_exponent -= 1;
        }
        rest >>= 1;
    }
    if exponent < 0 {
        (result, result_exponent) = (1.0 / result, -result_exponent);
    }
    // In two steps, since the power of two alone may not fit.
    let half = result_exponent / 2;
    result * 2f64.powi(half) * 2f64.powi(result_exponent - half)
}

fn round(a: &[Value]) -> f64 {
    let half = if let Some(Value::Float(half)) = a.get(2) { *half } else { 0.5 };
    let power = power_of_ten(a.int(1));
    let digit = power * float64(a.at(0));
    let part = digit.fract();
    let whole = if part >= half { digit.ceil() } else { digit.floor() };
    whole / power
}
