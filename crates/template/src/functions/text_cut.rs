//! Strings: cutting by bytes.

use super::Args;
use crate::error::{Failure, Outcome};
use crate::value::Value;

functions! {
    /// The first so many bytes; with a negative number the last ones.
    ///
    /// `{{ trunc 3 "abcdef" }} {{ trunc -2 "abcdef" }}` gives `abc ef`
    "trunc" (Int, Str) = |_, a| Ok(Value::text(trunc(a.int(0), a.str(1))));
    /// The bytes from the first position to before the second; a negative first position is the start, a negative or
    /// too large second one the end.
    ///
    /// `{{ substr 1 3 "abcdef" }}` gives `bc`
    "substr" (Int, Int, Str) = |_, a| substr(a.int(0), a.int(1), a.str(2)).map(Value::text);
    /// Text of at most so many bytes, cut with `...`; below 4 the text is given back whole.
    ///
    /// `{{ abbrev 5 "abcdef" }}` gives `ab...`
    "abbrev" (Int, Str) = |_, a| Ok(Value::text(abbrev(0, a.int(0), a.str(1))));
    /// Like `abbrev`, cut at the start as well when the first number says so.
    ///
    /// `{{ abbrevboth 5 10 "1234 5678 9123" }}` gives `...5678...`
    "abbrevboth" (Int, Int, Str) = |_, a| Ok(Value::text(abbrev(a.int(0), a.int(1), a.str(2))));
}

fn trunc(count: i64, text: &[u8]) -> &[u8] {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    if count < 0 && length + count > 0 {
        let from = usize::try_from(length + count).unwrap_or(0);
        return text.get(from..).unwrap_or_default();
    }
    match usize::try_from(count) {
        Ok(count) if count < text.len() => text.get(..count).unwrap_or_default(),
        _ => text,
    }
}

fn substr(from: i64, to: i64, text: &[u8]) -> Outcome<&[u8]> {
    let bounds = || Failure::new("runtime error: slice bounds out of range");
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let (low, high) = if from < 0 {
        (0, to)
    } else if to < 0 || to > length {
        (from, length)
    } else {
        (from, to)
    };
    let range = usize::try_from(low).and_then(|low| usize::try_from(high).map(|high| low..high));
    range.ok().and_then(|range| text.get(range)).ok_or_else(bounds)
}

fn abbrev(offset: i64, width: i64, text: &[u8]) -> Vec<u8> {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    if width < 4 || (offset > 0 && width < 7) || length <= width {
        return text.to_vec();
    }
    let part = |from: i64, count: i64| {
        let from = usize::try_from(from).unwrap_or(0);
        let to = from + usize::try_from(count).unwrap_or(0);
        text.get(from..to.min(text.len())).unwrap_or_default().to_vec()
    };
    let mut offset = offset.min(length);
    if length - offset < width - 3 {
        offset = length - (width - 3);
    }
    if offset <= 4 {
        return [part(0, width - 3), b"...".to_vec()].concat();
    }
    if offset + width - 3 < length {
        let tail = part(offset, length - offset);
        return [b"...".to_vec(), abbrev(0, width - 3, &tail)].concat();
    }
    [b"...".to_vec(), part(length - (width - 3), width - 3)].concat()
}
