//! Kinds of values and their text.

use super::scan;

/// What the first byte of a value says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    False,
    True,
    Number,
    Text,
    Container,
}

/// Kind of the value that `raw` starts with.
pub(super) fn kind(raw: &[u8]) -> Kind {
    match raw.first() {
        Some(b'{' | b'[') => Kind::Container,
        Some(b'"') => Kind::Text,
        Some(b't') => Kind::True,
        Some(b'f') => Kind::False,
        Some(b'n') if raw.get(1) != Some(&b'a') => Kind::Null,
        Some(_) => Kind::Number,
        None => Kind::Null,
    }
}

/// The string form of a value: strings without quotes and escapes, null as nothing, all else as it stands, numbers never with an
/// exponent.
pub(super) fn string_form(raw: &[u8]) -> Vec<u8> {
    match kind(raw) {
        Kind::Null => Vec::new(),
        Kind::False => b"false".to_vec(),
        Kind::True => b"true".to_vec(),
        Kind::Number => number_form(raw),
        Kind::Text => unquoted(raw),
        Kind::Container => raw.to_vec(),
    }
}

/// Whole numbers as they stand, however long; others as the shortest decimal that reads back as the same double.
fn number_form(raw: &[u8]) -> Vec<u8> {
    let digits = raw.strip_prefix(b"-").unwrap_or(raw);
    if digits.iter().all(u8::is_ascii_digit) {
        return raw.to_vec();
    }
    let number = number(raw);
    if number.is_infinite() {
        return if number > 0.0 { b"+Inf".to_vec() } else { b"-Inf".to_vec() };
    }
    number.to_string().into_bytes()
}

/// The value of a number; 0 when it cannot be read.
pub(super) fn number(raw: &[u8]) -> f64 {
    std::str::from_utf8(raw).ok().and_then(|text| text.parse().ok()).unwrap_or(0.0)
}

/// The contents of the string that `raw` starts with.
pub(crate) fn unquoted(raw: &[u8]) -> Vec<u8> {
    let end = scan::string_end(raw, 0);
    let closed = end >= 2 && raw.get(end - 1) == Some(&b'"');
    let inner = scan::slice(raw, 1, if closed { end - 1 } else { end });
    if inner.contains(&b'\\') { unescaped(inner) } else { inner.to_vec() }
}

/// Takes the escapes out of the inside of a string. Stops at the first byte that no JSON string may hold.
pub(super) fn unescaped(inner: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(inner.len());
    let mut at = 0;
    while let Some(&byte) = inner.get(at) {
        if byte < b' ' {
            break;
        }
        if byte != b'\\' {
            out.push(byte);
            at += 1;
            continue;
        }
        let plain = match inner.get(at + 1) {
            Some(escape @ (b'\\' | b'/' | b'"')) => *escape,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => match unicode_escape(inner, at) {
                Some((letter, next)) => {
                    out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                    at = next;
                    continue;
                }
                None => break,
            },
            _ => break,
        };
        out.push(plain);
        at += 2;
    }
    out
}

/// The character of the `\u` escape at `at`, with its second half where it is a surrogate, and the position after it.
fn unicode_escape(inner: &[u8], at: usize) -> Option<(char, usize)> {
    let unit = |at: usize| -> Option<u32> {
        let hex = inner.get(at + 2..at + 6)?;
        Some(std::str::from_utf8(hex).ok().and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(0))
    };
    let first = unit(at)?;
    if !(0xd800..0xe000).contains(&first) {
        return Some((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), at + 6));
    }
    let follows = inner.get(at + 6) == Some(&b'\\') && inner.get(at + 7) == Some(&b'u');
    let second = unit(at + 6).filter(|second| follows && (0xdc00..0xe000).contains(second));
    let joined =
        second.filter(|_| first < 0xdc00).map(|second| 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00));
    match joined.and_then(char::from_u32) {
        Some(letter) => Some((letter, at + 12)),
        None => Some((char::REPLACEMENT_CHARACTER, at + 6)),
    }
}

/// Appends `text` as a JSON string. Besides what JSON demands, `<`, `>`, `&` and the line separators are escaped, as Go does.
pub(super) fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '"' => out.extend_from_slice(b"\\\""),
                '\\' => out.extend_from_slice(b"\\\\"),
                '\n' => out.extend_from_slice(b"\\n"),
                '\r' => out.extend_from_slice(b"\\r"),
                '\t' => out.extend_from_slice(b"\\t"),
                '\u{8}' => out.extend_from_slice(b"\\b"),
                '\u{c}' => out.extend_from_slice(b"\\f"),
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..' ' => {
                    out.extend_from_slice(format!("\\u{:04x}", u32::from(letter)).as_bytes());
                }
                _ => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        if !chunk.invalid().is_empty() {
            for _ in chunk.invalid() {
                out.extend_from_slice(b"\\ufffd");
            }
        }
    }
    out.push(b'"');
}
