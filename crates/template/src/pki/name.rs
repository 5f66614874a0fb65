//! Names of subjects and issuers as text, as Go's pkix.Name prints them.

use std::fmt::Write as _;

use super::der::{self, BMP_STRING, OID, Reader, SEQUENCE, SET};
use crate::error::Outcome;

/// Short names of attributes.
fn short(arcs: &[u64]) -> Option<&'static str> {
    let [2, 5, 4, last] = arcs else { return None };
    Some(match last {
        3 => "CN",
        5 => "SERIALNUMBER",
        6 => "C",
        7 => "L",
        8 => "ST",
        9 => "STREET",
        10 => "O",
        11 => "OU",
        17 => "POSTALCODE",
        _ => return None,
    })
}

/// `CN=db.test,O=Shop,C=DE`: the last part of the name comes first.
pub(super) fn text(name: &[u8]) -> Outcome<String> {
    let (mut parts, mut reader) = (Vec::new(), Reader::new(name).inside(SEQUENCE)?);
    while !reader.is_empty() {
        let (mut set, mut texts) = (reader.inside(SET)?, Vec::new());
        while !set.is_empty() {
            texts.push(attribute(set.inside(SEQUENCE)?)?);
        }
        parts.push(texts.join("+"));
    }
    parts.reverse();
    Ok(parts.join(","))
}

fn attribute(mut reader: Reader<'_>) -> Outcome<String> {
    let arcs = der::arcs(reader.expect(OID)?)?;
    let (tag, content, whole) = reader.element()?;
    let Some(name) = short(&arcs) else {
        let dotted: Vec<String> = arcs.iter().map(u64::to_string).collect();
        let mut out = format!("{}=#", dotted.join("."));
        for byte in whole {
            _ = write!(out, "{byte:02x}");
        }
        return Ok(out);
    };
    let value = if tag == BMP_STRING {
        let units: Vec<u16> =
            content.chunks(2).map(|pair| pair.iter().fold(0, |n, b| n << 8 | u16::from(*b))).collect();
        String::from_utf16_lossy(&units)
    } else {
        String::from_utf8_lossy(content).into_owned()
    };
    let mut out = format!("{name}=");
    let last = value.chars().count().saturating_sub(1);
    for (at, c) in value.chars().enumerate() {
        let edge = c == ' ' && (at == 0 || at == last) || c == '#' && at == 0;
        if edge || matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(out)
}
