//! The walk along a path.

use std::borrow::Cow;

use super::path::{self, After, ArrayPart, Query};
use super::scan::{self, Elements, Members};
use super::text::{self, Kind};
use super::{modifiers, multipath, query, wildcard};

/// A value as it stands in the document, or as a modifier made it.
pub(super) type Raw<'j> = Cow<'j, [u8]>;

/// How much one lookup may cost.
pub(super) struct Bounds {
    depth: u32,
    scanned: usize,
    made: usize,
}

impl Bounds {
    /// Far more than any honest path needs.
    pub(super) fn new() -> Self {
        Self { depth: 96, scanned: 64 << 20, made: 8 << 20 }
    }

    /// Accounts for `bytes` that were put together; none when there were too many.
    pub(super) fn make(&mut self, bytes: usize) -> Option<()> {
        self.made = self.made.checked_sub(bytes)?;
        Some(())
    }

    /// Runs `step` one level deeper over `bytes` of text; none when that is too deep or too much.
    pub(super) fn deeper<T>(&mut self, bytes: usize, step: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.scanned = self.scanned.checked_sub(bytes + 1)?;
        self.depth = self.depth.checked_sub(1)?;
        let answer = step(self);
        self.depth += 1;
        answer
    }
}

/// The raw value at `path`.
pub(super) fn get<'j>(json: &'j [u8], path: &[u8], bounds: &mut Bounds) -> Option<Raw<'j>> {
    bounds.deeper(json.len(), |bounds| start(json, path, bounds))
}

/// The same, in a value that may have been made on the way.
pub(super) fn get_in<'j>(value: Raw<'j>, path: &[u8], bounds: &mut Bounds) -> Option<Raw<'j>> {
    match value {
        Cow::Borrowed(json) => get(json, path, bounds),
        Cow::Owned(json) => get(&json, path, bounds).map(|found| Cow::Owned(found.into_owned())),
    }
}

/// The first value in `json`. Objects and arrays run to the end of the text.
pub(super) fn parse(json: &[u8]) -> Option<&[u8]> {
    let at = scan::skip_blank(json, 0);
    let end = match json.get(at)? {
        b'{' | b'[' => json.len(),
        byte if scan::starts_value(*byte) => scan::value_end(json, at),
        _ => return None,
    };
    Some(scan::slice(json, at, end))
}

fn start<'j>(json: &'j [u8], path: &[u8], bounds: &mut Bounds) -> Option<Raw<'j>> {
    let mut path = path;
    let made = match path.first() {
        Some(b'@') => modifiers::apply(json, path, bounds)?,
        Some(b'!') => literal(path).map(|(value, rest)| (Some(Cow::Owned(value.to_vec())), rest)),
        _ => None,
    };
    if let Some((value, rest)) = made {
        return follow(value, rest, bounds);
    }
    if matches!(path.first(), Some(b'[' | b'{')) {
        match multipath::apply(json, path, bounds)? {
            multipath::Answer::Made(value, rest) => return follow(Some(Cow::Owned(value)), rest, bounds),
            multipath::Answer::NotOne(rest) => path = rest,
        }
    }
    let mut walk = Walk { bounds, pipe: None };
    let found = if let Some(rest) = path.strip_prefix(b"..") {
        walk.elements(Elements::of_lines(json), rest)
    } else {
        let at = json.iter().position(|byte| matches!(byte, b'{' | b'['))?;
        walk.container(scan::slice(json, at, json.len()), path)
    };
    match walk.pipe {
        Some(pipe) => get_in(found.unwrap_or_default(), pipe, bounds),
        None => found,
    }
}

/// Goes on behind a value that a modifier, a literal or a multipath has made.
fn follow<'j>(value: Option<Raw<'j>>, rest: &[u8], bounds: &mut Bounds) -> Option<Raw<'j>> {
    match rest {
        [b'.' | b'|', rest @ ..] => get_in(value.unwrap_or_default(), rest, bounds),
        _ => match value? {
            Cow::Borrowed(json) => parse(json).map(Cow::Borrowed),
            Cow::Owned(json) => parse(&json).map(|value| Cow::Owned(value.to_vec())),
        },
    }
}

/// The value of a path such as `!"text"`, with what follows.
fn literal(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let written = path.get(1..)?;
    let end = match written.first()? {
        b't' | b'f' | b'n' => {
            let end = scan::value_end(written, 0);
            [b"true".as_slice(), b"false", b"null", b"nan"].contains(&scan::slice(written, 0, end)).then_some(end)?
        }
        byte if scan::starts_value(*byte) => scan::value_end(written, 0),
        _ => return None,
    };
    Some((scan::slice(written, 0, end), scan::slice(written, end, written.len())))
}

/// One walk through nested objects and arrays.
struct Walk<'b, 'p> {
    bounds: &'b mut Bounds,
    /// What to apply to the answer; known once the last component was read.
    pipe: Option<&'p [u8]>,
}

impl<'p> Walk<'_, 'p> {
    fn container<'j>(&mut self, json: &'j [u8], path: &'p [u8]) -> Option<Raw<'j>> {
        self.bounds.scanned = self.bounds.scanned.checked_sub(json.len())?;
        self.bounds.depth = self.bounds.depth.checked_sub(1)?;
        let found = match json.first() {
            Some(b'{') => self.object(json, path),
            _ => self.elements(Elements::of(json), path),
        };
        self.bounds.depth += 1;
        found
    }

    /// The first member that fits and leads on: a member whose value lacks the rest of the path does not end the search.
    fn object<'j>(&mut self, json: &'j [u8], path: &'p [u8]) -> Option<Raw<'j>> {
        let part = path::key_part(path);
        let rest = self.rest(part.after);
        for member in Members::of(json) {
            let key = text::unquoted(member.key);
            let fits = if part.wild { wildcard::matches(&key, &part.key) } else { key == part.key.as_ref() };
            if !fits {
                continue;
            }
            match rest {
                None => return Some(Cow::Borrowed(member.value)),
                Some(rest) if text::kind(member.value) == Kind::Container => {
                    if let Some(found) = self.container(member.value, rest) {
                        return Some(found);
                    }
                }
                Some(_) => {}
            }
        }
        None
    }

    /// Notes a pipe; answers the path into the value, if there is one.
    fn rest(&mut self, after: After<'p>) -> Option<&'p [u8]> {
        match after {
            After::End => None,
            After::Child(rest) => Some(rest),
            After::Pipe(pipe) => {
                self.pipe = Some(pipe);
                None
            }
        }
    }

    fn elements<'j>(&mut self, mut elements: Elements<'j>, path: &'p [u8]) -> Option<Raw<'j>> {
        match path::array_part(path) {
            ArrayPart::Index(index, after) => {
                let rest = self.rest(after);
                let element = elements.nth(index)?;
                match rest {
                    None => Some(Cow::Borrowed(element)),
                    Some(rest) if text::kind(element) == Kind::Container => self.container(element, rest),
                    Some(_) => None,
                }
            }
            ArrayPart::Count(after) => match self.rest(after) {
                None => Some(Cow::Owned(elements.count().to_string().into_bytes())),
                Some(_) => None,
            },
            ArrayPart::Each(each, pipe) => {
                self.pipe = pipe;
                let mut list = List::new();
                for element in elements {
                    if let Some(found) = get(element, each, self.bounds) {
                        list.push(&found, self.bounds)?;
                    }
                }
                Some(Cow::Owned(list.close()))
            }
            ArrayPart::Query(query, after) => self.matching(elements, &query, after),
            ArrayPart::Nothing(after) => {
                self.rest(after);
                None
            }
        }
    }

    fn matching<'j>(&mut self, elements: Elements<'j>, query: &Query<'p>, after: After<'p>) -> Option<Raw<'j>> {
        let mut rest = self.rest(after);
        let mut list = List::new();
        for element in elements {
            let container = text::kind(element) == Kind::Container;
            let value = match (container, query.path) {
                (true, path) => get(element, path, self.bounds),
                (false, b"") => Some(Cow::Borrowed(element)),
                (false, _) => continue,
            };
            if !query::passes(value.as_deref(), query.test.as_ref()) {
                continue;
            }
            if let Some((path, pipe)) = rest.and_then(path::split_pipe) {
                rest = Some(path);
                self.pipe = Some(pipe);
            }
            let found = match rest {
                Some(rest) => get(element, rest, self.bounds),
                None => Some(Cow::Borrowed(element)),
            };
            if !query.every {
                return found;
            }
            if let Some(found) = found {
                list.push(&found, self.bounds)?;
            }
        }
        query.every.then(|| Cow::Owned(list.close()))
    }
}

/// A JSON array under construction.
pub(super) struct List(Vec<u8>);

impl List {
    /// Without elements yet.
    pub(super) fn new() -> Self {
        Self(vec![b'['])
    }

    /// Adds an element; none when the answer has become too long.
    pub(super) fn push(&mut self, raw: &[u8], bounds: &mut Bounds) -> Option<()> {
        bounds.make(raw.len() + 1)?;
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        self.0.extend_from_slice(raw);
        Some(())
    }

    /// The finished array.
    pub(super) fn close(mut self) -> Vec<u8> {
        self.0.push(b']');
        self.0
    }
}
