//! Strings: upper and lower case, and names in the styles of programming languages.

use super::Args;
use crate::format::quote::runes;
use crate::value::Value;

functions! {
    /// Upper case.
    ///
    /// `{{ upper "äb" }}` gives `ÄB`
    "upper" (Str) = |_, a| Ok(Value::text(map(a.str(0), upper)));
    /// Lower case.
    ///
    /// `{{ lower "AB" }}` gives `ab`
    "lower" (Str) = |_, a| Ok(Value::text(map(a.str(0), lower)));
    /// Upper case for the first letter of each word; a word starts after anything that is no letter, digit, `_` or `'`.
    ///
    /// `{{ title "hello foo-bar" }}` gives `Hello Foo-Bar`
    "title" (Str) = |_, a| Ok(Value::text(first_of_words(a.str(0), upper)));
    /// Lower case for the first letter of each word.
    ///
    /// `{{ untitle "Hello World" }}` gives `hello world`
    "untitle" (Str) = |_, a| Ok(Value::text(untitle(a.str(0))));
    /// Upper case becomes lower and the other way round.
    ///
    /// `{{ swapcase "aBc" }}` gives `AbC`
    "swapcase" (Str) = |_, a| Ok(Value::text(swapped(a.str(0))));
    /// The first letters of the words.
    ///
    /// `{{ initials "First Try" }}` gives `FT`
    "initials" (Str) = |_, a| Ok(Value::text(initials(a.str(0))));
    /// Text without any white space.
    ///
    /// `{{ nospace "a b c" }}` gives `abc`
    "nospace" (Str) = |_, a| {
        let kept = runes(a.str(0)).filter(|(c, _)| !c.is_whitespace());
        Ok(Value::text(kept.flat_map(|(_, raw)| raw.to_vec()).collect::<Vec<_>>()))
    };
    /// `FirstName` in the style `first_name`.
    ///
    /// `{{ snakecase "HTTPServer2Go" }}` gives `http_server2_go`
    "snakecase" (Str) = |_, a| Ok(Value::text(delimited(a.str(0), '_')));
    /// `FirstName` in the style `first-name`.
    ///
    /// `{{ kebabcase "FirstName" }}` gives `first-name`
    "kebabcase" (Str) = |_, a| Ok(Value::text(delimited(a.str(0), '-')));
    /// `first_name` in the style `FirstName`.
    ///
    /// `{{ camelcase "http_server" }}` gives `HttpServer`
    "camelcase" (Str) = |_, a| Ok(Value::text(camel(a.str(0))));
}

/// The one upper-case character, where there is just one.
fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    if mapped.len() == 1 { mapped.next().unwrap_or(c) } else { c }
}

fn lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    if mapped.len() == 1 { mapped.next().unwrap_or(c) } else { c }
}

fn map(text: &[u8], change: fn(char) -> char) -> String {
    runes(text).map(|(c, _)| change(c)).collect()
}

/// Go's `strings.Title`.
fn first_of_words(text: &[u8], change: fn(char) -> char) -> String {
    let mut before = ' ';
    runes(text)
        .map(|(c, _)| {
            let starts = separates(before);
            before = c;
            if starts { change(c) } else { c }
        })
        .collect()
}

/// What stands between words for `title`: ASCII but letters, digits and `_`; beyond ASCII only white space.
fn separates(c: char) -> bool {
    if c.is_ascii() { !c.is_ascii_alphanumeric() && c != '_' } else { !c.is_alphanumeric() && c.is_whitespace() }
}

fn untitle(text: &[u8]) -> String {
    let mut starts = true;
    runes(text)
        .map(|(c, _)| {
            let changed = if starts { lower(c) } else { c };
            starts = c.is_whitespace();
            changed
        })
        .collect()
}

fn swapped(text: &[u8]) -> String {
    let mut space = true;
    runes(text)
        .map(|(c, _)| {
            let changed = if c.is_uppercase() {
                lower(c)
            } else if c.is_lowercase() {
                upper(c)
            } else {
                c
            };
            space = c.is_whitespace();
            changed
        })
        .collect()
}

fn initials(text: &[u8]) -> String {
    let mut starts = true;
    let mut out = String::new();
    for (c, _) in runes(text) {
        if c.is_whitespace() {
            starts = true;
        } else if std::mem::take(&mut starts) {
            out.push(c);
        }
    }
    out
}

/// Words of a name, as the snake and kebab styles see them.
fn delimited(text: &[u8], mark: char) -> String {
    let chars: Vec<char> = runes(text).map(|(c, _)| c).collect();
    let mut out = String::new();
    for (at, c) in chars.iter().copied().enumerate() {
        if c == '_' || c == '-' || c.is_whitespace() {
            if !out.is_empty() || at == 0 {
                out.push(mark);
            }
            continue;
        }
        if c.is_uppercase() && at > 0 && !out.ends_with(mark) {
            let before = chars.get(at - 1).copied().unwrap_or(' ');
            let next_lower = chars.get(at + 1).is_some_and(|n| n.is_lowercase());
            if before.is_lowercase() || before.is_numeric() || (before.is_uppercase() && next_lower) {
                out.push(mark);
            }
        }
        out.push(lower(c));
    }
    out
}

fn camel(text: &[u8]) -> String {
    let mut out = String::new();
    let mut starts = true;
    for (c, _) in runes(text) {
        if matches!(c, '_' | '-') || c.is_whitespace() {
            if out.is_empty() {
                out.push(c);
            }
            starts = true;
        } else if std::mem::take(&mut starts) {
            out.push(upper(c));
        } else {
            out.push(c);
        }
    }
    out
}
