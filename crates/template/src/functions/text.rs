//! Strings: parts, search and joining.

use std::collections::BTreeSet;

use super::Args;
use super::cast;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::format::quote::{decode_rune, quote, runes};
use crate::format::to_text;
use crate::value::{Elem, Map, Value};

functions! {
    /// Text without white space at both ends.
    ///
    /// `[{{ trim "  a " }}]` gives `[a]`
    "trim" (Str) = |_, a| Ok(Value::text(trim_space(a.str(0))));
    /// Text without any of the given characters at both ends.
    ///
    /// `{{ trimAll "$" "$5.00$" }}` gives `5.00`
    "trimAll" (Str, Str) = |_, a| Ok(Value::text(trim_set(a.str(1), a.str(0))));
    /// The same as `trimAll`.
    ///
    /// `{{ trimall "-" "--a-" }}` gives `a`
    "trimall" (Str, Str) = |_, a| Ok(Value::text(trim_set(a.str(1), a.str(0))));
    /// Text without a prefix.
    ///
    /// `{{ trimPrefix "-" "-a" }}` gives `a`
    "trimPrefix" (Str, Str) = |_, a| Ok(Value::text(a.str(1).strip_prefix(a.str(0)).unwrap_or(a.str(1))));
    /// Text without a suffix.
    ///
    /// `{{ trimSuffix "-" "a-" }}` gives `a`
    "trimSuffix" (Str, Str) = |_, a| Ok(Value::text(a.str(1).strip_suffix(a.str(0)).unwrap_or(a.str(1))));
    /// Whether the second text contains the first.
    ///
    /// `{{ contains "b" "abc" }}` gives `true`
    "contains" (Str, Str) = |_, a| Ok(Value::Bool(find(a.str(1), a.str(0)).is_some()));
    /// Whether the second text starts with the first.
    ///
    /// `{{ hasPrefix "a" "abc" }}` gives `true`
    "hasPrefix" (Str, Str) = |_, a| Ok(Value::Bool(a.str(1).starts_with(a.str(0))));
    /// Whether the second text ends with the first.
    ///
    /// `{{ hasSuffix "c" "abc" }}` gives `true`
    "hasSuffix" (Str, Str) = |_, a| Ok(Value::Bool(a.str(1).ends_with(a.str(0))));
    /// The third text with each occurrence of the first replaced by the second.
    ///
    /// `{{ "a.b.c" | replace "." "_" }}` gives `a_b_c`
    "replace" (Str, Str, Str) = |c, a| replace(c, a.str(2), a.str(0), a.str(1)).map(Value::text);
    /// Text, repeated.
    ///
    /// `{{ repeat 3 "ab" }}` gives `ababab`
    "repeat" (Int, Str) = |c, a| {
        let count = usize::try_from(a.int(0)).map_err(|_| Failure::new("strings: negative Repeat count"))?;
        c.reserve(count.saturating_mul(a.str(1).len()))?;
        Ok(Value::text(if a.str(1).is_empty() { Vec::new() } else { a.str(1).repeat(count) }))
    };
    /// The values in double quotes, escaped as in Go, with spaces between; nil is left out.
    ///
    /// `{{ quote "a" 3 nil }}` gives `"a" "3"`
    "quote" (; ...Any) = |c, a| {
        let mut out = Vec::new();
        for value in a.iter().filter(|v| !v.is_nil()) {
            let text = cast::text(c, value)?;
            c.reserve(text.len().saturating_mul(4))?;
            out.push(quote(&text, '"', false));
        }
        Ok(Value::text(out.join(" ")))
    };
    /// The values in single quotes, not escaped, with spaces between; nil is left out.
    ///
    /// `{{ squote "a" 3 }}` gives `'a' '3'`
    "squote" (; ...Any) = |c, a| {
        let mut out = Vec::new();
        for value in a.iter().filter(|v| !v.is_nil()) {
            out.push([b"'", to_text(c, value)?.as_slice(), b"'"].concat());
        }
        Ok(Value::text(out.join(&b' ')))
    };
    /// The values as text with spaces between; nil is left out.
    ///
    /// `{{ cat "a" 1 "b" }}` gives `a 1 b`
    "cat" (; ...Any) = |c, a| {
        let mut out = Vec::new();
        for value in a.iter().filter(|v| !v.is_nil()) {
            out.push(to_text(c, value)?);
        }
        Ok(Value::text(out.join(&b' ')))
    };
    /// The items of a list as one text, with a separator between; a scalar is given back as text.
    ///
    /// `{{ join "-" (list 1 "a" nil) }}` gives `1-a`
    "join" (Str, Any) = |c, a| {
        let parts = cast::texts(c, a.at(1))?;
        c.reserve(parts.iter().map(|p| p.len() + a.str(0).len()).sum())?;
        Ok(Value::text(parts.join(a.str(0))))
    };
    /// The parts of a text between separators, as a map `_0`, `_1` and so on.
    ///
    /// `{{ (split "," "a,b")._1 }}` gives `b`
    "split" (Str, Str) = |c, a| numbered(split(c, a.str(1), a.str(0), None)?);
    /// Like `split`, with at most so many parts.
    ///
    /// `{{ (splitn "," 2 "a,b,c")._1 }}` gives `b,c`
    "splitn" (Str, Int, Str) = |c, a| numbered(split(c, a.str(2), a.str(0), Some(a.int(1)))?);
    /// The parts of a text between separators, as a list.
    ///
    /// `{{ splitList "," "a,b" }}` gives `[a b]`
    "splitList" (Str, Str) = |c, a| Value::texts(split(c, a.str(1), a.str(0), None)?);
    /// The items of a list as texts, sorted by bytes. A list of texts is itself sorted, as in Go.
    ///
    /// `{{ sortAlpha (list "b" "a") }}` gives `[a b]`
    "sortAlpha" (Any) = |c, a| {
        // Sprig makes a list of what is no list, and of nothing too.
        if matches!(a.at(0), Value::Nil | Value::NilAny) {
            return Value::texts(["<nil>"]);
        }
        let list = cast::text_list(c, a.at(0))?;
        c.work(list.items().len())?;
        c.reserve(size_of_val(list.items()))?;
        list.sort();
        Ok(Value::List(list))
    };
    /// The first form for 1, the second for any other count.
    ///
    /// `{{ plural "one" "many" 2 }}` gives `many`
    "plural" (Str, Str, Int) = |_, a| Ok(a.at(usize::from(a.int(2) != 1)).clone());
    /// A greeting.
    ///
    /// `{{ hello }}` gives `Hello!`
    "hello" () = |_, _| Ok(Value::text("Hello!"));
}

/// Where the first occurrence begins.
pub(crate) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, part)
}

/// Text without the characters at both ends that are to go.
fn trimmed(text: &[u8], goes: impl Fn(char) -> bool) -> &[u8] {
    let front: usize = runes(text).take_while(|(c, _)| goes(*c)).map(|(_, raw)| raw.len()).sum();
    let mut rest = text.get(front..).unwrap_or_default();
    loop {
        let (c, width) = last_rune(rest);
        if rest.is_empty() || !goes(c) {
            return rest;
        }
        rest = rest.get(..rest.len() - width).unwrap_or_default();
    }
}

/// The last character of Go text and its bytes.
fn last_rune(text: &[u8]) -> (char, usize) {
    let longest = text.len().min(4);
    let whole = (1..=longest).rev().find_map(|width| {
        let (c, found) = decode_rune(text.get(text.len() - width..)?);
        (found == width && (width > 1 || c != '\u{FFFD}')).then_some((c, width))
    });
    whole.unwrap_or(('\u{FFFD}', 1))
}

/// Go's `strings.TrimSpace`.
pub(crate) fn trim_space(text: &[u8]) -> &[u8] {
    trimmed(text, char::is_whitespace)
}

/// Go's `strings.Trim`.
fn trim_set<'t>(text: &'t [u8], set: &[u8]) -> &'t [u8] {
    let set: BTreeSet<char> = runes(set).map(|(c, _)| c).collect();
    trimmed(text, |c| set.contains(&c))
}

fn replace(ctx: &mut Ctx<'_>, text: &[u8], old: &[u8], new: &[u8]) -> Outcome<Vec<u8>> {
    if old.is_empty() {
        // Go puts the new text between all characters and at both ends.
        ctx.reserve(text.len() + (text.len() + 1).saturating_mul(new.len()))?;
        let mut out = new.to_vec();
        for (_, raw) in runes(text) {
            out.extend_from_slice(raw);
            out.extend_from_slice(new);
        }
        return Ok(out);
    }
    let count = memchr::memmem::find_iter(text, old).count();
    ctx.reserve(text.len().saturating_add(count.saturating_mul(new.len())))?;
    let (mut out, mut from) = (Vec::new(), 0);
    for at in memchr::memmem::find_iter(text, old) {
        out.extend_from_slice(text.get(from..at).unwrap_or_default());
        out.extend_from_slice(new);
        from = at + old.len();
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
    Ok(out)
}

/// Go's `strings.SplitN`; without separator it splits into characters. A negative or absent limit is none.
fn split<'t>(ctx: &mut Ctx<'_>, text: &'t [u8], separator: &[u8], limit: Option<i64>) -> Outcome<Vec<&'t [u8]>> {
    let limit = usize::try_from(limit.unwrap_or(-1)).unwrap_or(usize::MAX);
    if limit == 0 {
        return Ok(Vec::new());
    }
    let count = match separator {
        [] => runes(text).count(),
        _ => memchr::memmem::find_iter(text, separator).count() + 1,
    };
    // What the list or map of the parts will need.
    ctx.reserve(count.min(limit).saturating_mul(4 * size_of::<Value>()))?;
    let mut parts = Vec::with_capacity(count.min(limit));
    let mut rest = text;
    while parts.len() + 1 < limit {
        let (end, skip) = match separator {
            [] if rest.is_empty() => return Ok(parts),
            [] => (decode_rune(rest).1, 0),
            _ => match find(rest, separator) {
                Some(at) => (at, separator.len()),
                None => break,
            },
        };
        parts.push(rest.get(..end).unwrap_or_default());
        rest = rest.get(end + skip..).unwrap_or_default();
    }
    if !separator.is_empty() || !rest.is_empty() {
        parts.push(rest);
    }
    Ok(parts)
}

fn numbered(parts: Vec<&[u8]>) -> Outcome<Value> {
    let entries = parts.iter().enumerate().map(|(at, part)| (format!("_{at}").as_bytes().into(), Value::text(part)));
    Map::new(Elem::Str, entries.collect()).map(Value::Map)
}
