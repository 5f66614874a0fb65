//! Several paths at once: `[a,b]` makes an array, `{a,"name":b}` an object.

use super::lookup::{self, Bounds};
use super::{scan, text};

/// What became of a path that starts with a bracket.
pub(super) enum Answer<'p> {
    /// A new document, and the path behind the closing bracket.
    Made(Vec<u8>, &'p [u8]),
    /// It is no multipath: what gjson looks for instead.
    NotOne(&'p [u8]),
}

/// One of the paths, with the name it was given.
struct Choice<'p> {
    name: Option<&'p [u8]>,
    path: &'p [u8],
}

/// Applies the multipath that `path` starts with; none when it costs too much.
pub(super) fn apply<'p>(json: &[u8], path: &'p [u8], bounds: &mut Bounds) -> Option<Answer<'p>> {
    let Some((choices, rest)) = choices(path) else { return Some(Answer::NotOne(b"")) };
    if !matches!(rest.first(), None | Some(b'.' | b'|')) {
        return Some(Answer::NotOne(rest));
    }
    let object = path.first() == Some(&b'{');
    let mut made = vec![if object { b'{' } else { b'[' }];
    for choice in choices {
        let Some(found) = lookup::get(json, choice.path, bounds) else { continue };
        bounds.make(found.len() + choice.path.len() + 8)?;
        if made.len() > 1 {
            made.push(b',');
        }
        if object {
            push_name(&mut made, &choice);
            made.push(b':');
        }
        made.extend_from_slice(&found);
    }
    made.push(if object { b'}' } else { b']' });
    Some(Answer::Made(made, rest))
}

/// Takes the paths apart; none when the bracket is never closed.
fn choices(path: &[u8]) -> Option<(Vec<Choice<'_>>, &[u8])> {
    let mut choices = Vec::new();
    let (mut depth, mut at, mut from) = (1_usize, 1_usize, 1_usize);
    let (mut colon, mut in_modifier) = (None, false);
    loop {
        match path.get(at)? {
            b'\\' => at += 1,
            b'@' if matches!(path.get(at.saturating_sub(1)), Some(b'.' | b'|')) => in_modifier = true,
            b':' if depth == 1 && colon.is_none() && !in_modifier => colon = Some(at),
            b',' if depth == 1 => {
                choices.push(choice(path, from, colon.take(), at));
                in_modifier = false;
                from = at + 1;
            }
            b'"' => at = scan::string_end(path, at) - 1,
            b'[' | b'(' | b'{' => depth += 1,
            b']' | b')' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    choices.push(choice(path, from, colon, at));
                    return Some((choices, scan::slice(path, at + 1, path.len())));
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn choice(path: &[u8], from: usize, colon: Option<usize>, to: usize) -> Choice<'_> {
    match colon {
        Some(colon) => Choice { name: Some(scan::slice(path, from, colon)), path: scan::slice(path, colon + 1, to) },
        None => Choice { name: None, path: scan::slice(path, from, to) },
    }
}

/// The given name, else the last component where that is a plain word, else `_`.
fn push_name(made: &mut Vec<u8>, choice: &Choice<'_>) {
    match choice.name {
        Some(name) if name.first() == Some(&b'"') && serde_json::from_slice::<String>(name).is_ok() => {
            made.extend_from_slice(name);
        }
        Some(name) => text::push_quoted(made, name),
        None => {
            let last = last_component(choice.path);
            let plain = !last.iter().any(|byte| *byte < b' ' || b"[]{}()#|!".contains(byte));
            text::push_quoted(made, if plain { last } else { b"_" });
        }
    }
}

fn last_component(path: &[u8]) -> &[u8] {
    let separator = path
        .iter()
        .enumerate()
        .rev()
        .find(|(at, byte)| matches!(byte, b'.' | b'|') && (*at == 0 || path.get(at - 1) != Some(&b'\\')));
    match separator {
        Some((at, _)) => scan::slice(path, at + 1, path.len()),
        None => path,
    }
}
