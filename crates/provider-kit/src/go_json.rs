//! JSON in the form in which Go writes a decoded document: no blanks, keys sorted, `<`, `>` and `&` escaped, numbers as they stood.

use std::collections::BTreeMap;

use eso_core::{Fault, FaultKind, SecretBytes};
use serde_json::value::RawValue;

use crate::gjson;

/// Deepest nesting. Each level is read once per level above it, so that the work stays bounded.
const DEEPEST: usize = 64;

/// `json`, written anew in Go's form. `what` says whose document it is, as `secret "db"`.
///
/// Faults: Invalid, naming `what` and no part of the document.
pub fn canonical(json: &[u8], what: &str) -> Result<SecretBytes, Fault> {
    let refused = || Fault::new(FaultKind::Invalid, format!("{what} is not JSON, or nested too deeply."));
    let text = std::str::from_utf8(json).map_err(|_| refused())?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|_| refused())?;
    let mut out = Vec::with_capacity(json.len());
    write(raw.get(), DEEPEST, &mut out).ok_or_else(refused)?;
    Ok(SecretBytes::new(out))
}

fn write(raw: &str, depth: usize, out: &mut Vec<u8>) -> Option<()> {
    let raw = raw.trim_matches([' ', '\t', '\n', '\r']);
    match raw.as_bytes().first()? {
        b'{' => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(raw).ok()?;
            out.push(b'{');
            for (position, (name, value)) in members.iter().enumerate() {
                comma(position, out);
                write_text(name.as_bytes(), out);
                out.push(b':');
                write(value.get(), depth.checked_sub(1)?, out)?;
            }
            out.push(b'}');
        }
        b'[' => {
            let elements: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
            out.push(b'[');
            for (position, value) in elements.iter().enumerate() {
                comma(position, out);
                write(value.get(), depth.checked_sub(1)?, out)?;
            }
            out.push(b']');
        }
        b'"' => write_text(SecretBytes::new(gjson::unquoted(raw.as_bytes())).expose(), out),
        _ => out.extend_from_slice(raw.as_bytes()),
    }
    Some(())
}

fn comma(position: usize, out: &mut Vec<u8>) {
    if position > 0 {
        out.push(b',');
    }
}

/// Source: the documentation of Go's encoding/json.
fn write_text(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for c in String::from_utf8_lossy(text).chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..'\u{20}' => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
            }
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test that fails may panic

    use super::{DEEPEST, canonical};

    fn shown(json: &str) -> String {
        canonical(json.as_bytes(), "x").unwrap().expose_str().unwrap().to_owned()
    }

    #[test]
    fn s_25_keys_are_sorted_blanks_go_html_is_escaped_and_numbers_stay() {
        let json = r#" { "b" : [ 1 , {"y":null,"x":true} ], "a<" : "&\u00e9\/\u0001\t\"\u2028" , "n":12345678901234567890, "f": 1.50 } "#;
        let expected =
            r#"{"a\u003c":"\u0026é/\u0001\t\"\u2028","b":[1,{"x":true,"y":null}],"f":1.50,"n":12345678901234567890}"#;
        assert_eq!(shown(json), expected);
        assert_eq!(shown("{}"), "{}");
        assert_eq!(shown("\"a\""), "\"a\"");
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_refused_without_a_word_of_it() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(canonical(deep(DEEPEST).as_bytes(), "x").is_ok());
        for json in [deep(DEEPEST + 2), deep(200_000), "canary".to_owned(), "{\"canary\":".to_owned(), String::new()] {
            let fault = canonical(json.as_bytes(), "secret \"db\"").unwrap_err();
            assert_eq!(fault.message, "secret \"db\" is not JSON, or nested too deeply.");
        }
    }
}
