//! Reads JSON as Go's encoding/json does when nothing is said about types: numbers are float64, broken text is mended, the
//! last of several equal keys wins. What it builds is counted while it is built.

use std::collections::BTreeMap;

use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::format::quote::decode_rune;
use crate::value::{Bytes, MAX_NESTING, Value};

/// What a JSON text says, and whether a number in it is too large for a float64 (then it is nothing, and Go reports it).
#[derive(Debug)]
pub struct Document {
    /// What it says.
    pub value: Value,
    /// Whether such a number was in it.
    pub overflow: bool,
}

/// Reads a whole text.
pub fn read(ctx: &mut Ctx<'_>, text: &[u8]) -> Outcome<Document> {
    let mut reader = Reader { ctx, text, at: 0, overflow: false };
    let value = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return reader.bad();
    }
    let overflow = reader.overflow;
    Ok(Document { value, overflow })
}

/// About what an item needs beside its content: its place, and what a list grows by in advance.
const ITEM: usize = 2 * size_of::<Value>();

struct Reader<'t, 'c, 'h> {
    ctx: &'c mut Ctx<'h>,
    text: &'t [u8],
    at: usize,
    overflow: bool,
}

impl Reader<'_, '_, '_> {
    /// The text is not quoted: it is a secret as often as not.
    fn bad<T>(&self) -> Outcome<T> {
        Err(Failure::new(format!("the text is not JSON at byte {}", self.at)))
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str, value: Value) -> Outcome<Value> {
        if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return self.bad();
        }
        self.at += word.len();
        Ok(value)
    }

    fn value(&mut self, depth: u32) -> Outcome<Value> {
        self.ctx.step()?;
        self.ctx.reserve(ITEM)?;
        if depth > MAX_NESTING {
            return Err(Failure::budget(format_args!("reads JSON that nests deeper than {MAX_NESTING}")));
        }
        self.space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::Str),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::NilAny),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.bad(),
        }
    }

    fn made(&mut self, made: Outcome<Value>) -> Outcome<Value> {
        let made = made?;
        self.ctx.reserve(made.size())?;
        Ok(made)
    }

    fn array(&mut self, depth: u32) -> Outcome<Value> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.eat(b']') {
            return self.made(Value::list(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.eat(b']') {
                return self.made(Value::list(items));
            }
            if !self.eat(b',') {
                return self.bad();
            }
        }
    }

    fn object(&mut self, depth: u32) -> Outcome<Value> {
        self.at += 1;
        let mut entries = BTreeMap::new();
        self.space();
        if self.eat(b'}') {
            return self.made(Value::dict(entries));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return self.bad();
            }
            let key = self.string()?;
            self.space();
            if !self.eat(b':') {
                return self.bad();
            }
            let value = self.value(depth + 1)?;
            entries.insert(key, value);
            self.space();
            if self.eat(b'}') {
                return self.made(Value::dict(entries));
            }
            if !self.eat(b',') {
                return self.bad();
            }
        }
    }

    fn digits(&mut self) -> Outcome<()> {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == from { self.bad() } else { Ok(()) }
    }

    fn number(&mut self) -> Outcome<Value> {
        let from = self.at;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            self.digits()?;
        }
        let text = std::str::from_utf8(self.text.get(from..self.at).unwrap_or_default()).unwrap_or_default();
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => {
                self.overflow = true;
                Ok(Value::NilAny)
            }
        }
    }

    fn string(&mut self) -> Outcome<Bytes> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape(&mut out)?,
                None | Some(0..=0x1F) => return self.bad(),
                Some(byte @ 0x20..=0x7F) => {
                    out.push(byte);
                    self.at += 1;
                }
                Some(_) => {
                    let (c, width) = decode_rune(self.text.get(self.at..).unwrap_or_default());
                    push(&mut out, c);
                    self.at += width;
                }
            }
        }
        self.at += 1;
        self.ctx.reserve(out.len() + ITEM)?;
        Ok(out.into())
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Outcome<()> {
        self.at += 1;
        let byte = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => return self.unicode(out),
            _ => return self.bad(),
        };
        out.push(byte);
        self.at += 1;
        Ok(())
    }

    /// Four hexadecimal digits at a place.
    fn code(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 4)?;
        let digits = std::str::from_utf8(digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    }

    /// `\uXXXX`, two of them for characters beyond U+FFFF; half a pair is U+FFFD.
    fn unicode(&mut self, out: &mut Vec<u8>) -> Outcome<()> {
        let Some(first) = self.code(self.at + 1) else { return self.bad() };
        self.at += 5;
        let second = if (0xD800..0xDC00).contains(&first) && self.text.get(self.at..self.at + 2) == Some(b"\\u") {
            self.code(self.at + 2).filter(|code| (0xDC00..0xE000).contains(code))
        } else {
            None
        };
        let code = match second {
            Some(second) => {
                self.at += 6;
                0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            }
            None => first,
        };
        push(out, char::from_u32(code).unwrap_or('\u{FFFD}'));
        Ok(())
    }
}

fn push(out: &mut Vec<u8>, c: char) {
    out.extend(c.encode_utf8(&mut [0; 4]).bytes());
}
