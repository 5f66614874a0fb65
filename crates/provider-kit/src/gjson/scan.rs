//! Walks over JSON text without checking it.
//!
//! Every function takes what it gets: text that is not JSON ends early instead of failing, as gjson promises.

/// Position of the first byte at or after `at` that is no blank or control character.
pub(super) fn skip_blank(json: &[u8], at: usize) -> usize {
    json.iter().skip(at).position(|byte| *byte > b' ').map_or(json.len(), |found| at + found)
}

/// Position after the string that starts with the quote at `at`; the end of the text when it is never closed.
pub(super) fn string_end(json: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    while let Some(byte) = json.get(next) {
        match byte {
            b'"' => return next + 1,
            b'\\' => next += 2,
            _ => next += 1,
        }
    }
    json.len()
}

/// Position after the bracketed text that opens at `at`. All kinds of brackets count alike, those in strings do not.
pub(super) fn bracket_end(json: &[u8], at: usize) -> usize {
    let (mut depth, mut next) = (0_usize, at);
    while let Some(byte) = json.get(next) {
        match byte {
            b'"' => {
                next = string_end(json, next);
                continue;
            }
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return next + 1;
                }
            }
            _ => {}
        }
        next += 1;
    }
    json.len()
}

/// Whether a value can start with this byte.
pub(super) fn starts_value(byte: u8) -> bool {
    matches!(byte, b'{' | b'[' | b'"' | b't' | b'f' | b'n' | b'+' | b'-' | b'0'..=b'9' | b'i' | b'I' | b'N')
}

/// Position after the value that starts at `at`.
pub(super) fn value_end(json: &[u8], at: usize) -> usize {
    let rest = |stop: fn(u8) -> bool| {
        json.iter().skip(at + 1).position(|byte| stop(*byte)).map_or(json.len(), |found| at + 1 + found)
    };
    match json.get(at) {
        Some(b'{' | b'[') => bracket_end(json, at),
        Some(b'"') => string_end(json, at),
        Some(b't' | b'f') => rest(|byte| !byte.is_ascii_lowercase()),
        Some(b'n') if json.get(at + 1) != Some(&b'a') => rest(|byte| !byte.is_ascii_lowercase()),
        Some(_) => rest(|byte| byte <= b' ' || matches!(byte, b',' | b':' | b']' | b'}')),
        None => json.len(),
    }
}

/// Like [`value_end`], but none for a string that is never closed: nobody knows what it was going to be.
fn closed_end(json: &[u8], at: usize) -> Option<usize> {
    let end = value_end(json, at);
    let open = json.get(at) == Some(&b'"') && (end < at + 2 || json.get(end - 1) != Some(&b'"'));
    (!open).then_some(end)
}

/// The part of `json` from `from` up to `to`; empty when the two do not fit.
pub(super) fn slice(json: &[u8], from: usize, to: usize) -> &[u8] {
    json.get(from..to).unwrap_or_default()
}

/// A member of an object.
#[derive(Clone, Copy)]
pub(super) struct Member<'j> {
    /// With its quotes and escapes.
    pub(super) key: &'j [u8],
    /// As it stands in the text.
    pub(super) value: &'j [u8],
}

/// The members of the object whose text starts after its opening brace at `at`.
pub(super) struct Members<'j> {
    json: &'j [u8],
    at: usize,
}

impl<'j> Members<'j> {
    /// `json` starts with the opening brace.
    pub(super) fn of(json: &'j [u8]) -> Self {
        Self { json, at: 1 }
    }
}

impl<'j> Iterator for Members<'j> {
    type Item = Member<'j>;

    fn next(&mut self) -> Option<Member<'j>> {
        let key_at = self.at + self.json.iter().skip(self.at).position(|byte| matches!(byte, b'"' | b'}'))?;
        if self.json.get(key_at) == Some(&b'}') {
            self.at = self.json.len();
            return None;
        }
        let key_end = string_end(self.json, key_at);
        let value_at =
            key_end + self.json.iter().skip(key_end).position(|byte| *byte == b'}' || starts_value(*byte))?;
        if self.json.get(value_at) == Some(&b'}') {
            self.at = self.json.len();
            return None;
        }
        self.at = closed_end(self.json, value_at)?;
        Some(Member { key: slice(self.json, key_at, key_end), value: slice(self.json, value_at, self.at) })
    }
}

/// The elements of an array, or the values of a text that is a list of them without brackets.
pub(super) struct Elements<'j> {
    json: &'j [u8],
    at: usize,
}

impl<'j> Elements<'j> {
    /// `json` starts with the opening bracket.
    pub(super) fn of(json: &'j [u8]) -> Self {
        Self { json, at: 1 }
    }

    /// `json` is a list without brackets, such as JSON lines.
    pub(super) fn of_lines(json: &'j [u8]) -> Self {
        Self { json, at: 0 }
    }
}

impl<'j> Iterator for Elements<'j> {
    type Item = &'j [u8];

    fn next(&mut self) -> Option<&'j [u8]> {
        let at = self.at + self.json.iter().skip(self.at).position(|byte| *byte == b']' || starts_value(*byte))?;
        if self.json.get(at) == Some(&b']') {
            self.at = self.json.len();
            return None;
        }
        self.at = closed_end(self.json, at)?;
        Some(slice(self.json, at, self.at))
    }
}
