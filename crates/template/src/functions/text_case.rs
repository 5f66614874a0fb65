//! Strings: upper and lower case, and initials.

use super::Args;
use crate::format::quote::runes;
use crate::unicode::{Category, lower, title, upper};
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
    /// Upper case for the first letter of each word; a word starts after anything that is no letter, digit or `_`.
    ///
    /// `{{ title "hello foo-bar" }}` gives `Hello Foo-Bar`
    "title" (Str) = |_, a| Ok(Value::text(titled(a.str(0))));
    /// Lower case for the first letter of each word.
    ///
    /// `{{ untitle "Hello World" }}` gives `hello world`
    "untitle" (Str) = |_, a| Ok(Value::text(untitle(a.str(0))));
    /// Upper case becomes lower and the other way round.
    ///
    /// `{{ swapcase "aBc" }}` gives `AbC`
    "swapcase" (Str) = |_, a| Ok(Value::text(swapped(a.str(0))));
    /// The first letters of the words. It looks at bytes: a letter beyond ASCII comes out broken.
    ///
    /// `{{ initials "First Try" }}` gives `FT`
    "initials" (Str) = |_, a| Ok(Value::text(initials(a.str(0))));
    /// Text without any white space. Where there is some, letters beyond ASCII come out broken, since bytes are looked at.
    ///
    /// `{{ nospace "a b c" }}` gives `abc`
    "nospace" (Str) = |_, a| {
        let text = a.str(0);
        if text.iter().any(|byte| char::from(*byte).is_whitespace()) {
            return Ok(Value::text(latin(text).filter(|c| !c.is_whitespace()).collect::<String>()));
        }
        Ok(a.at(0).clone())
    };
}

/// Each byte as a character of its own, which is how sprig's helpers read text here.
fn latin(text: &[u8]) -> impl Iterator<Item = char> {
    text.iter().map(|byte| char::from(*byte))
}

fn map(text: &[u8], change: fn(char) -> char) -> String {
    runes(text).map(|(c, _)| change(c)).collect()
}

/// Go's `strings.Title`.
fn titled(text: &[u8]) -> String {
    let mut before = ' ';
    runes(text)
        .map(|(c, _)| {
            let starts = separates(before);
            before = c;
            if starts { title(c) } else { c }
        })
        .collect()
}

/// What stands between words for `title`: ASCII but letters, digits and `_`; beyond ASCII only white space.
fn separates(c: char) -> bool {
    if c.is_ascii() { !c.is_ascii_alphanumeric() && c != '_' } else { c.is_whitespace() }
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
    let mut after_space = true;
    runes(text)
        .map(|(c, _)| {
            if Category::Upper.has(c) || Category::Title.has(c) {
                after_space = false;
                lower(c)
            } else if Category::Lower.has(c) {
                if std::mem::take(&mut after_space) { title(c) } else { upper(c) }
            } else {
                after_space = c.is_whitespace();
                c
            }
        })
        .collect()
}

fn initials(text: &[u8]) -> String {
    let mut starts = true;
    let mut out = String::new();
    for c in latin(text) {
        if c.is_whitespace() {
            starts = true;
        } else if std::mem::take(&mut starts) {
            out.push(c);
        }
    }
    out
}
