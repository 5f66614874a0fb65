//! Whether an element meets a condition.

use std::cmp::Ordering;

use super::path::{Operator, Test};
use super::text::{self, Kind};
use super::wildcard;

/// Whether `value`, none when it does not exist, passes `test`.
pub(super) fn passes(value: Option<&[u8]>, test: Option<&Test<'_>>) -> bool {
    let Some(test) = test else { return value.is_some() };
    match test.operand.strip_prefix(b"~") {
        Some(class) => match belongs(value, class) {
            Some(true) => compare_truth(true, test.operator, b"true"),
            Some(false) => compare_truth(false, test.operator, b"true"),
            None => false,
        },
        None => value.is_some_and(|value| compare(value, test)),
    }
}

/// Whether the value belongs to a class such as `~true`; none when there is no such class.
fn belongs(value: Option<&[u8]>, class: &[u8]) -> Option<bool> {
    match class {
        b"*" => Some(value.is_some()),
        b"null" => Some(value.is_none_or(|value| text::kind(value) == Kind::Null)),
        b"true" => Some(value.is_some_and(|value| truth(value) == Some(true))),
        b"false" => Some(value.is_none_or(|value| truth(value) == Some(false) || text::kind(value) == Kind::Null)),
        _ => None,
    }
}

/// What a value means as a truth value, if it means one.
fn truth(value: &[u8]) -> Option<bool> {
    match text::kind(value) {
        Kind::True => Some(true),
        Kind::False => Some(false),
        Kind::Number => Some(text::number(value) != 0.0),
        Kind::Text => match text::unquoted(value).to_ascii_lowercase().as_slice() {
            b"1" | b"t" | b"true" => Some(true),
            b"0" | b"f" | b"false" => Some(false),
            _ => None,
        },
        Kind::Null | Kind::Container => None,
    }
}

fn compare(value: &[u8], test: &Test<'_>) -> bool {
    let operand = test.operand.as_ref();
    match text::kind(value) {
        Kind::Text => {
            let contents = text::unquoted(value);
            match test.operator {
                Operator::Like => wildcard::matches(&contents, operand),
                Operator::NotLike => !wildcard::matches(&contents, operand),
                operator => holds(contents.as_slice().partial_cmp(operand), operator),
            }
        }
        Kind::Number => holds(text::number(value).partial_cmp(&text::number(operand)), test.operator),
        Kind::True => compare_truth(true, test.operator, operand),
        Kind::False => compare_truth(false, test.operator, operand),
        Kind::Null | Kind::Container => false,
    }
}

fn holds(order: Option<Ordering>, operator: Operator) -> bool {
    match operator {
        Operator::Equal => order == Some(Ordering::Equal),
        Operator::NotEqual => order != Some(Ordering::Equal),
        Operator::Less => order == Some(Ordering::Less),
        Operator::LessOrEqual => order.is_some_and(Ordering::is_le),
        Operator::Greater => order == Some(Ordering::Greater),
        Operator::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        Operator::Like | Operator::NotLike => false,
    }
}

/// gjson compares a truth value with the text of the operand: true is greater than `false`, false less than `true`.
fn compare_truth(value: bool, operator: Operator, operand: &[u8]) -> bool {
    let (same, other): (&[u8], &[u8]) = if value { (b"true", b"false") } else { (b"false", b"true") };
    match operator {
        Operator::Equal => operand == same,
        Operator::NotEqual => operand != same,
        Operator::Greater => value && operand == other,
        Operator::Less => !value && operand == other,
        Operator::GreaterOrEqual => value,
        Operator::LessOrEqual => !value,
        Operator::Like | Operator::NotLike => false,
    }
}
