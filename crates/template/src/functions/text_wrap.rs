//! Strings: indenting and wrapping.

use super::Args;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::value::Value;

functions! {
    /// Each line with so many spaces before it.
    ///
    /// `{{ indent 2 "a" }}` gives `  a`
    "indent" (Int, Str) = |c, a| indent(c, a.int(0), a.str(1)).map(Value::text);
    /// Like `indent`, on a new line.
    ///
    /// `{{ nindent 2 "a" }}` gives `⏎  a`
    "nindent" (Int, Str) = |c, a| Ok(Value::text([b"\n".to_vec(), indent(c, a.int(0), a.str(1))?].concat()));
    /// Text in lines of at most so many bytes, broken at spaces.
    ///
    /// `{{ wrap 5 "ab cd ef" }}` gives `ab cd⏎ef`
    "wrap" (Int, Str) = |c, a| wrap(c, a.int(0), b"\n", a.str(1), false).map(Value::text);
    /// Like `wrap`, with a text instead of line ends; words that are too long are cut.
    ///
    /// `{{ wrapWith 3 "|" "abcdef" }}` gives `abc|def`
    "wrapWith" (Int, Str, Str) = |c, a| wrap(c, a.int(0), a.str(1), a.str(2), true).map(Value::text);
}

fn indent(ctx: &mut Ctx<'_>, count: i64, text: &[u8]) -> Outcome<Vec<u8>> {
    let count = usize::try_from(count).map_err(|_| Failure::new("strings: negative Repeat count"))?;
    let lines: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
    ctx.reserve(text.len().saturating_add(lines.len().saturating_mul(count)))?;
    let pad = vec![b' '; count];
    let mut out = pad.clone();
    out.extend(lines.join([b"\n".as_slice(), &pad].concat().as_slice()));
    Ok(out)
}

fn wrap(ctx: &mut Ctx<'_>, width: i64, end: &[u8], text: &[u8], cut: bool) -> Outcome<Vec<u8>> {
    let width = usize::try_from(width).unwrap_or(0).max(1);
    let end = if end.is_empty() { b"\n" } else { end };
    ctx.reserve(text.len().saturating_add(text.len().saturating_mul(end.len())))?;
    let (mut out, mut rest) = (Vec::new(), text);
    while rest.len() > width {
        if let Some(tail) = rest.strip_prefix(b" ") {
            rest = tail;
            continue;
        }
        let space = rest.get(..=width).unwrap_or_default().iter().rposition(|b| *b == b' ');
        let at = match space {
            Some(at) => at,
            None if cut => width,
            None => match rest.iter().position(|b| *b == b' ') {
                Some(at) => at,
                None => break,
            },
        };
        let (line, tail) = rest.split_at(at);
        out.extend_from_slice(line);
        out.extend_from_slice(end);
        rest = if tail.first() == Some(&b' ') { tail.get(1..).unwrap_or_default() } else { tail };
    }
    out.extend_from_slice(rest);
    Ok(out)
}
