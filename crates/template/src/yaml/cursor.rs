//! A place in a YAML text.

/// Where something stands: line and column are counted from zero, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Mark {
    /// Characters before it.
    pub index: usize,
    pub line: usize,
    pub column: usize,
}

/// Reads a text from front to back.
pub(super) struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
    pub mark: Mark,
}

/// Bytes of the character that begins with this byte.
fn width(first: u8) -> usize {
    match first {
        0..=0x7F => 1,
        0x80..=0xDF => 2,
        0xE0..=0xEF => 3,
        _ => 4,
    }
}

/// Bytes of the line break at the beginning of a text; 0 when there is none.
pub(super) fn break_width(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] | [0xC2, 0x85, ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
        _ => 0,
    }
}

impl<'t> Cursor<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text: text.as_bytes(), at: 0, mark: Mark::default() }
    }

    /// The text from here on.
    pub fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The byte here; 0 at the end.
    pub fn byte(&self) -> u8 {
        self.ahead(0)
    }

    /// The byte so many bytes further.
    pub fn ahead(&self, by: usize) -> u8 {
        self.text.get(self.at + by).copied().unwrap_or(0)
    }

    pub fn is_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub fn is_blank(&self) -> bool {
        matches!(self.byte(), b' ' | b'\t')
    }

    pub fn is_break(&self) -> bool {
        break_width(self.rest()) > 0
    }

    /// A blank, a line break or the end, so many bytes further.
    pub fn is_blank_or_end(&self, by: usize) -> bool {
        let rest = self.rest().get(by..).unwrap_or_default();
        rest.is_empty() || matches!(rest.first(), Some(b' ' | b'\t')) || break_width(rest) > 0
    }

    pub fn is_break_or_end(&self) -> bool {
        self.is_end() || self.is_break()
    }

    /// `---` or `...` at the beginning of a line.
    pub fn is_document_mark(&self, mark: &[u8]) -> bool {
        self.mark.column == 0 && self.rest().starts_with(mark) && self.is_blank_or_end(3)
    }

    /// Passes one character that is no line break.
    pub fn skip(&mut self) {
        self.at += width(self.byte());
        self.mark.index += 1;
        self.mark.column += 1;
    }

    /// Takes one character that is no line break.
    pub fn take(&mut self, into: &mut Vec<u8>) {
        let width = width(self.byte());
        into.extend(self.rest().get(..width).unwrap_or_default());
        self.skip();
    }

    /// Takes a line break: all but the two of Unicode become `\n`.
    pub fn take_break(&mut self, into: &mut Vec<u8>) {
        let width = break_width(self.rest());
        if width == 3 {
            into.extend(self.rest().get(..3).unwrap_or_default());
        } else {
            into.push(b'\n');
        }
        self.skip_break();
    }

    /// Passes a line break.
    pub fn skip_break(&mut self) {
        let width = break_width(self.rest());
        self.mark.index += if self.rest().starts_with(b"\r\n") { 2 } else { 1 };
        self.at += width;
        self.mark.line += 1;
        self.mark.column = 0;
    }

    /// Passes the rest of the line, but not its break.
    pub fn skip_comment(&mut self) {
        if self.byte() == b'#' {
            while !self.is_break_or_end() {
                self.skip();
            }
        }
    }

    pub fn skip_blanks(&mut self) {
        while self.is_blank() {
            self.skip();
        }
    }

    /// The text that passes a test, byte by byte.
    pub fn take_while(&mut self, passes: fn(u8) -> bool) -> Vec<u8> {
        let mut out = Vec::new();
        while !self.is_end() && passes(self.byte()) {
            self.take(&mut out);
        }
        out
    }
}
