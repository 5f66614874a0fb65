//! Directives, anchors, aliases and tags.

use super::cursor::Mark;
use super::scan::Scanner;
use super::token::{Kind, Token, scan_problem};
use crate::error::Outcome;

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

impl Scanner<'_> {
    /// `%YAML 1.1` or `%TAG !handle! prefix`
    pub(super) fn directive(&mut self) -> Outcome<Token> {
        let mark = self.cursor.mark;
        self.cursor.skip();
        let name = self.cursor.take_while(word);
        let wrong = |scanner: &Self, text| scan_problem(scanner.cursor.mark, mark, text);
        if name.is_empty() {
            return Err(wrong(self, "could not find expected directive name"));
        }
        if !self.cursor.is_blank_or_end(0) {
            return Err(wrong(self, "found unexpected non-alphabetical character"));
        }
        self.cursor.skip_blanks();
        let kind = match name.as_slice() {
            b"YAML" => {
                let version = self.cursor.take_while(|byte| byte.is_ascii_digit() || byte == b'.');
                match version.as_slice() {
                    b"1.1" | b"1.2" => Kind::VersionDirective,
                    _ => return Err(wrong(self, "found incompatible YAML document")),
                }
            }
            b"TAG" => self.tag_directive(mark)?,
            _ => return Err(wrong(self, "found unknown directive name")),
        };
        self.cursor.skip_blanks();
        self.cursor.skip_comment();
        if !self.cursor.is_break_or_end() {
            return Err(wrong(self, "did not find expected comment or line break"));
        }
        if self.cursor.is_break() {
            self.cursor.skip_break();
        }
        Ok(Token { kind, mark })
    }

    /// `!handle! prefix`
    fn tag_directive(&mut self, mark: Mark) -> Outcome<Kind> {
        let wrong = |scanner: &Self, text| Err(scan_problem(scanner.cursor.mark, mark, text));
        let handle = self.handle();
        if handle != b"!" && (handle.len() < 2 || !handle.ends_with(b"!")) {
            return wrong(self, "did not find expected '!'");
        }
        if !self.cursor.is_blank() {
            return wrong(self, "did not find expected whitespace");
        }
        self.cursor.skip_blanks();
        let prefix = self.uri()?;
        if prefix.is_empty() {
            return wrong(self, "did not find expected tag URI");
        }
        if !self.cursor.is_blank_or_end(0) {
            return wrong(self, "did not find expected whitespace or line break");
        }
        Ok(Kind::TagDirective(handle, prefix))
    }

    /// `&name` or `*name`
    pub(super) fn anchor(&mut self) -> Outcome<Token> {
        let mark = self.cursor.mark;
        let alias = self.cursor.byte() == b'*';
        self.cursor.skip();
        let name = self.cursor.take_while(word);
        let ends = self.cursor.is_blank_or_end(0)
            || matches!(self.cursor.byte(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            let text = "did not find expected alphabetic or numeric character";
            return Err(scan_problem(self.cursor.mark, mark, text));
        }
        Ok(Token { kind: if alias { Kind::Alias(name) } else { Kind::Anchor(name) }, mark })
    }

    /// `!`, `!suffix`, `!handle!suffix` or `!<uri>`
    pub(super) fn tag(&mut self) -> Outcome<Token> {
        let mark = self.cursor.mark;
        let wrong = |scanner: &Self, text| scan_problem(scanner.cursor.mark, mark, text);
        let (handle, suffix) = if self.cursor.ahead(1) == b'<' {
            self.cursor.skip();
            self.cursor.skip();
            let uri = self.uri()?;
            if uri.is_empty() {
                return Err(wrong(self, "did not find expected tag URI"));
            }
            if self.cursor.byte() != b'>' {
                return Err(wrong(self, "did not find the expected '>'"));
            }
            self.cursor.skip();
            (Vec::new(), uri)
        } else {
            let handle = self.handle();
            let suffix = self.uri()?;
            if handle.len() > 1 && handle.ends_with(b"!") {
                if suffix.is_empty() {
                    return Err(wrong(self, "did not find expected tag URI"));
                }
                (handle, suffix)
            } else {
                let suffix = [handle.get(1..).unwrap_or_default(), &suffix].concat();
                if suffix.is_empty() { (Vec::new(), b"!".to_vec()) } else { (b"!".to_vec(), suffix) }
            }
        };
        if !self.cursor.is_blank_or_end(0) {
            return Err(wrong(self, "did not find expected whitespace or line break"));
        }
        Ok(Token { kind: Kind::Tag(handle, suffix), mark })
    }

    /// `!`, `!word` or `!word!`
    fn handle(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.cursor.byte() == b'!' {
            self.cursor.take(&mut out);
            out.extend(self.cursor.take_while(word));
            if self.cursor.byte() == b'!' {
                self.cursor.take(&mut out);
            }
        }
        out
    }

    fn uri(&mut self) -> Outcome<Vec<u8>> {
        let mut out = Vec::new();
        loop {
            let byte = self.cursor.byte();
            if byte == b'%' {
                let mark = self.cursor.mark;
                self.cursor.skip();
                let (high, low) = (self.cursor.byte(), self.cursor.ahead(1));
                let digit = |byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let (Some(high), Some(low)) = (digit(high), digit(low)) else {
                    return Err(scan_problem(self.cursor.mark, mark, "did not find URI escaped octet"));
                };
                self.cursor.skip();
                self.cursor.skip();
                out.push(high << 4 | low);
            } else if !self.cursor.is_end() && (word(byte) || b";/?:@&=+$.!~*'(),[]".contains(&byte)) {
                self.cursor.take(&mut out);
            } else {
                return Ok(out);
            }
        }
    }
}
