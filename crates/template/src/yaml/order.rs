//! The order of go-yaml's keys: numbers inside of texts count as numbers, letters come after all else.

use std::cmp::Ordering;

use crate::format::quote::is_digit;

/// Which of two keys comes first.
pub(super) fn order(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) =
        (String::from_utf8_lossy(a).chars().collect(), String::from_utf8_lossy(b).chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(x, y)| x != y) else { return a.len().cmp(&b.len()) };
    let (Some(x), Some(y)) = (a.get(at), b.get(at)) else { return Ordering::Equal };
    let less = |less: bool| if less { Ordering::Less } else { Ordering::Greater };
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => return x.cmp(y),
        (false, false) => {}
        (letter, _) => {
            let after_digit = at.checked_sub(1).and_then(|at| a.get(at)).is_some_and(|c| is_digit(*c));
            return less(if after_digit { letter } else { !letter });
        }
    }
    // Behind a digit that is not zero, zeros count as the end of a longer number.
    let digits_before = a.get(..at).unwrap_or_default().iter().rev().take_while(|c| is_digit(**c));
    let longer = (*x == '0' || *y == '0') && digits_before.into_iter().any(|c| *c != '0');
    let number = |text: &[char]| {
        let digits = text.get(at..).unwrap_or_default().iter().take_while(|c| is_digit(**c));
        digits.fold((i64::from(longer), 0usize), |(n, len), c| {
            (n.wrapping_mul(10).wrapping_add(i64::from(u32::from(*c)) - i64::from(u32::from('0'))), len + 1)
        })
    };
    number(&a).cmp(&number(&b)).then_with(|| x.cmp(y))
}
