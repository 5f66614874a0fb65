//! JSON as Go's encoding/json reads and writes it.

use std::fmt::Write as _;

use super::Args;
use super::json_read::read;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::format::float::json_float;
use crate::format::quote::runes;
use crate::value::Value;

functions! {
    /// The value that a JSON text describes; numbers are float64. Text that is no JSON gives nothing.
    ///
    /// `{{ (fromJson "{\"a\":[1,2]}").a }}` gives `[1 2]`
    "fromJson" (Str) = |c, a| parse(c, a.str(0));
    /// Like `fromJson`, but text that is no JSON is an error.
    ///
    /// `{{ mustFromJson "1" }}` gives `1`
    "mustFromJson" (Str) = |c, a| parse_strictly(c, a.str(0));
    /// A value as JSON; `<`, `>` and `&` are escaped.
    ///
    /// `{{ dict "b" 1 "a" "<" | toJson }}` gives `{"a":"\u003c","b":1}`
    "toJson" (Any) = |c, a| lenient(c, a.at(0), Style::Html);
    /// Like `toJson`.
    ///
    /// `{{ mustToJson "a" }}` gives `"a"`
    "mustToJson" (Any) = |c, a| write(c, a.at(0), Style::Html).map(Value::text);
    /// A value as JSON in lines, indented by two spaces.
    ///
    /// `{{ list 1 | toPrettyJson }}` gives `[⏎  1⏎]`
    "toPrettyJson" (Any) = |c, a| lenient(c, a.at(0), Style::Pretty);
    /// Like `toPrettyJson`.
    ///
    /// `{{ mustToPrettyJson "a" }}` gives `"a"`
    "mustToPrettyJson" (Any) = |c, a| write(c, a.at(0), Style::Pretty).map(Value::text);
    /// A value as JSON; `<`, `>` and `&` stay.
    ///
    /// `{{ toRawJson "<" }}` gives `"<"`
    "toRawJson" (Any) = |c, a| write(c, a.at(0), Style::Raw).map(Value::text);
    /// Like `toRawJson`.
    ///
    /// `{{ mustToRawJson "<" }}` gives `"<"`
    "mustToRawJson" (Any) = |c, a| write(c, a.at(0), Style::Raw).map(Value::text);
}

/// How JSON is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// On one line; `<`, `>` and `&` are escaped.
    Html,
    /// On one line; nothing is escaped that need not be.
    Raw,
    /// As [`Style::Html`], in lines.
    Pretty,
}

/// The value of a text; nothing where Go would report an error and give nothing.
fn parse(ctx: &mut Ctx<'_>, text: &[u8]) -> Outcome<Value> {
    match read(ctx, text) {
        Ok(document) => Ok(document.value),
        Err(failure) if failure.budget => Err(failure),
        Err(_) => Ok(Value::NilAny),
    }
}

fn parse_strictly(ctx: &mut Ctx<'_>, text: &[u8]) -> Outcome<Value> {
    let document = read(ctx, text)?;
    if document.overflow {
        return Err(Failure::new("json: a number does not fit into a float64"));
    }
    Ok(document.value)
}

/// JSON text, or none where the value cannot be written and Go's function swallows that.
fn lenient(ctx: &mut Ctx<'_>, value: &Value, style: Style) -> Outcome<Value> {
    match write(ctx, value, style) {
        Ok(text) => Ok(Value::text(text)),
        Err(failure) if failure.budget => Err(failure),
        Err(_) => Ok(Value::text("")),
    }
}

/// A value as JSON, keys sorted.
pub fn write(ctx: &mut Ctx<'_>, value: &Value, style: Style) -> Outcome<String> {
    let mut out = String::new();
    Writer { ctx, out: &mut out, style }.value(value, 0)?;
    Ok(out)
}

struct Writer<'w, 'h> {
    ctx: &'w mut Ctx<'h>,
    out: &'w mut String,
    style: Style,
}

impl Writer<'_, '_> {
    fn value(&mut self, value: &Value, depth: usize) -> Outcome<()> {
        self.ctx.step()?;
        if depth > 600 || self.out.len() > self.ctx.limits().value {
            return Err(Failure::budget("writes JSON that is too long, nests too deep or holds itself"));
        }
        match value {
            Value::Nil | Value::NilAny => self.out.push_str("null"),
            Value::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Value::Int(n) | Value::Int64(n) => self.out.push_str(&n.to_string()),
            Value::Byte(n) => self.out.push_str(&n.to_string()),
            Value::Float(f) => {
                let text = json_float(*f).ok_or_else(|| Failure::new("json: unsupported value"))?;
                self.out.push_str(&text);
            }
            Value::Complex(..) => return Err(Failure::new("json: unsupported type: complex128")),
            Value::Str(text) => self.text(text)?,
            Value::List(list) if list.is_nil() => self.out.push_str("null"),
            Value::Map(map) if map.is_nil() => self.out.push_str("null"),
            Value::List(list) => self.group(('[', ']'), list.items(), depth, Self::value)?,
            Value::Map(map) => self.group(('{', '}'), &map.entries(), depth, |writer, (key, value), depth| {
                writer.text(key)?;
                writer.out.push_str(if writer.style == Style::Pretty { ": " } else { ":" });
                writer.value(value, depth)
            })?,
            Value::Object(object) => {
                let inner = object.json()?;
                self.value(&inner, depth + 1)?;
            }
        }
        Ok(())
    }

    fn group<T>(
        &mut self,
        marks: (char, char),
        items: &[T],
        depth: usize,
        write: impl Fn(&mut Self, &T, usize) -> Outcome<()>,
    ) -> Outcome<()> {
        self.out.push(marks.0);
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            self.line(depth + 1);
            write(self, item, depth + 1)?;
        }
        if !items.is_empty() {
            self.line(depth);
        }
        self.out.push(marks.1);
        Ok(())
    }

    fn line(&mut self, depth: usize) {
        if self.style == Style::Pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", depth));
        }
    }

    fn text(&mut self, text: &[u8]) -> Outcome<()> {
        self.ctx.reserve(text.len())?;
        self.out.push('"');
        for (c, raw) in runes(text) {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\x08' => self.out.push_str("\\b"),
                '\x0c' => self.out.push_str("\\f"),
                '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => _ = write!(self.out, "\\u{:04x}", c as u32),
                '<' | '>' | '&' if self.style != Style::Raw => {
                    _ = write!(self.out, "\\u{:04x}", c as u32);
                }
                '\u{FFFD}' if raw.len() == 1 => self.out.push_str("\\ufffd"),
                _ => self.out.push(c),
            }
        }
        self.out.push('"');
        Ok(())
    }
}
