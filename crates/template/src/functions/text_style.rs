//! Strings: names in the styles of programming languages.

use super::Args;
use crate::format::quote::runes;
use crate::unicode::{Category, lower, upper};
use crate::value::Value;

functions! {
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

/// What a word consists of.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// No valid character at all, or no word.
    Broken,
    Number,
    /// Begins with upper case.
    Upper,
    /// Letters without upper case.
    Letters,
    Connector,
    Punct,
    Other,
}

fn connects(c: char) -> bool {
    matches!(c, '-' | '_') || c.is_whitespace()
}

/// Letters, but for the Chinese characters that sprig's helper knows.
fn alphabetic(c: char) -> bool {
    let chinese = matches!(c as u32, 0x3400..=0x4D85 | 0x4E00..=0x9FCC | 0x2_0000..=0x2_B81D);
    Category::Letter.has(c) && !chinese
}

/// The next character that is valid, and how many bytes it takes together with the broken ones before it.
fn valid(text: &[u8]) -> (Option<char>, usize) {
    let mut size = 0;
    for (c, raw) in runes(text) {
        size += raw.len();
        if c != '\u{FFFD}' {
            return (Some(c), size);
        }
    }
    (None, size)
}

/// How many bytes from `at` on belong to a run; broken bytes at the end belong to it as well.
fn run(text: &[u8], mut at: usize, first: char, belongs: fn(char) -> bool) -> usize {
    let mut last = first;
    while at < text.len() {
        let (c, size) = valid(text.get(at..).unwrap_or_default());
        last = c.unwrap_or(last);
        if !belongs(last) {
            break;
        }
        at += size;
    }
    at
}

/// The kind and length of the first word.
fn word(text: &[u8]) -> (Kind, usize) {
    let (Some(c), size) = valid(text) else { return (Kind::Broken, text.len()) };
    match c {
        _ if connects(c) => (Kind::Connector, run(text, size, c, connects)),
        _ if Category::Punct.has(c) => (Kind::Punct, run(text, size, c, |c| Category::Punct.has(c))),
        _ if Category::Upper.has(c) => (Kind::Upper, upper_word(text, size, c)),
        _ if alphabetic(c) => (Kind::Letters, run(text, size, c, small_letter)),
        _ if Category::Number.has(c) => (Kind::Number, run(text, size, c, |c| Category::Number.has(c))),
        _ => (Kind::Other, run(text, size, c, other)),
    }
}

fn small_letter(c: char) -> bool {
    alphabetic(c) && !Category::Upper.has(c)
}

fn other(c: char) -> bool {
    !(connects(c) || alphabetic(c) || Category::Number.has(c) || Category::Punct.has(c))
}

/// `HTTPStatus` is `HTTP` and `Status`: the last capital before small letters begins a word.
fn upper_word(text: &[u8], first: usize, c: char) -> usize {
    let (second, size) = valid(text.get(first..).unwrap_or_default());
    if size == 0 {
        return first;
    }
    let second = second.unwrap_or(c);
    if !Category::Upper.has(second) {
        return if alphabetic(second) { run(text, first, second, small_letter) } else { first };
    }
    let (mut at, mut last) = (first + size, size);
    while at < text.len() {
        let (next, size) = valid(text.get(at..).unwrap_or_default());
        let next = next.unwrap_or(second);
        if !Category::Upper.has(next) {
            return if alphabetic(next) { at - last } else { at };
        }
        (at, last) = (at + size, size);
    }
    at
}

/// Puts words together with a mark between, by the rules of sprig's helper.
struct Joiner<'t> {
    out: Vec<u8>,
    rest: &'t [u8],
    word: (Kind, &'t [u8]),
    mark: char,
}

impl<'t> Joiner<'t> {
    fn advance(&mut self) {
        if self.rest.is_empty() {
            self.word = (Kind::Broken, b"");
            return;
        }
        let (kind, length) = word(self.rest);
        let (head, tail) = self.rest.split_at(length);
        (self.word, self.rest) = ((kind, head), tail);
    }

    fn push(&mut self, c: char) {
        self.out.extend(c.encode_utf8(&mut [0; 4]).bytes());
    }

    fn emit(&mut self, (kind, text): (Kind, &'t [u8])) {
        if !matches!(kind, Kind::Upper | Kind::Connector) {
            return self.out.extend_from_slice(text);
        }
        for (c, _) in runes(text) {
            let shown = if connects(c) { self.mark } else { lower(c) };
            self.push(shown);
        }
    }

    fn mark_unless(&mut self, kinds: &[Kind]) {
        if !kinds.contains(&self.word.0) {
            self.push(self.mark);
        }
    }

    /// Numbers take the letters that follow with them.
    fn letters_and_numbers(&mut self) {
        while matches!(self.word.0, Kind::Letters | Kind::Number) {
            self.emit(self.word);
            self.advance();
        }
        self.mark_unless(&[Kind::Broken, Kind::Punct, Kind::Connector]);
    }

    /// What stands between a word of letters and the next one.
    fn after_letters(&mut self) {
        if self.word.0 != Kind::Number {
            return self.mark_unless(&[Kind::Connector, Kind::Punct]);
        }
        if self.rest.is_empty() {
            return;
        }
        let number = self.word;
        self.advance();
        if self.word.0 == Kind::Letters {
            self.push(self.mark);
            self.emit(number);
            return self.letters_and_numbers();
        }
        // The number is part of the word before it.
        self.emit(number);
        self.mark_unless(&[Kind::Connector, Kind::Punct]);
    }
}

fn delimited(text: &[u8], mark: char) -> Vec<u8> {
    let mut joiner = Joiner { out: Vec::with_capacity(text.len()), rest: text, word: (Kind::Broken, b""), mark };
    joiner.advance();
    while !joiner.rest.is_empty() {
        let before = joiner.word;
        if before.0 != Kind::Connector {
            joiner.emit(before);
        }
        joiner.advance();
        match before.0 {
            Kind::Number => joiner.letters_and_numbers(),
            Kind::Connector => joiner.emit(before),
            Kind::Punct => {}
            _ => joiner.after_letters(),
        }
    }
    joiner.emit(joiner.word);
    joiner.out
}

/// Connectors vanish and the letter after them becomes a capital; capitals in a row after the first become small.
fn camel(text: &[u8]) -> String {
    let chars: Vec<char> = runes(text).map(|(c, _)| c).collect();
    let leading = chars.iter().take_while(|c| connects(**c)).count();
    let mut out: String = chars.iter().take(leading).collect();
    let Some((first, rest)) = chars.get(leading..).and_then(<[char]>::split_first) else {
        // Nothing but connectors: sprig's helper writes the last one twice.
        out.extend(chars.last());
        return out;
    };
    let mut in_capitals = Category::Upper.has(*first);
    let (mut before, mut last) = (upper(*first), *first);
    for c in rest.iter().copied() {
        let mut now = c;
        match (connects(c), connects(last)) {
            (true, true) => out.push(before),
            (_, true) => {
                in_capitals = Category::Upper.has(c);
                now = upper(c);
            }
            _ => {
                in_capitals = in_capitals && Category::Upper.has(c);
                if in_capitals {
                    now = lower(c);
                }
                out.push(before);
            }
        }
        (before, last) = (now, c);
    }
    out.push(before);
    out
}
