//! Builtins of Go that escape text for HTML, JavaScript and URLs.

use crate::context::Ctx;
use crate::error::Outcome;
use crate::format::quote::{decode_rune, is_print};
use crate::format::sprint;
use crate::value::Value;

functions! {
    /// The operands as text, safe inside HTML.
    ///
    /// `{{ html "<a>&'" }}` gives `&lt;a&gt;&amp;&#39;`
    "html" (; ...Any) = |c, a| Ok(Value::text(html(&operands(c, a)?)));
    /// The operands as text, safe inside a JavaScript string.
    ///
    /// `{{ js "<'a'>" }}` gives `\u003C\'a\'\u003E`
    "js" (; ...Any) = |c, a| Ok(Value::text(js(&operands(c, a)?)));
    /// The operands as text, safe inside the query of a URL.
    ///
    /// `{{ urlquery "a b&c" }}` gives `a+b%26c`
    "urlquery" (; ...Any) = |c, a| Ok(Value::text(query(&operands(c, a)?)));
}

/// The operands printed, nil as `<no value>`.
fn operands(ctx: &mut Ctx<'_>, args: &[Value]) -> Outcome<Vec<u8>> {
    let shown: Vec<Value> =
        args.iter().map(|arg| if arg.is_nil() { Value::text("<no value>") } else { arg.clone() }).collect();
    let text = sprint(ctx, &shown)?;
    ctx.reserve(text.len().saturating_mul(3))?;
    Ok(text)
}

fn html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            0 => out.extend("\u{FFFD}".bytes()),
            b'"' => out.extend(b"&#34;"),
            b'\'' => out.extend(b"&#39;"),
            b'&' => out.extend(b"&amp;"),
            b'<' => out.extend(b"&lt;"),
            b'>' => out.extend(b"&gt;"),
            other => out.push(*other),
        }
    }
    out
}

fn js(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(byte) = rest.first() {
        let (c, width) = decode_rune(rest);
        let (raw, tail) = rest.split_at(width.max(1));
        match byte {
            b'\\' | b'\'' | b'"' => out.extend([b'\\', *byte]),
            b'<' | b'>' | b'&' | b'=' | 0..=31 => out.extend(format!("\\u{byte:04X}").bytes()),
            0x80.. if !is_print(c) => out.extend(format!("\\u{:04X}", c as u32).bytes()),
            _ => out.extend(raw),
        }
        rest = tail;
    }
    out
}

/// Go's `url.QueryEscape`.
pub(crate) fn query(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b' ' => out.push(b'+'),
            b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            _ if byte.is_ascii_alphanumeric() => out.push(*byte),
            _ => out.extend(format!("%{byte:02X}").bytes()),
        }
    }
    out
}
