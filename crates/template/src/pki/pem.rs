//! PEM, as lenient as Go's encoding/pem: text between blocks is skipped, headers are kept, blocks that are damaged are
//! passed over.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::functions::b64dec;

/// A block.
pub(crate) struct Block {
    /// What stands behind `BEGIN`.
    pub label: Vec<u8>,
    /// Lines of the form `name: value` in front of the content.
    pub headers: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The content.
    pub bytes: Vec<u8>,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

fn find_last(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).rposition(|window| window == wanted)
}

/// A line without the blanks at its end, and how many bytes it takes with its line end.
fn line(text: &[u8]) -> (&[u8], usize) {
    let (line, taken) = match text.iter().position(|b| *b == b'\n') {
        Some(at) => (text.get(..at).unwrap_or_default(), at + 1),
        None => (text, text.len()),
    };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let blanks = line.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
    (line.get(..line.len() - blanks).unwrap_or_default(), taken)
}

fn from(text: &[u8], at: usize) -> &[u8] {
    text.get(at..).unwrap_or_default()
}

/// The first block of a text, and what follows it.
pub(crate) fn decode(text: &[u8]) -> Option<(Block, &[u8])> {
    let mut start = 0;
    loop {
        let end = start + find(from(text, start), END)?;
        if let Some(found) = block(text, start, end) {
            return Some(found);
        }
        start = end + END.len();
    }
}

/// The block that ends at `end`, if there is one: it begins at the last BEGIN before.
fn block(text: &[u8], start: usize, end: usize) -> Option<(Block, &[u8])> {
    let begin = start + find_last(text.get(start..end)?, BEGIN)?;
    if begin > start && text.get(begin - 1) != Some(&b'\n') {
        return None;
    }
    let mut at = begin + BEGIN.len();
    let (first, taken) = line(from(text, at));
    let label = first.strip_suffix(DASHES)?;
    at += taken;
    let mut headers = BTreeMap::new();
    loop {
        let (header, taken) = line(from(text, at));
        let Some(colon) = header.iter().position(|b| *b == b':') else { break };
        let (name, value) = header.split_at(colon);
        headers.insert(name.trim_ascii().to_vec(), from(value, 1).trim_ascii().to_vec());
        at += taken;
        // Headers end before the block does.
        if end < at {
            return None;
        }
    }
    let closing = from(text, end + END.len()).strip_prefix(label)?.strip_prefix(DASHES)?;
    let (blank, taken) = line(closing);
    if !blank.is_empty() {
        return None;
    }
    let body: Vec<u8> =
        text.get(at..end).unwrap_or_default().iter().copied().filter(|b| !matches!(b, b' ' | b'\t')).collect();
    let bytes = b64dec(&body).ok()?;
    Some((Block { label: label.to_vec(), headers, bytes }, from(closing, taken)))
}

/// All blocks from the beginning of a text, and the text that no block was found in.
pub(crate) fn blocks(text: &[u8]) -> (Vec<Block>, &[u8]) {
    let (mut out, mut rest) = (Vec::new(), text);
    while let Some((block, tail)) = decode(rest) {
        out.push(block);
        rest = tail;
    }
    (out, rest)
}

/// A text from its first `-----BEGIN` on; all of it when there is none.
pub(crate) fn without_junk(text: &[u8]) -> &[u8] {
    find(text, b"-----BEGIN").map_or(text, |at| from(text, at))
}

impl Block {
    /// A block without headers.
    pub fn new(label: &str, bytes: Vec<u8>) -> Self {
        Self { label: label.into(), headers: BTreeMap::new(), bytes }
    }

    /// Whether the label is this one.
    pub fn is(&self, label: &str) -> bool {
        self.label == label.as_bytes()
    }

    /// The block as text: 64 columns, `Proc-Type` before other headers.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = [BEGIN, &self.label, b"-----\n"].concat();
        let first = |name: &[u8]| name != b"Proc-Type";
        let mut headers: Vec<_> = self.headers.iter().collect();
        headers.sort_by_key(|(name, _)| first(name));
        for (name, value) in &headers {
            out.extend([name.as_slice(), b": ", value.as_slice(), b"\n"].concat());
        }
        if !headers.is_empty() {
            out.push(b'\n');
        }
        for row in STANDARD.encode(&self.bytes).as_bytes().chunks(64) {
            out.extend(row);
            out.push(b'\n');
        }
        out.extend([b"-----END ", &self.label[..], b"-----\n"].concat());
        out
    }
}
