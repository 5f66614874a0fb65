//! Scalars: plain, quoted and in blocks.

use super::cursor::Mark;
use super::scan::Scanner;
use super::token::{Kind, Style, Token, scan_problem};
use crate::error::{Failure, Outcome};

/// Blanks and line breaks between two words of a scalar.
#[derive(Default)]
struct Gap {
    blanks: Vec<u8>,
    first_break: Vec<u8>,
    more_breaks: Vec<u8>,
    broken: bool,
}

impl Gap {
    /// Adds the gap to a text: one line break becomes a space, further ones stay.
    fn close(&mut self, text: &mut Vec<u8>) {
        let gap = std::mem::take(self);
        if !gap.broken {
            text.extend(gap.blanks);
        } else if gap.first_break.first() == Some(&b'\n') {
            if gap.more_breaks.is_empty() {
                text.push(b' ');
            }
            text.extend(gap.more_breaks);
        } else {
            text.extend(gap.first_break);
            text.extend(gap.more_breaks);
        }
    }
}

/// What happens to the line breaks at the end of a block.
#[derive(Clone, Copy, PartialEq)]
enum Chomp {
    Strip,
    Clip,
    Keep,
}

impl Scanner<'_> {
    fn wrong(&self, context: Mark, text: &str) -> Failure {
        scan_problem(self.cursor.mark, context, text)
    }

    /// Takes the blank or line break here.
    fn widen(&mut self, gap: &mut Gap) {
        let c = &mut self.cursor;
        match (c.is_blank(), gap.broken) {
            (true, false) => c.take(&mut gap.blanks),
            (true, true) => c.skip(),
            (false, false) => {
                gap.blanks.clear();
                c.take_break(&mut gap.first_break);
                gap.broken = true;
            }
            (false, true) => c.take_break(&mut gap.more_breaks),
        }
    }

    pub(super) fn plain_scalar(&mut self) -> Outcome<Token> {
        let start = self.cursor.mark;
        let indent = self.indent + 1;
        let (mut text, mut gap) = (Vec::new(), Gap::default());
        loop {
            let c = &self.cursor;
            if c.is_document_mark(b"---") || c.is_document_mark(b"...") || c.byte() == b'#' {
                break;
            }
            while !self.cursor.is_blank_or_end(0) && !self.ends_plain() {
                gap.close(&mut text);
                self.cursor.take(&mut text);
            }
            if !self.cursor.is_blank() && !self.cursor.is_break() {
                break;
            }
            while self.cursor.is_blank() || self.cursor.is_break() {
                let left = isize::try_from(self.cursor.mark.column).is_ok_and(|column| column < indent);
                if gap.broken && left && self.cursor.byte() == b'\t' {
                    return Err(self.wrong(start, "found a tab character that violates indentation"));
                }
                self.widen(&mut gap);
            }
            if self.flow_level == 0 && isize::try_from(self.cursor.mark.column).is_ok_and(|column| column < indent) {
                break;
            }
        }
        if gap.broken {
            self.key_allowed = true;
        }
        Ok(Token { kind: Kind::Scalar(text, Style::Plain), mark: start })
    }

    fn ends_plain(&self) -> bool {
        let c = &self.cursor;
        match c.byte() {
            b':' => c.is_blank_or_end(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow_level > 0,
            _ => false,
        }
    }

    pub(super) fn quoted_scalar(&mut self) -> Outcome<Token> {
        let start = self.cursor.mark;
        let quote = self.cursor.byte();
        self.cursor.skip();
        let (mut text, mut gap) = (Vec::new(), Gap::default());
        loop {
            let c = &self.cursor;
            if c.is_document_mark(b"---") || c.is_document_mark(b"...") {
                return Err(self.wrong(start, "found unexpected document indicator"));
            }
            if c.is_end() {
                return Err(self.wrong(start, "found unexpected end of stream"));
            }
            while !self.cursor.is_blank_or_end(0) {
                match (quote, self.cursor.byte(), self.cursor.ahead(1)) {
                    (b'\'', b'\'', b'\'') => {
                        self.cursor.skip();
                        self.cursor.take(&mut text);
                    }
                    (quote, byte, _) if quote == byte => break,
                    (b'"', b'\\', _) => {
                        self.cursor.skip();
                        if self.cursor.is_break() {
                            self.cursor.skip_break();
                            gap.broken = true;
                            break;
                        }
                        self.escape(start, &mut text)?;
                    }
                    _ => self.cursor.take(&mut text),
                }
            }
            if self.cursor.byte() == quote {
                break;
            }
            while self.cursor.is_blank() || self.cursor.is_break() {
                self.widen(&mut gap);
            }
            gap.close(&mut text);
        }
        self.cursor.skip();
        Ok(Token { kind: Kind::Scalar(text, Style::Quoted), mark: start })
    }

    /// What follows a backslash.
    fn escape(&mut self, start: Mark, text: &mut Vec<u8>) -> Outcome<()> {
        let digits = match self.cursor.byte() {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        let c = match self.cursor.byte() {
            b'0' => '\0',
            b'a' => '\x07',
            b'b' => '\x08',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\x0B',
            b'f' => '\x0C',
            b'r' => '\r',
            b'e' => '\x1B',
            byte @ (b' ' | b'"' | b'\'' | b'\\') => char::from(byte),
            b'N' => '\u{85}',
            b'_' => '\u{A0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            _ if digits > 0 => '\0',
            _ => return Err(self.wrong(start, "found unknown escape character")),
        };
        self.cursor.skip();
        let c = if digits > 0 { self.coded(start, digits)? } else { c };
        text.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn coded(&mut self, start: Mark, digits: usize) -> Outcome<char> {
        let mut code = 0u32;
        for _ in 0..digits {
            let digit = char::from(self.cursor.byte()).to_digit(16);
            let digit = digit.ok_or_else(|| self.wrong(start, "did not find expected hexdecimal number"))?;
            code = code << 4 | digit;
            self.cursor.skip();
        }
        char::from_u32(code).ok_or_else(|| self.wrong(start, "found invalid Unicode character escape code"))
    }

    pub(super) fn block_scalar(&mut self) -> Outcome<Token> {
        let start = self.cursor.mark;
        let literal = self.cursor.byte() == b'|';
        self.cursor.skip();
        let (chomp, increment) = self.block_header(start)?;
        let base = usize::try_from(self.indent).unwrap_or(0);
        let mut indent = if increment > 0 { base + increment } else { 0 };
        let (mut text, mut last_break, mut breaks) = (Vec::new(), Vec::new(), Vec::new());
        self.block_breaks(start, &mut indent, &mut breaks)?;
        let mut blank_before = false;
        while self.cursor.mark.column == indent && !self.cursor.is_end() {
            let blank = self.cursor.is_blank();
            if !literal && !blank_before && !blank && last_break.first() == Some(&b'\n') {
                if breaks.is_empty() {
                    text.push(b' ');
                }
                last_break.clear();
            }
            text.append(&mut last_break);
            text.append(&mut breaks);
            blank_before = blank;
            while !self.cursor.is_break_or_end() {
                self.cursor.take(&mut text);
            }
            if self.cursor.is_break() {
                self.cursor.take_break(&mut last_break);
            }
            self.block_breaks(start, &mut indent, &mut breaks)?;
        }
        if chomp != Chomp::Strip {
            text.append(&mut last_break);
        }
        if chomp == Chomp::Keep {
            text.append(&mut breaks);
        }
        Ok(Token { kind: Kind::Scalar(text, Style::Block), mark: start })
    }

    /// The signs behind `|` or `>`: what to do with the end, and how far the block is indented.
    fn block_header(&mut self, start: Mark) -> Outcome<(Chomp, usize)> {
        let (mut chomp, mut increment, mut chomped) = (Chomp::Clip, 0, false);
        for _ in 0..2 {
            match self.cursor.byte() {
                sign @ (b'+' | b'-') if !chomped => {
                    chomp = if sign == b'+' { Chomp::Keep } else { Chomp::Strip };
                    chomped = true;
                }
                b'0' if increment == 0 => {
                    return Err(self.wrong(start, "found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if increment == 0 => increment = usize::from(digit - b'0'),
                _ => break,
            }
            self.cursor.skip();
        }
        self.cursor.skip_blanks();
        self.cursor.skip_comment();
        if !self.cursor.is_break_or_end() {
            return Err(self.wrong(start, "did not find expected comment or line break"));
        }
        if self.cursor.is_break() {
            self.cursor.skip_break();
        }
        Ok((chomp, increment))
    }

    /// Passes empty lines; finds the indentation when it is not known.
    fn block_breaks(&mut self, start: Mark, indent: &mut usize, breaks: &mut Vec<u8>) -> Outcome<()> {
        let mut deepest = 0;
        loop {
            while (*indent == 0 || self.cursor.mark.column < *indent) && self.cursor.byte() == b' ' {
                self.cursor.skip();
            }
            deepest = deepest.max(self.cursor.mark.column);
            if (*indent == 0 || self.cursor.mark.column < *indent) && self.cursor.byte() == b'\t' {
                return Err(self.wrong(start, "found a tab character where an indentation space is expected"));
            }
            if !self.cursor.is_break() {
                break;
            }
            self.cursor.take_break(breaks);
        }
        if *indent == 0 {
            *indent = deepest.max(usize::try_from(self.indent + 1).unwrap_or(0)).max(1);
        }
        Ok(())
    }
}
