//! The order of go-yaml's keys: numbers inside of texts count as numbers, letters come after all else.

use std::cmp::Ordering;

use crate::unicode::Category;

/// Sorts by key. The order goes round in circles (`a2`, `a19`, `a1b`), which sorting by the standard library refuses.
pub(super) fn sorted<T>(mut pairs: Vec<(&Vec<u8>, T)>) -> Vec<(&Vec<u8>, T)> {
    if pairs.len() < 2 {
        return pairs;
    }
    let back = pairs.split_off(pairs.len() / 2);
    let (front, back) = (sorted(pairs), sorted(back));
    let mut out = Vec::with_capacity(front.len() + back.len());
    let (mut front, mut back) = (front.into_iter().peekable(), back.into_iter().peekable());
    while let (Some((a, _)), Some((b, _))) = (front.peek(), back.peek()) {
        out.extend(if order(a, b) == Ordering::Greater { back.next() } else { front.next() });
    }
    out.extend(front);
    out.extend(back);
    out
}

/// Which of two keys comes first.
fn order(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) =
        (String::from_utf8_lossy(a).chars().collect(), String::from_utf8_lossy(b).chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(x, y)| x != y) else { return a.len().cmp(&b.len()) };
    let (Some(x), Some(y)) = (a.get(at), b.get(at)) else { return Ordering::Equal };
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => return x.cmp(y),
        (false, false) => {}
        (letter, _) => return if letter { Ordering::Greater } else { Ordering::Less },
    }
    // Behind a digit that is not zero, zeros count as the end of a longer number.
    let digits_before = a.get(..at).unwrap_or_default().iter().rev().take_while(|c| Category::Digit.has(**c));
    let longer = (*x == '0' || *y == '0') && digits_before.into_iter().any(|c| *c != '0');
    let number = |text: &[char]| {
        let digits = text.get(at..).unwrap_or_default().iter().take_while(|c| Category::Digit.has(**c));
        digits.fold((i64::from(longer), 0usize), |(n, len), c| {
            (n.wrapping_mul(10).wrapping_add(i64::from(u32::from(*c)) - i64::from(u32::from('0'))), len + 1)
        })
    };
    number(&a).cmp(&number(&b)).then_with(|| x.cmp(y))
}
