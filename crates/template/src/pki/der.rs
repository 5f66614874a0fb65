//! DER: the bytes of ASN.1.

use crate::error::{Failure, Outcome};

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OID: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0C;
pub(super) const PRINTABLE_STRING: u8 = 0x13;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const BMP_STRING: u8 = 0x1E;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// `[n]` around a whole element.
pub(super) const fn explicit(n: u8) -> u8 {
    0xA0 | n
}

/// `[n]` in place of the tag of a plain element.
pub(super) const fn implicit(n: u8) -> u8 {
    0x80 | n
}

fn broken() -> Failure {
    Failure::new("asn1: structure error")
}

/// Reads elements one after the other.
#[derive(Clone, Copy)]
pub(super) struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    /// Reads the elements of a text.
    pub fn new(data: &'d [u8]) -> Self {
        Self(data)
    }

    /// True at the end.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tag of the next element.
    pub fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element: its tag, its content, and all of its bytes.
    pub fn element(&mut self) -> Outcome<(u8, &'d [u8], &'d [u8])> {
        let (tag, rest) = self.0.split_first().ok_or_else(broken)?;
        // Tags of more than one byte do not occur in what we read.
        if tag & 0x1F == 0x1F {
            return Err(broken());
        }
        let (len, rest) = length(rest)?;
        let (content, tail) = rest.split_at_checked(len).ok_or_else(broken)?;
        let whole = self.0.get(..self.0.len() - tail.len()).ok_or_else(broken)?;
        self.0 = tail;
        Ok((*tag, content, whole))
    }

    /// The content of the next element, which must have the tag.
    pub fn expect(&mut self, tag: u8) -> Outcome<&'d [u8]> {
        match self.element()? {
            (found, content, _) if found == tag => Ok(content),
            _ => Err(Failure::new("asn1: structure error: tags don't match")),
        }
    }

    /// The content of the next element, if it has the tag.
    pub fn optional(&mut self, tag: u8) -> Outcome<Option<&'d [u8]>> {
        if self.peek() == Some(tag) { self.expect(tag).map(Some) } else { Ok(None) }
    }

    /// The elements inside the next one.
    pub fn inside(&mut self, tag: u8) -> Outcome<Self> {
        self.expect(tag).map(Self)
    }

    /// A number that is not negative, without leading zeros.
    pub fn integer(&mut self) -> Outcome<&'d [u8]> {
        let bytes = self.expect(INTEGER)?;
        match bytes {
            [] | [0x80..=0xFF, ..] | [0, 0..=0x7F, ..] => Err(Failure::new("asn1: structure error: bad integer")),
            [0, rest @ ..] => Ok(rest),
            all => Ok(all),
        }
    }

    /// A number that fits.
    pub fn small(&mut self) -> Outcome<u32> {
        let bytes = self.integer()?;
        if bytes.len() > 4 {
            return Err(broken());
        }
        Ok(bytes.iter().fold(0, |n, b| n << 8 | u32::from(*b)))
    }

    /// The numbers of an object identifier.
    pub fn oid(&mut self) -> Outcome<Vec<u64>> {
        arcs(self.expect(OID)?)
    }

    /// Fails when anything is left.
    pub fn end(&self) -> Outcome<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Failure::new("asn1: syntax error: trailing data")) }
    }
}

fn length(data: &[u8]) -> Outcome<(usize, &[u8])> {
    let (first, rest) = data.split_first().ok_or_else(broken)?;
    if *first < 0x80 {
        return Ok((usize::from(*first), rest));
    }
    let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7F)).ok_or_else(broken)?;
    let minimal = bytes.first().is_some_and(|b| *b != 0) && bytes.len() <= 4;
    let len = bytes.iter().fold(0, |n: usize, b| n << 8 | usize::from(*b));
    if minimal && len >= 0x80 { Ok((len, rest)) } else { Err(broken()) }
}

/// The numbers of an encoded object identifier.
pub(super) fn arcs(content: &[u8]) -> Outcome<Vec<u64>> {
    let (mut out, mut arc) = (Vec::new(), 0u64);
    for byte in content {
        arc = arc.checked_mul(128).ok_or_else(broken)? | u64::from(byte & 0x7F);
        if byte & 0x80 != 0 {
            continue;
        }
        if out.is_empty() {
            let first = (arc / 40).min(2);
            out.extend([first, arc - first * 40]);
        } else {
            out.push(arc);
        }
        arc = 0;
    }
    if out.is_empty() || content.last().is_some_and(|b| b & 0x80 != 0) { Err(broken()) } else { Ok(out) }
}

/// An element.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let len: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    match u8::try_from(len) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = len.to_be_bytes();
            let significant = bytes.iter().skip_while(|b| **b == 0);
            out.push(0x80 | u8::try_from(significant.clone().count()).unwrap_or(8));
            out.extend(significant);
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// A sequence.
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, parts)
}

/// A number that is not negative, from big-endian bytes.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|b| **b == 0).count();
    let bytes = bytes.get(zeros..).unwrap_or_default();
    let sign: &[u8] = if bytes.first().is_none_or(|b| *b >= 0x80) { &[0] } else { &[] };
    element(INTEGER, &[sign, bytes])
}

/// A small number.
pub(super) fn small(n: u32) -> Vec<u8> {
    integer(&n.to_be_bytes())
}

/// An object identifier.
pub(super) fn oid(arcs: &[u64]) -> Vec<u8> {
    let mut content = Vec::new();
    let (first, rest) = match arcs {
        [first, second, rest @ ..] => (first * 40 + second, rest),
        _ => (0, &[][..]),
    };
    for arc in std::iter::once(&first).chain(rest) {
        let groups = (1..=arc.checked_ilog2().unwrap_or(0) / 7 + 1).rev();
        for group in groups {
            let bits = u8::try_from(arc >> (7 * (group - 1)) & 0x7F).unwrap_or(0);
            content.push(if group > 1 { bits | 0x80 } else { bits });
        }
    }
    element(OID, &[&content])
}

/// A bit string of whole bytes.
pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(BIT_STRING, &[&[0], bytes])
}

/// `SEQUENCE { oid, parameters }`
pub(super) fn algorithm(arcs: &[u64], parameters: &[u8]) -> Vec<u8> {
    sequence(&[&oid(arcs), parameters])
}

/// A NULL element.
pub(super) const NULL_ELEMENT: &[u8] = &[NULL, 0];
