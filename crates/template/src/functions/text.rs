//! Strings: parts, search and joining.

use super::Args;
use super::cast;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::format::quote::{quote, runes};
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
            out.push([b"'", cast::text(c, value)?.as_slice(), b"'"].concat());
        }
        Ok(Value::text(out.join(&b' ')))
    };
    /// The values as text with spaces between; nil is left out.
    ///
    /// `{{ cat "a" 1 "b" }}` gives `a 1 b`
    "cat" (; ...Any) = |c, a| {
        let mut out = Vec::new();
        for value in a.iter().filter(|v| !v.is_nil()) {
            out.push(cast::text(c, value)?);
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
    /// The items of a list as texts, sorted by bytes.
    ///
    /// `{{ sortAlpha (list "b" "a") }}` gives `[a b]`
    "sortAlpha" (Any) = |c, a| {
        let mut parts = cast::texts(c, a.at(0))?;
        parts.sort();
        Value::texts(parts)
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
    if part.is_empty() {
        return Some(0);
    }
    text.windows(part.len()).position(|window| window == part)
}

/// Go's `strings.TrimSpace`.
pub(crate) fn trim_space(text: &[u8]) -> &[u8] {
    let kept: Vec<_> = runes(text).map(|(c, raw)| (c.is_whitespace(), raw.len())).collect();
    let front: usize = kept.iter().take_while(|(space, _)| *space).map(|(_, len)| len).sum();
    if front == text.len() {
        return b"";
    }
    let back: usize = kept.iter().rev().take_while(|(space, _)| *space).map(|(_, len)| len).sum();
    text.get(front..text.len() - back).unwrap_or_default()
}

/// Go's `strings.Trim`.
fn trim_set<'t>(text: &'t [u8], set: &[u8]) -> &'t [u8] {
    let set: Vec<char> = runes(set).map(|(c, _)| c).collect();
    let kept: Vec<_> = runes(text).map(|(c, raw)| (set.contains(&c), raw.len())).collect();
    let front: usize = kept.iter().take_while(|(cut, _)| *cut).map(|(_, len)| len).sum();
    if front == text.len() {
        return b"";
    }
    let back: usize = kept.iter().rev().take_while(|(cut, _)| *cut).map(|(_, len)| len).sum();
    text.get(front..text.len() - back).unwrap_or_default()
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
    let parts = split_all(text, old);
    ctx.reserve(text.len() + parts.len().saturating_mul(new.len()))?;
    Ok(parts.join(new))
}

fn split_all<'t>(text: &'t [u8], separator: &[u8]) -> Vec<&'t [u8]> {
    let (mut rest, mut parts) = (text, Vec::new());
    while let Some(at) = find(rest, separator) {
        let (head, tail) = rest.split_at(at);
        parts.push(head);
        rest = tail.get(separator.len()..).unwrap_or_default();
    }
    parts.push(rest);
    parts
}

/// Go's `strings.SplitN`; without separator it splits into characters.
fn split<'t>(ctx: &mut Ctx<'_>, text: &'t [u8], separator: &[u8], limit: Option<i64>) -> Outcome<Vec<&'t [u8]>> {
    let limit = match limit {
        Some(0) => return Ok(Vec::new()),
        Some(n) => usize::try_from(n).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let mut ends = Vec::new();
    if separator.is_empty() {
        let mut at = 0;
        for (_, raw) in runes(text) {
            ends.push((at, at + raw.len()));
            at += raw.len();
        }
    } else {
        let mut at = 0;
        for part in split_all(text, separator) {
            ends.push((at, at + part.len()));
            at += part.len() + separator.len();
        }
    }
    ctx.reserve(ends.len().min(limit) * size_of::<Value>())?;
    if ends.len() > limit {
        ends.truncate(limit);
        if let Some(last) = ends.last_mut() {
            last.1 = text.len();
        }
    }
    Ok(ends.into_iter().map(|(from, to)| text.get(from..to).unwrap_or_default()).collect())
}

fn numbered(parts: Vec<&[u8]>) -> Outcome<Value> {
    let entries = parts.iter().enumerate().map(|(at, part)| (format!("_{at}").as_bytes().into(), Value::text(part)));
    Map::new(Elem::Str, entries.collect()).map(Value::Map)
}
