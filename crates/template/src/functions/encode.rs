//! Text encodings and the one checksum that is none of the cryptographic ones. Text that cannot be decoded gives Go's error as
//! the value.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Args;
use crate::value::Value;

functions! {
    /// Base64.
    ///
    /// `{{ b64enc "abc" }}` gives `YWJj`
    "b64enc" (Str) = |c, a| {
        c.reserve(a.str(0).len() * 2)?;
        Ok(Value::text(STANDARD.encode(a.str(0))))
    };
    /// What base64 stands for; line ends are skipped, padding is needed.
    ///
    /// `{{ b64dec "YWJj" }} {{ b64dec "svc-" }}` gives `abc illegal base64 data at input byte 3`
    "b64dec" (Str) = |_, a| Ok(Value::text(b64dec(a.str(0)).unwrap_or_else(|at| illegal("base64", at))));
    /// Base32.
    ///
    /// `{{ b32enc "secret" }}` gives `ONSWG4TFOQ======`
    "b32enc" (Str) = |c, a| {
        c.reserve(a.str(0).len() * 2)?;
        Ok(Value::text(b32enc(a.str(0))))
    };
    /// What base32 stands for.
    ///
    /// `{{ b32dec "ONSWG4TFOQ======" }}` gives `secret`
    "b32dec" (Str) = |_, a| Ok(Value::text(b32dec(a.str(0)).unwrap_or_else(|at| illegal("base32", at))));
    /// What hexadecimal digits stand for.
    ///
    /// `{{ hexdec "616263" }}` gives `abc`
    "hexdec" (Str) = |_, a| Ok(Value::text(hexdec(a.str(0)).unwrap_or_else(std::string::String::into_bytes)));
    /// The Adler-32 checksum as a decimal number.
    ///
    /// `{{ adler32sum "abc" }}` gives `38600999`
    "adler32sum" (Str) = |_, a| {
        let (x, y) = a.str(0).iter().fold((1u32, 0u32), |(x, y), byte| {
            let x = (x + u32::from(*byte)) % 65_521;
            (x, (y + x) % 65_521)
        });
        Ok(Value::text((y << 16 | x).to_string()))
    };
}

fn illegal(what: &str, at: usize) -> Vec<u8> {
    format!("illegal {what} data at input byte {at}").into_bytes()
}

/// Go's strict decoder; the error is the offset of the offending byte, line ends counted.
pub(crate) fn b64dec(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut places = text.iter().copied().enumerate().filter(|(_, b)| !matches!(b, b'\n' | b'\r'));
    let (mut out, mut bits, mut held) = (Vec::with_capacity(text.len() / 4 * 3), 0u32, 0u32);
    while let Some((offset, byte)) = places.next() {
        let Some(digit) = b64digit(byte) else {
            if byte != b'=' || held < 2 {
                return Err(offset);
            }
            if held == 2 {
                match places.next() {
                    Some((_, b'=')) => {}
                    // Go blames the sign before.
                    Some((offset, _)) => return Err(offset - 1),
                    None => return Err(text.len()),
                }
            }
            if let Some((offset, _)) = places.next() {
                return Err(offset);
            }
            let bytes = (bits << (6 * (4 - held))).to_be_bytes();
            out.extend(bytes.iter().skip(1).take(held as usize - 1));
            return Ok(out);
        };
        bits = bits << 6 | digit;
        held += 1;
        if held == 4 {
            out.extend(bits.to_be_bytes().iter().skip(1));
            (bits, held) = (0, 0);
        }
    }
    if held == 0 { Ok(out) } else { Err(text.len() - held as usize) }
}

fn b64digit(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

const B32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn b32enc(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for group in text.chunks(5) {
        let bits = (0..5).fold(0u64, |bits, at| bits << 8 | u64::from(group.get(at).copied().unwrap_or(0)));
        let digits = (group.len() * 8).div_ceil(5);
        for at in 0..8 {
            let digit = usize::try_from(bits >> (35 - 5 * at) & 31).unwrap_or(0);
            out.push(if at < digits { B32.get(digit).copied().unwrap_or(b'=') } else { b'=' });
        }
    }
    out
}

/// Go's decoder; the error is the offset of the offending byte, line ends not counted.
fn b32dec(text: &[u8]) -> Result<Vec<u8>, usize> {
    let text: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let mut out = Vec::new();
    for (group, chunk) in text.chunks(8).enumerate() {
        let start = group * 8;
        let mut bits = 0u64;
        let mut count = 0;
        for (at, byte) in chunk.iter().enumerate() {
            // Bytes behind this one, in this group and the next ones.
            let behind = text.len() - start - at - 1;
            if *byte == b'=' && at >= 2 && behind < 8 {
                b32padding(&text, start, at)?;
                append_b32(&mut out, bits, at);
                return Ok(out);
            }
            let digit = B32.iter().position(|b| b == byte).ok_or(start + at)?;
            bits |= (digit as u64) << (35 - 5 * at);
            count += 1;
        }
        if count < 8 {
            return Err(start);
        }
        append_b32(&mut out, bits, 8);
    }
    Ok(out)
}

/// Checks the padding that begins at `start + at`: enough of it, and only at places where a byte can end.
fn b32padding(text: &[u8], start: usize, at: usize) -> Result<(), usize> {
    let behind = text.get(start + at + 1..).unwrap_or_default();
    if behind.len() + at < 7 {
        return Err(text.len());
    }
    if let Some(wrong) = behind.iter().take(7 - at).position(|byte| *byte != b'=') {
        return Err(start + at + wrong);
    }
    if matches!(at, 3 | 6) { Err(start + at) } else { Ok(()) }
}

fn append_b32(out: &mut Vec<u8>, bits: u64, digits: usize) {
    out.extend(bits.to_be_bytes().iter().skip(3).take(digits * 5 / 8));
}

fn hexdec(text: &[u8]) -> Result<Vec<u8>, String> {
    let digit = |byte: u8| {
        char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok()).ok_or_else(|| {
            format!("encoding/hex: invalid byte: {}", crate::format::quote::unicode_name(char::from(byte)))
        })
    };
    let mut out = Vec::with_capacity(text.len() / 2);
    for pair in text.chunks(2) {
        match pair {
            [high, low] => out.push(digit(*high)? << 4 | digit(*low)?),
            [odd, ..] => {
                digit(*odd)?;
                return Err("encoding/hex: odd length hex string".into());
            }
            [] => {}
        }
    }
    Ok(out)
}
