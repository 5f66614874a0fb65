//! Takes the text of a version apart.

/// The parts of a text that begins with a version.
pub(super) struct Scanned<'t> {
    pub major: &'t str,
    pub minor: Option<&'t str>,
    pub patch: Option<&'t str>,
    pub pre: Option<&'t str>,
    pub metadata: Option<&'t str>,
    /// What follows.
    pub rest: &'t str,
}

/// The longest beginning of which all characters pass, and the rest.
fn span(text: &str, passes: impl Fn(&char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c: char| !passes(&c)).unwrap_or(text.len()))
}

/// Words with points between them: `rc.1`.
fn words(text: &str) -> Option<(&str, &str)> {
    let word = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let (first, mut rest) = span(text, word);
    if first.is_empty() {
        return None;
    }
    while let Some(tail) = rest.strip_prefix('.') {
        let (next, tail) = span(tail, word);
        if next.is_empty() {
            break;
        }
        rest = tail;
    }
    Some((text.get(..text.len() - rest.len())?, rest))
}

impl<'t> Scanned<'t> {
    /// Reads a version at the beginning of a text; `digit` says what numbers are made of.
    pub fn read(text: &'t str, digit: fn(&char) -> bool) -> Option<Self> {
        let (major, mut rest) = span(text.strip_prefix('v').unwrap_or(text), digit);
        if major.is_empty() {
            return None;
        }
        let mut parts = [None, None];
        for part in &mut parts {
            if let Some((number, tail)) = rest.strip_prefix('.').map(|tail| span(tail, digit))
                && !number.is_empty()
            {
                (*part, rest) = (Some(number), tail);
            }
        }
        let mut marked = |mark: char| {
            let (found, tail) = words(rest.strip_prefix(mark)?)?;
            rest = tail;
            Some(found)
        };
        let (pre, metadata) = (marked('-'), marked('+'));
        let [minor, patch] = parts;
        Some(Self { major, minor, patch, pre, metadata, rest })
    }
}
