//! Go's quoted strings: writing them (`%q`, `%+q`, `%#q`) and reading them.

use std::fmt::Write as _;

use crate::unicode::Category;

/// One rune of Go text: what it is and how many bytes it takes. Bytes that are not UTF-8 are U+FFFD of width 1.
pub fn decode_rune(bytes: &[u8]) -> (char, usize) {
    let width = match bytes.first() {
        None => return ('\u{FFFD}', 0),
        Some(0..=0x7F) => 1,
        Some(0xC2..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..=0xF4) => 4,
        Some(_) => return ('\u{FFFD}', 1),
    };
    let text = bytes.get(..width).and_then(|b| std::str::from_utf8(b).ok());
    text.and_then(|t| t.chars().next()).map_or(('\u{FFFD}', 1), |c| (c, width))
}

/// The runes of Go text, as `range` over a string gives them.
pub fn runes(bytes: &[u8]) -> impl Iterator<Item = (char, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (c, width) = decode_rune(rest);
        let (head, tail) = rest.split_at_checked(width).filter(|(head, _)| !head.is_empty())?;
        rest = tail;
        Some((c, head))
    })
}

/// How many runes Go counts.
pub fn rune_count(bytes: &[u8]) -> usize {
    runes(bytes).count()
}

/// Go's `unicode.IsPrint`.
pub fn is_print(c: char) -> bool {
    if c.is_ascii() { (' '..='~').contains(&c) } else { Category::Print.has(c) }
}

/// `U+0041`, `U+1F600 '😀'`: Go's `%#U`.
pub fn unicode_name(c: char) -> String {
    let shown = if is_print(c) { format!(" '{c}'") } else { String::new() };
    format!("U+{:04X}{shown}", c as u32)
}

/// Go's `strconv.Quote` of text.
pub fn quote_text(text: &str) -> String {
    quote(text.as_bytes(), '"', false)
}

/// Go's `strconv.Quote` (or `QuoteToASCII`) of bytes.
pub fn quote(bytes: &[u8], mark: char, ascii: bool) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push(mark);
    for (c, raw) in runes(bytes) {
        match raw {
            [byte] if c == '\u{FFFD}' => _ = write!(out, "\\x{byte:02x}"),
            _ => push_rune(&mut out, c, mark, ascii),
        }
    }
    out.push(mark);
    out
}

/// Go's `strconv.QuoteRune`.
pub fn quote_rune(c: char, ascii: bool) -> String {
    let mut out = String::from("'");
    push_rune(&mut out, c, '\'', ascii);
    out.push('\'');
    out
}

fn push_rune(out: &mut String, c: char, mark: char, ascii: bool) {
    match c {
        _ if c == mark || c == '\\' => out.extend(['\\', c]),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        _ if is_print(c) && (c.is_ascii() || !ascii) => out.push(c),
        _ => {
            _ = match c as u32 {
                code @ (0..0x20 | 0x7F) => write!(out, "\\x{code:02x}"),
                code @ 0..0x1_0000 => write!(out, "\\u{code:04x}"),
                code => write!(out, "\\U{code:08x}"),
            }
        }
    }
}

/// True when Go would write the text between backquotes.
pub fn can_backquote(bytes: &[u8]) -> bool {
    runes(bytes).all(|(c, raw)| {
        let broken = c == '\u{FFFD}' && raw.len() == 1;
        !broken && c != '\u{FEFF}' && c != '`' && c != '\x7f' && (c >= ' ' || c == '\t')
    })
}

/// Reads one character of a quoted literal: its code and the rest. `\xHH` gives a byte value.
pub fn unquote_char(text: &str, mark: char) -> Option<(u32, &str)> {
    let mut out = Vec::new();
    let (code, rest) = escape(text, mark, &mut out)?;
    Some((code, rest))
}

/// Reads a literal in double quotes, single quotes are not used by the template language, or backquotes.
pub fn unquote(source: &str) -> Option<Vec<u8>> {
    if let Some(raw) = source.strip_prefix('`').and_then(|s| s.strip_suffix('`')) {
        return Some(raw.bytes().filter(|b| *b != b'\r').collect());
    }
    let mut rest = source.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        rest = escape(rest, '"', &mut out)?.1;
    }
    Some(out)
}

/// Reads one character or escape and appends its bytes.
fn escape<'t>(text: &'t str, mark: char, out: &mut Vec<u8>) -> Option<(u32, &'t str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first == mark || first == '\n' {
        return None;
    }
    if first != '\\' {
        out.extend(first.encode_utf8(&mut [0; 4]).bytes());
        return Some((first as u32, chars.as_str()));
    }
    let simple = |c: u8| (u32::from(c), false);
    let (code, wide) = match chars.next()? {
        'a' => simple(7),
        'b' => simple(8),
        'f' => simple(12),
        'n' => simple(10),
        'r' => simple(13),
        't' => simple(9),
        'v' => simple(11),
        '\\' => simple(b'\\'),
        c if c == mark => (c as u32, false),
        'x' => (digits(&mut chars, 2, 16)?, false),
        'u' => (digits(&mut chars, 4, 16)?, true),
        'U' => (digits(&mut chars, 8, 16)?, true),
        c @ '0'..='7' => {
            let code = c.to_digit(8)? * 64 + digits(&mut chars, 2, 8)?;
            (u8::try_from(code).ok()?.into(), false)
        }
        _ => return None,
    };
    if wide {
        out.extend(char::from_u32(code)?.encode_utf8(&mut [0; 4]).bytes());
    } else {
        out.push(u8::try_from(code).ok()?);
    }
    Some((code, chars.as_str()))
}

fn digits(chars: &mut std::str::Chars<'_>, count: usize, base: u32) -> Option<u32> {
    let mut code = 0u32;
    for _ in 0..count {
        code = code.checked_mul(base)?.checked_add(chars.next()?.to_digit(base)?)?;
    }
    Some(code)
}
