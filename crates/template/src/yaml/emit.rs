//! Writes YAML in go-yaml's style: two spaces, lists not indented under their keys, lines folded after column 80.

use super::decode::Data;
use super::emit_scalar::{Analysis, Writing};
use super::order::sorted;
use super::resolve::{Meaning, meaning};
use crate::error::Outcome;
use crate::format::float::format_float;

/// How a scalar is written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    Plain,
    Single,
    Double,
    Literal,
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Root,
    Item,
    Key,
    Value,
}

/// Longer keys get a `?` in front.
const LONGEST_KEY: usize = 128;

/// A value as YAML, with a line break at the end.
pub(crate) fn emit(data: &Data, spend: &mut super::decode::Spend<'_>) -> Outcome<Vec<u8>> {
    let mut emitter = Emitter { writing: Writing::start(), indents: Vec::new(), spend };
    emitter.value(data, Place::Root)?;
    emitter.writing.new_line();
    Ok(emitter.writing.out)
}

struct Emitter<'e, 's> {
    writing: Writing,
    indents: Vec<Option<usize>>,
    spend: &'e mut super::decode::Spend<'s>,
}

impl Emitter<'_, '_> {
    /// Runs one block deeper; a list under a key stays where the key is.
    fn deeper(&mut self, to: Option<usize>, inner: impl FnOnce(&mut Self) -> Outcome<()>) -> Outcome<()> {
        self.indents.push(self.writing.indent);
        self.writing.indent = to;
        let result = inner(self);
        self.writing.indent = self.indents.pop().flatten();
        result
    }

    fn value(&mut self, data: &Data, place: Place) -> Outcome<()> {
        (self.spend)(size_of::<Data>())?;
        let indent = self.writing.indent;
        match data {
            Data::List(items) if items.is_empty() => self.writing.indicator(b"[", "]"),
            Data::Map(map) if map.is_empty() => self.writing.indicator(b"{", "}"),
            Data::List(items) => {
                let stay = place == Place::Value && !self.writing.indention;
                let to = indent.map_or(0, |indent| if stay { indent } else { indent + 2 });
                self.deeper(Some(to), |emitter| {
                    items.iter().try_for_each(|item| {
                        emitter.writing.new_line();
                        emitter.writing.mark(b"-");
                        emitter.value(item, Place::Item)
                    })
                })?;
            }
            Data::Map(map) => {
                let pairs = sorted(map.iter().collect());
                self.deeper(Some(indent.map_or(0, |indent| indent + 2)), |emitter| {
                    pairs.into_iter().try_for_each(|(key, value)| emitter.pair(key, value))
                })?;
            }
            Data::Text(text) => return self.text(text, place),
            Data::Float(float) => self.plain(&float_text(*float), place),
            other => self.plain(&String::from_utf8_lossy(&other.text().unwrap_or_default()), place),
        }
        Ok(())
    }

    fn pair(&mut self, key: &[u8], value: &Data) -> Outcome<()> {
        self.writing.new_line();
        if key.len() <= LONGEST_KEY && !key.contains(&b'\n') && !Analysis::of(key).multiline {
            self.text(key, Place::Key)?;
            self.writing.raw(b":");
        } else {
            self.writing.mark(b"?");
            self.text(key, Place::Value)?;
            self.writing.new_line();
            self.writing.mark(b":");
        }
        self.value(value, Place::Value)
    }

    fn plain(&mut self, text: &str, place: Place) {
        let text = if text.is_empty() { "null" } else { text };
        self.scalar(text.as_bytes(), Form::Plain, place);
    }

    fn text(&mut self, text: &[u8], place: Place) -> Outcome<()> {
        (self.spend)(text.len().saturating_mul(2))?;
        let form = if text.contains(&b'\n') {
            Form::Literal
        } else if meaning(text) == Meaning::Text && !is_base60(text) {
            Form::Plain
        } else {
            Form::Double
        };
        self.scalar(text, form, place);
        Ok(())
    }

    fn scalar(&mut self, text: &[u8], form: Form, place: Place) {
        let analysis = Analysis::of(text);
        let form = analysis.allowed(form, place == Place::Key);
        let before = self.writing.indent;
        self.writing.indent = Some(before.map_or(2, |indent| indent + 2));
        self.writing.scalar(text, form, place != Place::Key);
        self.writing.indent = before;
    }
}

fn float_text(float: f64) -> String {
    match format_float(float, 'g', None).as_str() {
        "+Inf" => ".inf".into(),
        "-Inf" => "-.inf".into(),
        "NaN" => ".nan".into(),
        other => other.into(),
    }
}

/// `12:30:45`: YAML 1.1 took it for a number.
fn is_base60(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
    let mut parts = text.split(|b| *b == b':');
    let first = parts.next().unwrap_or_default();
    let starts = first.first().is_some_and(u8::is_ascii_digit);
    if !starts || !first.iter().all(|b| b.is_ascii_digit() || *b == b'_') {
        return false;
    }
    let parts: Vec<&[u8]> = parts.collect();
    let Some((last, inner)) = parts.split_last() else { return false };
    let last = match last.iter().position(|b| *b == b'.') {
        Some(at) if last.iter().skip(at + 1).all(|b| b.is_ascii_digit() || *b == b'_') => {
            last.get(..at).unwrap_or_default()
        }
        Some(_) => return false,
        None => last,
    };
    let sixty = |part: &[u8]| matches!(part, [b'0'..=b'5', b'0'..=b'9'] | [b'0'..=b'9']);
    inner.iter().all(|part| sixty(part)) && sixty(last)
}
