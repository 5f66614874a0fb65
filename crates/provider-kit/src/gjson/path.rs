//! The grammar of paths: one component at a time.

use std::borrow::Cow;

use super::{modifiers, scan};

/// What stands after a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After<'p> {
    /// Nothing: the component's value is the answer.
    End,
    /// A path into the component's value.
    Child(&'p [u8]),
    /// A path that is applied to the answer, whatever it is.
    Pipe(&'p [u8]),
}

/// A component, as an object reads it.
pub(super) struct KeyPart<'p> {
    /// The key, or the pattern, without escapes that have done their work.
    pub(super) key: Cow<'p, [u8]>,
    /// Whether `key` is a pattern.
    pub(super) wild: bool,
    /// The rest of the path.
    pub(super) after: After<'p>,
}

/// Reads the first component of `path` for an object.
pub(super) fn key_part(path: &[u8]) -> KeyPart<'_> {
    let end = component_end(path);
    let written = scan::slice(path, 0, end);
    let (key, wild) = without_escapes(written);
    KeyPart { key, wild, after: after(path, end) }
}

/// Position of the first separator that is not escaped, or the length.
fn component_end(path: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = path.get(at) {
        match byte {
            b'.' | b'|' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    path.len()
}

/// What the separator at `end` says about the rest.
fn after(path: &[u8], end: usize) -> After<'_> {
    let rest = path.get(end + 1..).unwrap_or_default();
    match path.get(end) {
        None => After::End,
        Some(b'|') => After::Pipe(rest),
        Some(_) if pipes_by_itself(rest) => After::Pipe(rest),
        Some(_) => After::Child(rest),
    }
}

/// Modifiers and multipaths work on the answer, even behind a dot.
fn pipes_by_itself(rest: &[u8]) -> bool {
    match rest.first() {
        Some(b'[' | b'{') => true,
        Some(b'@') => modifiers::is_modifier(rest),
        _ => false,
    }
}

/// Drops the backslashes, but keeps those before wildcards as long as the component is a pattern.
fn without_escapes(written: &[u8]) -> (Cow<'_, [u8]>, bool) {
    let escaped = written.contains(&b'\\');
    let mut wild = false;
    let (mut plain, mut pattern) = (Vec::new(), Vec::new());
    let mut bytes = written.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'\\' => {
                let Some(&next) = bytes.next() else { break };
                if matches!(next, b'*' | b'?') {
                    pattern.push(b'\\');
                }
                plain.push(next);
                pattern.push(next);
                continue;
            }
            b'*' | b'?' => wild = true,
            _ => {}
        }
        if escaped {
            plain.push(byte);
            pattern.push(byte);
        }
    }
    match (escaped, wild) {
        (false, _) => (Cow::Borrowed(written), wild),
        (true, false) => (Cow::Owned(plain), false),
        (true, true) => (Cow::Owned(pattern), true),
    }
}

/// A component, as an array reads it.
pub(super) enum ArrayPart<'p> {
    /// An element by its position, counted from 0.
    Index(usize, After<'p>),
    /// `#`: the number of elements.
    Count(After<'p>),
    /// `#.path`: the path in every element. The second path, if any, is applied to the list of answers.
    Each(&'p [u8], Option<&'p [u8]>),
    /// `#(...)` or `#(...)#`.
    Query(Query<'p>, After<'p>),
    /// A key: arrays have none. Still the rest may be a pipe.
    Nothing(After<'p>),
}

/// A condition on elements of an array.
pub(super) struct Query<'p> {
    /// What to compare, as a path into the element; empty means an element that is no container.
    pub(super) path: &'p [u8],
    /// The comparison; none asks whether `path` exists.
    pub(super) test: Option<Test<'p>>,
    /// Whether all matches are wanted, or the first.
    pub(super) every: bool,
}

/// The right half of a condition.
pub(super) struct Test<'p> {
    /// One of `= != < <= > >= % !%`.
    pub(super) operator: Operator,
    /// What is on the right side, without its quotes.
    pub(super) operand: Cow<'p, [u8]>,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    NotLike,
}

/// Reads the first component of `path` for an array.
pub(super) fn array_part(path: &[u8]) -> ArrayPart<'_> {
    match path {
        [b'#', b'.', rest @ ..] => match split_pipe(rest) {
            Some((each, pipe)) => ArrayPart::Each(each, Some(pipe)),
            None => ArrayPart::Each(rest, None),
        },
        [b'#', b'(' | b'[', ..] => query_part(path),
        _ => {
            // Arrays have no keys that would need an escape, so gjson knows none here.
            let end = path.iter().position(|byte| matches!(byte, b'.' | b'|')).unwrap_or(path.len());
            let (written, after) = (scan::slice(path, 0, end), after(path, end));
            if written == b"#" {
                return ArrayPart::Count(after);
            }
            match index(written) {
                Some(index) => ArrayPart::Index(index, after),
                None => ArrayPart::Nothing(after),
            }
        }
    }
}

/// A number made of digits only.
fn index(written: &[u8]) -> Option<usize> {
    let digits = !written.is_empty() && written.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(written).ok()?.parse().ok()).flatten()
}

/// Reads `#(...)` with what follows. A condition that is never closed accepts the first element that is no container.
fn query_part(path: &[u8]) -> ArrayPart<'_> {
    let Some((mut query, end)) = query(path) else {
        return ArrayPart::Query(Query { path: b"", test: None, every: false }, After::End);
    };
    query.every = path.get(end) == Some(&b'#');
    let rest = path.get(end..).unwrap_or_default();
    let separator = rest.iter().position(|byte| matches!(byte, b'.' | b'|')).unwrap_or(rest.len());
    let after = match after(rest, separator) {
        // Behind a condition a dot always leads into the elements, even to a modifier.
        After::Pipe(path) if rest.get(separator) == Some(&b'.') => After::Child(path),
        after => after,
    };
    ArrayPart::Query(query, after)
}

/// Reads a condition; also answers the position after its closing bracket.
fn query(path: &[u8]) -> Option<(Query<'_>, usize)> {
    let (mut depth, mut at, mut operator_at) = (1_usize, 2_usize, None);
    loop {
        match path.get(at)? {
            b'!' | b'=' | b'<' | b'>' | b'%' if depth == 1 && operator_at.is_none() => operator_at = Some(at),
            b'\\' => at += 1,
            b'[' | b'(' => depth += 1,
            b']' | b')' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            b'"' => {
                let end = scan::string_end(path, at);
                if path.get(end - 1) != Some(&b'"') {
                    return None;
                }
                at = end - 1;
            }
            _ => {}
        }
        at += 1;
    }
    let (left, test) = match operator_at {
        Some(operator_at) => {
            let test = test(scan::slice(path, operator_at, at).trim_ascii());
            (scan::slice(path, 2, operator_at), Some(test))
        }
        None => (scan::slice(path, 2, at), None),
    };
    Some((Query { path: left.trim_ascii(), test, every: false }, at + 1))
}

/// Takes the operator and its operand apart.
fn test(written: &[u8]) -> Test<'_> {
    let (operator, rest) = match written {
        [b'!', b'=', rest @ ..] => (Operator::NotEqual, rest),
        [b'!', b'%', rest @ ..] => (Operator::NotLike, rest),
        [b'<', b'=', rest @ ..] => (Operator::LessOrEqual, rest),
        [b'>', b'=', rest @ ..] => (Operator::GreaterOrEqual, rest),
        [b'=', b'=', rest @ ..] | [b'=', rest @ ..] => (Operator::Equal, rest),
        [b'<', rest @ ..] => (Operator::Less, rest),
        [b'>', rest @ ..] => (Operator::Greater, rest),
        [b'%', rest @ ..] => (Operator::Like, rest),
        other => (Operator::Equal, other),
    };
    Test { operator, operand: operand(rest.trim_ascii()) }
}

/// Takes the quotes off.
fn operand(written: &[u8]) -> Cow<'_, [u8]> {
    match written {
        [b'"', inner @ .., b'"'] if inner.contains(&b'\\') => Cow::Owned(super::text::unescaped(inner)),
        [b'"', inner @ .., b'"'] => Cow::Borrowed(inner),
        _ => Cow::Borrowed(written),
    }
}

/// Cuts a path at its first pipe outside of conditions. A condition at the very start does not count as one, as in gjson.
pub(super) fn split_pipe(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    while let Some(byte) = path.get(at) {
        match byte {
            b'|' => return Some((scan::slice(path, 0, at), scan::slice(path, at + 1, path.len()))),
            b'\\' => at += 2,
            b'#' if matches!(path.get(at + 1), Some(b'(' | b'[')) && at > 0 && path.get(at - 1) == Some(&b'.') => {
                at = query(scan::slice(path, at, path.len())).map_or(path.len(), |(_, end)| at + end);
            }
            _ => at += 1,
        }
    }
    None
}
