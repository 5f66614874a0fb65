//! Modifiers: components such as `@reverse` that make a new document out of a value.

use std::borrow::Cow;

use super::lookup::{self, Bounds, List, Raw};
use super::pretty;
use super::scan::{self, Elements, Member, Members};
use super::text::{self, Kind};

const NAMES: [&[u8]; 13] = [
    b"pretty", b"ugly", b"reverse", b"this", b"flatten", b"join", b"valid", b"keys", b"values", b"tostr", b"fromstr",
    b"group", b"dig",
];

/// A modifier's answer, none where it has none, and the path behind it.
pub(super) type Applied<'j, 'p> = (Option<Raw<'j>>, &'p [u8]);

/// Whether `path` starts with a modifier that exists. Another word behind an `@` is a key like any.
pub(super) fn is_modifier(path: &[u8]) -> bool {
    known_name(path).is_some()
}

fn known_name(path: &[u8]) -> Option<&[u8]> {
    let word = path.strip_prefix(b"@")?;
    let end = word.iter().position(|byte| matches!(byte, b':' | b'.' | b'|')).unwrap_or(word.len());
    let name = word.get(..end)?;
    NAMES.contains(&name).then_some(name)
}

/// Applies the modifier that `path` starts with: none when it costs too much, none within when it is no modifier.
#[allow(clippy::option_option)] // both levels mean something, see above
pub(super) fn apply<'j, 'p>(json: &'j [u8], path: &'p [u8], bounds: &mut Bounds) -> Option<Option<Applied<'j, 'p>>> {
    let Some(name) = known_name(path) else { return Some(None) };
    let rest = path.get(name.len() + 1..).unwrap_or_default();
    let (argument, rest) = match rest {
        [b':', written @ ..] => {
            let end = argument_end(written);
            written.split_at_checked(end).unwrap_or((written, b""))
        }
        _ => (&b""[..], rest),
    };
    let value = run(name, json, argument, bounds);
    if let Some(Cow::Owned(made)) = &value {
        bounds.make(made.len())?;
    }
    Some(Some((value, rest)))
}

/// A JSON argument ends with itself, any other at the next pipe.
fn argument_end(written: &[u8]) -> usize {
    if let Some(b'{' | b'[' | b'"') = written.first() {
        return scan::value_end(written, 0);
    }
    let mut at = 0;
    while let Some(byte) = written.get(at) {
        match byte {
            b'|' => return at,
            b'{' | b'[' | b'(' => at = scan::bracket_end(written, at),
            b'"' => at = scan::string_end(written, at),
            _ => at += 1,
        }
    }
    written.len()
}

fn run<'j>(name: &[u8], json: &'j [u8], argument: &[u8], bounds: &mut Bounds) -> Option<Raw<'j>> {
    match name {
        b"this" => Some(Cow::Borrowed(json)),
        b"valid" => is_valid(json).then_some(Cow::Borrowed(json)),
        b"ugly" => Some(Cow::Owned(pretty::ugly(json))),
        b"pretty" => Some(Cow::Owned(pretty::pretty(json, &pretty::Style::of(argument, bounds)))),
        b"reverse" => Some(reverse(json)),
        b"flatten" => flatten(json, is_true(argument, b"deep", bounds), bounds),
        b"join" => Some(join(json, is_true(argument, b"preserve", bounds))),
        b"keys" => Some(Cow::Owned(keys(json, bounds)?)),
        b"values" => values(json, bounds),
        b"tostr" => {
            let mut made = Vec::new();
            text::push_quoted(&mut made, json);
            Some(Cow::Owned(made))
        }
        b"fromstr" if is_valid(json) => lookup::parse(json).map(|value| Cow::Owned(text::string_form(value))),
        b"group" => group(json, bounds).map(Cow::Owned),
        b"dig" => {
            let mut list = List::new();
            dig(json, argument, &mut list, bounds)?;
            Some(Cow::Owned(list.close()))
        }
        _ => None,
    }
}

fn is_valid(json: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(json).is_ok()
}

/// Whether the argument is an object that says `name: true`.
pub(super) fn is_true(argument: &[u8], name: &[u8], bounds: &mut Bounds) -> bool {
    lookup::get(argument, name, bounds).is_some_and(|value| text::kind(&value) == Kind::True)
}

fn is_array(json: &[u8]) -> bool {
    lookup::parse(json).is_some_and(|value| value.first() == Some(&b'['))
}

fn is_object(json: &[u8]) -> bool {
    lookup::parse(json).is_some_and(|value| value.first() == Some(&b'{'))
}

fn members(json: &[u8]) -> Vec<Member<'_>> {
    lookup::parse(json).filter(|_| is_object(json)).map(|value| Members::of(value).collect()).unwrap_or_default()
}

fn elements(json: &[u8]) -> Vec<&[u8]> {
    lookup::parse(json).filter(|_| is_array(json)).map(|value| Elements::of(value).collect()).unwrap_or_default()
}

fn bracketed<'m>(open: u8, close: u8, parts: impl Iterator<Item = Vec<&'m [u8]>>) -> Vec<u8> {
    let mut made = vec![open];
    for part in parts {
        if made.len() > 1 {
            made.push(b',');
        }
        for piece in part {
            made.extend_from_slice(piece);
        }
    }
    made.push(close);
    made
}

fn reverse(json: &[u8]) -> Raw<'_> {
    if is_array(json) {
        return Cow::Owned(bracketed(b'[', b']', elements(json).into_iter().rev().map(|element| vec![element])));
    }
    if is_object(json) {
        let pairs = members(json).into_iter().rev().map(|member| vec![member.key, b":", member.value]);
        return Cow::Owned(bracketed(b'{', b'}', pairs));
    }
    Cow::Borrowed(json)
}

/// Puts the elements of arrays within an array into that array, one level or all.
fn flatten<'j>(json: &'j [u8], deep: bool, bounds: &mut Bounds) -> Option<Raw<'j>> {
    if !is_array(json) {
        return Some(Cow::Borrowed(json));
    }
    bounds.deeper(json.len(), |bounds| {
        let mut list = List::new();
        for element in elements(json) {
            let element = match element.first() {
                Some(b'[') if deep => flatten(element, deep, bounds)?,
                _ => Cow::Borrowed(element),
            };
            let inner = element.strip_prefix(b"[").and_then(|inner| inner.strip_suffix(b"]")).map(<[u8]>::trim_ascii);
            match inner {
                Some(b"") => {}
                Some(inner) => list.push(inner, bounds)?,
                None => list.push(&element, bounds)?,
            }
        }
        Some(Cow::Owned(list.close()))
    })
}

/// Puts the objects of an array into one. Of members with the same key the last value counts, at the place of the first.
fn join(json: &[u8], preserve: bool) -> Raw<'_> {
    if !is_array(json) {
        return Cow::Borrowed(json);
    }
    let objects = elements(json).into_iter().filter(|element| element.first() == Some(&b'{'));
    if preserve {
        let inner = objects.filter_map(|object| object.strip_prefix(b"{")?.strip_suffix(b"}"));
        return Cow::Owned(bracketed(b'{', b'}', inner.map(|members| vec![members])));
    }
    let mut joined: Vec<Member<'_>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for member in objects.flat_map(Members::of) {
        let place = *places.entry(text::unquoted(member.key)).or_insert(joined.len());
        match joined.get_mut(place) {
            Some(known) => known.value = member.value,
            None => joined.push(member),
        }
    }
    Cow::Owned(bracketed(b'{', b'}', joined.into_iter().map(|member| vec![member.key, b":", member.value])))
}

/// The keys of an object; a null for each element of an array and for any other value.
fn keys(json: &[u8], bounds: &mut Bounds) -> Option<Vec<u8>> {
    let mut list = List::new();
    if is_object(json) {
        for member in members(json) {
            list.push(member.key, bounds)?;
        }
    } else if is_array(json) {
        for _ in elements(json) {
            list.push(b"null", bounds)?;
        }
    } else if lookup::parse(json).is_some() {
        list.push(b"null", bounds)?;
    }
    Some(list.close())
}

fn values<'j>(json: &'j [u8], bounds: &mut Bounds) -> Option<Raw<'j>> {
    if is_array(json) {
        return Some(Cow::Borrowed(json));
    }
    let mut list = List::new();
    if is_object(json) {
        for member in members(json) {
            list.push(member.value, bounds)?;
        }
    } else if let Some(value) = lookup::parse(json) {
        list.push(value, bounds)?;
    }
    Some(Cow::Owned(list.close()))
}

/// Turns an object of arrays into an array of objects.
fn group(json: &[u8], bounds: &mut Bounds) -> Option<Vec<u8>> {
    if !is_object(json) {
        return None;
    }
    let mut rows: Vec<Vec<Member<'_>>> = Vec::new();
    for member in members(json) {
        for (at, value) in elements(member.value).into_iter().enumerate() {
            if rows.len() <= at {
                rows.push(Vec::new());
            }
            if let Some(row) = rows.get_mut(at) {
                row.push(Member { key: member.key, value });
            }
        }
    }
    let mut list = List::new();
    for row in rows {
        let pairs = row.into_iter().map(|member| vec![member.key, b":", member.value]);
        list.push(&bracketed(b'{', b'}', pairs), bounds)?;
    }
    Some(list.close())
}

/// Collects what `path` finds in the value and in everything below it.
fn dig(json: &[u8], path: &[u8], list: &mut List, bounds: &mut Bounds) -> Option<()> {
    bounds.deeper(json.len(), |bounds| {
        if let Some(found) = lookup::get(json, path, bounds) {
            list.push(&found, bounds)?;
        }
        let below: Vec<&[u8]> = match lookup::parse(json).and_then(<[u8]>::first) {
            Some(b'{') => members(json).into_iter().map(|member| member.value).collect(),
            Some(b'[') => elements(json),
            _ => Vec::new(),
        };
        below.into_iter().try_for_each(|value| dig(value, path, list, bounds))
    })
}
