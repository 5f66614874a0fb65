//! JSON with and without white space, for `@pretty` and `@ugly`.

use super::lookup::{self, Bounds};
use super::scan::{self, Elements, Members};
use super::{modifiers, text};

/// How `@pretty` writes.
pub(super) struct Style {
    indent: Vec<u8>,
    prefix: Vec<u8>,
    width: usize,
    sort: bool,
}

impl Style {
    /// Reads the modifier's argument, such as `{"sortKeys":true}`. Only blanks of `indent` and `prefix` count.
    pub(super) fn of(argument: &[u8], bounds: &mut Bounds) -> Self {
        let mut blanks = |name: &[u8], default: &[u8]| match lookup::get(argument, name, bounds) {
            Some(value) => text::string_form(&value).into_iter().filter(u8::is_ascii_whitespace).collect(),
            None => default.to_vec(),
        };
        let (indent, prefix) = (blanks(b"indent", b"  "), blanks(b"prefix", b""));
        let width = lookup::get(argument, b"width", bounds).map(|value| text::number(&value));
        // A width is a small positive number; the cast clamps whatever else was written.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let width = width.map_or(80, |width| width as usize);
        Self { indent, prefix, width, sort: modifiers::is_true(argument, b"sortKeys", bounds) }
    }
}

/// Drops white space outside of strings.
pub(super) fn ugly(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut at = 0;
    while let Some(&byte) = json.get(at) {
        if byte == b'"' {
            let end = scan::string_end(json, at);
            out.extend_from_slice(scan::slice(json, at, end));
            at = end;
            continue;
        }
        if byte > b' ' {
            out.push(byte);
        }
        at += 1;
    }
    out
}

/// Spreads a document over lines. Arrays without objects stay on one line as long as they fit.
pub(super) fn pretty(json: &[u8], style: &Style) -> Vec<u8> {
    let Some(value) = lookup::parse(json) else { return Vec::new() };
    let mut out = style.prefix.clone();
    push(&mut out, value, style, 0);
    if !out.is_empty() {
        out.push(b'\n');
    }
    out
}

/// Nested deeper than this, a value is written as it stands.
const MAX_NESTING: usize = 96;

fn push(out: &mut Vec<u8>, value: &[u8], style: &Style, depth: usize) {
    match value.first() {
        Some(b'{') if depth < MAX_NESTING => {
            let mut members: Vec<_> = Members::of(value).collect();
            if style.sort {
                members.sort_by(|one, other| one.key.cmp(other.key));
            }
            out.push(b'{');
            for (at, member) in members.iter().enumerate() {
                start_line(out, style, depth + 1, at);
                out.extend_from_slice(member.key);
                out.extend_from_slice(b": ");
                push(out, member.value, style, depth + 1);
            }
            close(out, b'}', style, depth, members.len());
        }
        Some(b'[') if depth < MAX_NESTING => {
            let column = out.len() - out.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
            let room = style.width.saturating_sub(column);
            // Looks at no more of the value than would fit: deeply nested arrays ask this again on every level.
            let may_fit = room > 3 && value.iter().filter(|byte| **byte > b' ').nth(room).is_none();
            let line = may_fit.then(|| one_line(value, 0)).flatten();
            if let Some(line) = line.filter(|line| line.len() <= room) {
                out.extend_from_slice(&line);
                return;
            }
            out.push(b'[');
            let mut count = 0;
            for element in Elements::of(value) {
                start_line(out, style, depth + 1, count);
                push(out, element, style, depth + 1);
                count += 1;
            }
            close(out, b']', style, depth, count);
        }
        _ => out.extend_from_slice(value),
    }
}

/// Goes to the next line, with a comma where `before` items stand already.
fn start_line(out: &mut Vec<u8>, style: &Style, depth: usize, before: usize) {
    out.extend_from_slice(if before > 0 { b",\n" } else { b"\n" });
    out.extend_from_slice(&style.prefix);
    (0..depth).for_each(|_| out.extend_from_slice(&style.indent));
}

fn close(out: &mut Vec<u8>, bracket: u8, style: &Style, depth: usize, items: usize) {
    if items > 0 {
        start_line(out, style, depth, 0);
    }
    out.push(bracket);
}

/// An array on one line; none when it holds an object.
fn one_line(array: &[u8], depth: usize) -> Option<Vec<u8>> {
    let mut line = vec![b'['];
    for element in Elements::of(array) {
        if line.len() > 1 {
            line.extend_from_slice(b", ");
        }
        match element.first() {
            Some(b'{') => return None,
            Some(b'[') if depth < MAX_NESTING => line.extend_from_slice(&one_line(element, depth + 1)?),
            _ => line.extend_from_slice(element),
        }
    }
    line.push(b']');
    Some(line)
}
