//! Writes scalars: which forms a text allows, and how each looks.

use super::cursor::break_width;
use super::emit::Form;
use crate::format::quote::runes;

/// Lines are folded at the first space behind this column.
const WIDTH: usize = 80;

/// What a text allows.
#[allow(clippy::struct_excessive_bools)] // Each is a finding of its own.
pub(super) struct Analysis {
    pub multiline: bool,
    empty: bool,
    plain: bool,
    single: bool,
    block: bool,
}

/// What libyaml writes as it is; characters outside the first 65536 are escaped.
fn printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{A0}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}')
}

fn is_break(raw: &[u8]) -> bool {
    break_width(raw) > 0
}

/// What stands before a character, as far as it matters.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Space,
    Break,
    Other,
}

impl Analysis {
    pub fn of(text: &[u8]) -> Self {
        if text.is_empty() {
            return Self { multiline: false, empty: true, plain: true, single: true, block: false };
        }
        let mut indicator = text.starts_with(b"---") || text.starts_with(b"...");
        let (mut breaks, mut special, mut break_space, mut space_break) = (false, false, false, false);
        let (mut before, mut word_start, mut at) = (Before::Other, true, 0);
        for (c, raw) in runes(text) {
            let rest = text.get(at + raw.len()..).unwrap_or_default();
            let word_end = matches!(rest.first(), None | Some(b' ' | b'\t'));
            indicator |= match c {
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => at == 0,
                '?' | '-' => at == 0 && word_end,
                ':' => word_end,
                '#' => word_start,
                _ => false,
            };
            special |= !printable(c);
            let now = match c {
                ' ' => Before::Space,
                _ if is_break(raw) => Before::Break,
                _ => Before::Other,
            };
            breaks |= now == Before::Break;
            break_space |= before == Before::Break && now == Before::Space;
            space_break |= before == Before::Space && now == Before::Break;
            word_start = matches!(c, ' ' | '\t' | '\0') || now == Before::Break;
            before = now;
            at += raw.len();
        }
        let edge = |raw: &[u8]| raw.first() == Some(&b' ') || is_break(raw);
        let last = runes(text).last().map_or(&[][..], |(_, raw)| raw);
        let broken = special || space_break;
        Self {
            multiline: breaks,
            empty: false,
            plain: !(edge(text) || edge(last) || break_space || broken || breaks || indicator),
            single: !(break_space || broken),
            block: !(last == b" " || broken),
        }
    }

    /// The form that a text gets when another is wished for.
    pub fn allowed(&self, wished: Form, key: bool) -> Form {
        let mut form = if key && self.multiline { Form::Double } else { wished };
        if form == Form::Plain && (!self.plain || self.empty && key) {
            form = Form::Single;
        }
        if form == Form::Single && !self.single || form == Form::Literal && (!self.block || key) {
            form = Form::Double;
        }
        form
    }
}

/// Text under construction.
#[derive(Default)]
pub(super) struct Writing {
    pub out: Vec<u8>,
    /// Column of the block; none outside.
    pub indent: Option<usize>,
    column: usize,
    /// True where a space has just been written, or the line is new.
    spaced: bool,
    /// True while the line holds nothing but indentation and marks.
    pub indention: bool,
}

impl Writing {
    /// A document begins on a new line.
    pub fn start() -> Self {
        Self { spaced: true, indention: true, ..Self::default() }
    }

    fn put(&mut self, raw: &[u8]) {
        self.out.extend_from_slice(raw);
        self.column += 1;
    }

    fn put_break(&mut self, raw: &[u8]) {
        self.out.extend_from_slice(raw);
        self.column = 0;
    }

    /// Begins a line at the column of the block, unless that is where we are.
    pub fn new_line(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || self.column == indent && !self.spaced {
            self.put_break(b"\n");
        }
        while self.column < indent {
            self.put(b" ");
        }
        (self.spaced, self.indention) = (true, true);
    }

    fn space(&mut self) {
        if !self.spaced {
            self.put(b" ");
        }
    }

    /// `-`, `?` or `:`, behind which a block may begin on the same line.
    pub fn mark(&mut self, mark: &[u8]) {
        self.space();
        self.put(mark);
        self.spaced = false;
    }

    /// The colon behind a key.
    pub fn raw(&mut self, mark: &[u8]) {
        self.put(mark);
        (self.spaced, self.indention) = (false, false);
    }

    /// An empty collection.
    pub fn indicator(&mut self, open: &[u8], close: &str) {
        self.space();
        self.put(open);
        self.raw(close.as_bytes());
    }

    /// A scalar; only where `folds` is true it may go over several lines.
    pub fn scalar(&mut self, text: &[u8], form: Form, folds: bool) {
        match form {
            Form::Plain => {
                if !text.is_empty() {
                    self.space();
                }
                self.folded(text, folds, None);
                (self.spaced, self.indention) = (false, false);
            }
            Form::Single => {
                self.space();
                self.raw(b"'");
                self.folded(text, folds, Some(b'\''));
                self.raw(b"'");
            }
            Form::Double => {
                self.space();
                self.raw(b"\"");
                self.escaped(text, folds);
                self.raw(b"\"");
            }
            Form::Literal => self.literal(text),
        }
    }

    /// Plain and single-quoted text.
    fn folded(&mut self, text: &[u8], folds: bool, quote: Option<u8>) {
        let (mut spaces, mut breaks, mut at) = (false, false, 0);
        for (_, raw) in runes(text) {
            let next = text.get(at + raw.len()).copied();
            let inside = at > 0 && next.is_some() || quote.is_none();
            if raw == b" " {
                if folds && !spaces && self.column > WIDTH && inside && next != Some(b' ') {
                    self.new_line();
                } else {
                    self.put(raw);
                }
                spaces = true;
            } else if is_break(raw) {
                if !breaks && raw == b"\n" {
                    self.put_break(b"\n");
                }
                self.put_break(raw);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.new_line();
                }
                if quote.is_some_and(|quote| raw == [quote]) {
                    self.put(raw);
                }
                self.put(raw);
                self.indention = false;
                (spaces, breaks) = (false, false);
            }
            at += raw.len();
        }
    }

    /// Double-quoted text.
    fn escaped(&mut self, text: &[u8], folds: bool) {
        // go-yaml looks for a byte order mark at the beginning of the text only, and then escapes all of it.
        let marked = text.starts_with("\u{FEFF}".as_bytes());
        let (mut spaces, mut at) = (false, 0);
        for (c, raw) in runes(text) {
            let next = text.get(at + raw.len()).copied();
            if marked || !printable(c) || is_break(raw) || matches!(c, '"' | '\\') {
                for byte in escape(c).bytes() {
                    self.put(&[byte]);
                }
                spaces = false;
            } else if c == ' ' {
                if folds && !spaces && self.column > WIDTH && at > 0 && next.is_some() {
                    self.new_line();
                    if next == Some(b' ') {
                        self.put(b"\\");
                    }
                } else {
                    self.put(raw);
                }
                spaces = true;
            } else {
                self.put(raw);
                spaces = false;
            }
            at += raw.len();
        }
    }

    fn literal(&mut self, text: &[u8]) {
        self.space();
        self.put(b"|");
        if text.first() == Some(&b' ') || is_break(text) {
            self.put(b"2");
        }
        let ends: Vec<bool> = runes(text).map(|(_, raw)| is_break(raw)).collect();
        match ends.as_slice() {
            [true] | [.., true, true] => self.put(b"+"),
            [.., true] => {}
            _ => self.put(b"-"),
        }
        self.put_break(b"\n");
        (self.spaced, self.indention) = (true, true);
        let mut breaks = true;
        for (_, raw) in runes(text) {
            if is_break(raw) {
                self.put_break(raw);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.new_line();
                }
                self.put(raw);
                self.indention = false;
                breaks = false;
            }
        }
    }
}

fn escape(c: char) -> String {
    let short = match c {
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0B' => 'v',
        '\x0C' => 'f',
        '\r' => 'r',
        '\x1B' => 'e',
        '"' | '\\' => c,
        '\u{85}' => 'N',
        '\u{A0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(c);
            return match code {
                0..=0xFF => format!("\\x{code:02X}"),
                0x100..=0xFFFF => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}
