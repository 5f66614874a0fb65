//! Percent signs in URLs: which bytes need them depends on the part.

use crate::error::{Failure, Outcome};

/// The part of a URL that a text stands in.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Part {
    User,
    Host,
    /// The zone behind an IPv6 address.
    HostZone,
    Path,
    Fragment,
}

/// Whether a byte cannot stand in a part as it is.
fn needs_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    match part {
        Part::Host | Part::HostZone => !b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Part::User => !b"$&+,;=".contains(&byte),
        Part::Path => !b"$&+,/:;=@".contains(&byte),
        Part::Fragment => !b"$&+,/:;=?@!()*".contains(&byte),
    }
}

/// Puts percent signs in.
pub(super) fn escape(text: &[u8], part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if needs_escape(*byte, part) {
            out.extend(format!("%{byte:02X}").bytes());
        } else {
            out.push(*byte);
        }
    }
    out
}

/// Takes percent signs out; hosts may only escape what is not ASCII.
pub(super) fn unescape(text: &[u8], part: Part) -> Outcome<Vec<u8>> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            let host = matches!(part, Part::Host | Part::HostZone);
            if host && first.is_ascii() && needs_escape(*first, part) {
                return Err(Failure::new("unable to parse url: invalid character in host name"));
            }
            out.push(*first);
            continue;
        }
        let (digits, tail) = tail.split_at_checked(2).unwrap_or_default();
        let byte = std::str::from_utf8(digits).ok().filter(|_| digits.iter().all(u8::is_ascii_hexdigit));
        let byte = byte.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if part != Part::Host || !byte.is_ascii() || byte == b'%' => out.push(byte),
            _ => return Err(Failure::new("unable to parse url: invalid URL escape")),
        }
        rest = tail;
    }
    Ok(out)
}
