//! One value under one verb.

use std::fmt::Write as _;

use super::Printer;
use super::quote::{can_backquote, quote, quote_rune, rune_count, runes, unicode_name};
use crate::error::Outcome;
use crate::value::{List, Map, Value};

impl Printer {
    /// Prints one operand of a verb.
    pub fn print(&mut self, value: &Value, verb: char) -> Outcome<()> {
        if value.is_nil() {
            return if matches!(verb, 'v' | 'T') { self.pad(b"<nil>") } else { self.bad_verb(value, verb) };
        }
        match verb {
            'T' => self.text(value.type_name().as_bytes(), 's'),
            'w' => {
                self.flags.plus = false;
                self.flags.sharp_v = std::mem::take(&mut self.flags.sharp);
                self.bad_verb(value, verb)
            }
            'p' if !matches!(value, Value::List(_) | Value::Map(_)) => self.bad_verb(value, verb),
            _ => self.value(value, verb),
        }
    }

    fn value(&mut self, value: &Value, verb: char) -> Outcome<()> {
        match value {
            Value::Nil | Value::NilAny if self.flags.sharp_v => self.push(b"interface {}(nil)"),
            Value::Nil | Value::NilAny => self.push(b"<nil>"),
            Value::Bool(b) if matches!(verb, 't' | 'v') => self.pad(b.to_string().as_bytes()),
            Value::Bool(_) => self.bad_verb(value, verb),
            Value::Int(n) | Value::Int64(n) => self.int(value, n.unsigned_abs(), *n < 0, verb),
            Value::Byte(n) if verb == 'v' && self.flags.sharp_v => {
                let sharp = std::mem::replace(&mut self.flags.sharp, true);
                let result = self.integer(u64::from(*n), false, 'x');
                self.flags.sharp = sharp;
                result
            }
            Value::Byte(n) => self.int(value, u64::from(*n), false, verb),
            Value::Float(f) => self.float_verb(value, *f, verb),
            Value::Complex(re, im) => self.complex(value, (*re, *im), verb),
            Value::Str(text) => self.text_verb(value, text, verb),
            Value::List(list) => self.deeper(|p| p.list(list, verb)),
            Value::Map(map) => self.deeper(|p| p.map(map, verb)),
            Value::Object(object) if matches!(verb, 'b' | 'o' | 'O' | 'd' | 'c' | 'U') && object.number().is_some() => {
                self.value(&Value::Int64(object.number().unwrap_or(0)), verb)
            }
            Value::Object(object) => {
                let text = object.print();
                self.text_verb(&Value::text(&text), &text, verb)
            }
        }
    }

    /// `%!d(string=hi)`
    pub fn bad_verb(&mut self, value: &Value, verb: char) -> Outcome<()> {
        if value.is_nil() {
            return self.push(format!("%!{verb}(<nil>)").as_bytes());
        }
        self.push(format!("%!{verb}({}=", value.type_name()).as_bytes())?;
        // Width and the other flags stay in force for the value, as in Go.
        self.value(value, 'v')?;
        self.push(b")")
    }

    fn int(&mut self, value: &Value, magnitude: u64, negative: bool, verb: char) -> Outcome<()> {
        match verb {
            'v' | 'd' => self.integer(magnitude, negative, 'd'),
            'b' | 'o' | 'O' | 'x' | 'X' => self.integer(magnitude, negative, verb),
            'c' => {
                let c = rune_of(magnitude, negative);
                self.pad(c.encode_utf8(&mut [0; 4]).as_bytes())
            }
            'q' => {
                let c = rune_of(magnitude, negative);
                let text = quote_rune(c, self.flags.plus);
                self.pad(text.as_bytes())
            }
            'U' => self.unicode(magnitude, negative),
            _ => self.bad_verb(value, verb),
        }
    }

    fn unicode(&mut self, magnitude: u64, negative: bool) -> Outcome<()> {
        let code = if negative { magnitude.wrapping_neg() } else { magnitude };
        let digits = format!("{code:X}");
        let zeros = self.flags.precision.unwrap_or(0).max(4).saturating_sub(digits.len());
        let mut text = format!("U+{}{digits}", "0".repeat(zeros));
        if self.flags.sharp
            && let Some(c) = u32::try_from(code).ok().and_then(char::from_u32)
            && let Some(at) = unicode_name(c).find(' ')
        {
            text += unicode_name(c).get(at..).unwrap_or("");
        }
        let zero = std::mem::take(&mut self.flags.zero);
        let result = self.pad(text.as_bytes());
        self.flags.zero = zero;
        result
    }

    fn float_verb(&mut self, value: &Value, f: f64, verb: char) -> Outcome<()> {
        match verb {
            'v' => self.float(f, 'g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => self.float(f, verb, None),
            'f' | 'F' | 'e' | 'E' => self.float(f, if verb == 'F' { 'f' } else { verb }, Some(6)),
            _ => self.bad_verb(value, verb),
        }
    }

    fn complex(&mut self, value: &Value, (re, im): (f64, f64), verb: char) -> Outcome<()> {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(value, verb);
        }
        let plus = self.flags.plus;
        self.push(b"(")?;
        self.float_verb(value, re, verb)?;
        self.flags.plus = true;
        self.float_verb(value, im, verb)?;
        self.push(b"i)")?;
        self.flags.plus = plus;
        Ok(())
    }

    fn text_verb(&mut self, value: &Value, text: &[u8], verb: char) -> Outcome<()> {
        match verb {
            'v' if self.flags.sharp_v => self.text(text, 'q'),
            'v' | 's' => self.text(text, 's'),
            'x' | 'X' | 'q' => self.text(text, verb),
            _ => self.bad_verb(value, verb),
        }
    }

    /// Text under s, q, x or X.
    pub fn text(&mut self, text: &[u8], verb: char) -> Outcome<()> {
        if matches!(verb, 'x' | 'X') {
            return self.hex(text, verb == 'X');
        }
        let end =
            self.flags.precision.map_or(text.len(), |count| runes(text).take(count).map(|(_, raw)| raw.len()).sum());
        let text = text.get(..end).unwrap_or(text);
        if verb == 's' {
            return self.pad(text);
        }
        let quoted = if self.flags.sharp && can_backquote(text) {
            format!("`{}`", String::from_utf8_lossy(text))
        } else {
            quote(text, '"', self.flags.plus)
        };
        self.pad(quoted.as_bytes())
    }

    fn hex(&mut self, text: &[u8], upper: bool) -> Outcome<()> {
        let text = text.get(..self.flags.precision.unwrap_or(text.len()).min(text.len())).unwrap_or(text);
        let prefix = match (self.flags.sharp, upper) {
            (false, _) => "",
            (true, false) => "0x",
            (true, true) => "0X",
        };
        let mut out = String::with_capacity(text.len() * 2 + 2);
        for (at, byte) in text.iter().enumerate() {
            if at > 0 && self.flags.space {
                out.push(' ');
            }
            if at == 0 || self.flags.space {
                out += prefix;
            }
            _ = if upper { write!(out, "{byte:02X}") } else { write!(out, "{byte:02x}") };
        }
        let missing = self.flags.width.unwrap_or(0).saturating_sub(rune_count(out.as_bytes()));
        if !self.flags.minus {
            let filler = if self.flags.zero { b'0' } else { b' ' };
            self.fill(filler, missing)?;
        }
        self.push(out.as_bytes())?;
        if self.flags.minus { self.fill(b' ', missing) } else { Ok(()) }
    }

    fn list(&mut self, list: &List, verb: char) -> Outcome<()> {
        if let Some(bytes) = list.as_bytes().filter(|_| matches!(verb, 's' | 'q' | 'x' | 'X')) {
            return self.text(&bytes, verb);
        }
        if self.flags.sharp_v {
            self.push(format!("[]{}", list.elem().name()).as_bytes())?;
            if list.is_nil() {
                return self.push(b"(nil)");
            }
        }
        let (open, close, between): (&[u8], &[u8], &[u8]) =
            if self.flags.sharp_v { (b"{", b"}", b", ") } else { (b"[", b"]", b" ") };
        self.push(open)?;
        for (at, item) in list.items().iter().enumerate() {
            if at > 0 {
                self.push(between)?;
            }
            self.value(item, verb)?;
        }
        self.push(close)
    }

    fn map(&mut self, map: &Map, verb: char) -> Outcome<()> {
        if self.flags.sharp_v {
            self.push(format!("map[string]{}", map.elem().name()).as_bytes())?;
            if map.is_nil() {
                return self.push(b"(nil)");
            }
        }
        let (open, close, between): (&[u8], &[u8], &[u8]) =
            if self.flags.sharp_v { (b"{", b"}", b", ") } else { (b"map[", b"]", b" ") };
        self.push(open)?;
        for (at, (key, value)) in map.entries().iter().enumerate() {
            if at > 0 {
                self.push(between)?;
            }
            self.value(&Value::Str(key.clone()), verb)?;
            self.push(b":")?;
            self.value(value, verb)?;
        }
        self.push(close)
    }
}

fn rune_of(magnitude: u64, negative: bool) -> char {
    let code = if negative { None } else { u32::try_from(magnitude).ok() };
    code.and_then(char::from_u32).unwrap_or('\u{FFFD}')
}
