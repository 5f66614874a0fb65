//! Constraints: `>=1.2, <2 || ^3.1`.

use std::cmp::Ordering;

use super::scan::Scanned;
use super::{Version, pre_order};
use crate::error::{Failure, Outcome};

/// How a version is compared.
#[derive(Clone, Copy, PartialEq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    AtLeast,
    AtMost,
    Tilde,
    Caret,
}

/// Spellings; where one is the beginning of another, the longer stands first.
const OPERATORS: [(&str, Operator); 11] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::AtLeast),
    ("=>", Operator::AtLeast),
    ("<=", Operator::AtMost),
    ("=<", Operator::AtMost),
    ("~>", Operator::Tilde),
    ("=", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
];

/// The first part of a version that was left open: `1.x` leaves the minor open.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Open {
    Major,
    Minor,
    Patch,
    Nothing,
}

struct Constraint {
    operator: Operator,
    version: Version,
    open: Open,
}

fn improper() -> Failure {
    Failure::new("improper constraint")
}

/// Whether a version satisfies a constraint.
pub(crate) fn satisfies(constraint: &str, version: &Version) -> Outcome<bool> {
    let groups = constraint.split("||").map(group).collect::<Outcome<Vec<_>>>()?;
    Ok(groups.iter().any(|group| {
        // A prerelease is only considered where the group names one.
        let pre = group.iter().any(|constraint| !constraint.version.pre.is_empty());
        (pre || version.pre.is_empty()) && group.iter().all(|constraint| constraint.holds(version))
    }))
}

/// Constraints that must all hold, with commas or spaces between them.
fn group(text: &str) -> Outcome<Vec<Constraint>> {
    let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c');
    let (mut out, mut rest) = (Vec::new(), text.trim_start_matches(space));
    if rest.is_empty() {
        return Err(improper());
    }
    loop {
        let (constraint, tail) = one(rest).ok_or_else(improper)?;
        let tail_at = tail.trim_start_matches(space);
        if let Some((upper, after)) = range_end(tail, tail_at) {
            out.push(Constraint::new(Operator::AtLeast, constraint.1)?);
            out.push(Constraint::new(Operator::AtMost, upper)?);
            rest = after;
        } else {
            out.push(Constraint::new(constraint.0, constraint.1)?);
            rest = tail;
        }
        let next = rest.trim_start_matches(space);
        if next.is_empty() {
            return Ok(out);
        }
        match next.strip_prefix(',') {
            Some(next) => rest = next.trim_start_matches(space),
            None if next.len() < rest.len() => rest = next,
            None => return Err(improper()),
        }
    }
}

fn one(text: &str) -> Option<((Operator, Scanned<'_>), &str)> {
    let found = OPERATORS.iter().find_map(|(spelling, op)| Some((*op, text.strip_prefix(spelling)?)));
    let (operator, rest) = found.unwrap_or((Operator::Equal, text));
    let scanned = Scanned::read(rest.trim_start(), |c| c.is_ascii_digit() || matches!(c, 'x' | 'X' | '*' | '|'))?;
    let rest = scanned.rest;
    Some(((operator, scanned), rest))
}

/// The upper end of `1.2 - 1.4`, when a range goes on here: spaces stand on both sides of the `-`.
fn range_end<'t>(tail: &'t str, trimmed: &'t str) -> Option<(Scanned<'t>, &'t str)> {
    if trimmed.len() == tail.len() {
        return None;
    }
    let after = trimmed.strip_prefix('-')?;
    let upper = after.trim_start();
    if upper.len() == after.len() {
        return None;
    }
    let scanned = Scanned::read(upper, |c| c.is_ascii_digit() || matches!(c, 'x' | 'X' | '*' | '|'))?;
    let rest = scanned.rest;
    Some((scanned, rest))
}

impl Constraint {
    fn new(operator: Operator, scanned: Scanned<'_>) -> Outcome<Self> {
        let open = |part: Option<&str>| part.is_none_or(|part| matches!(part, "x" | "X" | "*"));
        let number = |part: Option<&str>| part.unwrap_or("0").parse::<u64>().map_err(|_| improper());
        let (open, [major, minor, patch]) = match () {
            () if open(Some(scanned.major)) => (Open::Major, [None; 3]),
            () if open(scanned.minor) => (Open::Minor, [Some(scanned.major), None, None]),
            () if open(scanned.patch) => (Open::Patch, [Some(scanned.major), scanned.minor, None]),
            () => (Open::Nothing, [Some(scanned.major), scanned.minor, scanned.patch]),
        };
        let mut version = Version::parse(&format!("0.0.0-{}", scanned.pre.unwrap_or("0")))?;
        version.pre = scanned.pre.unwrap_or_default().into();
        (version.major, version.minor, version.patch) = (number(major)?, number(minor)?, number(patch)?);
        Ok(Self { operator, version, open })
    }

    fn holds(&self, v: &Version) -> bool {
        let order = v.order(&self.version);
        match self.operator {
            Operator::Equal if self.open == Open::Nothing => order == Ordering::Equal,
            Operator::Equal | Operator::Tilde => order != Ordering::Less && self.tilde(v),
            Operator::NotEqual => self.differs(v, order),
            Operator::Greater => self.greater(v, order),
            Operator::Less => order == Ordering::Less,
            Operator::AtLeast => order != Ordering::Less,
            Operator::AtMost => self.at_most(v, order),
            Operator::Caret => order != Ordering::Less && self.caret(v),
        }
    }

    /// `~1.2` allows what begins with 1.2, `~1` what begins with 1, `~0.0.0` everything.
    fn tilde(&self, v: &Version) -> bool {
        let c = &self.version;
        let anything = (c.major, c.minor, c.patch) == (0, 0, 0) && matches!(self.open, Open::Major | Open::Nothing);
        anything || v.major == c.major && (v.minor == c.minor || self.open == Open::Minor)
    }

    /// `^` allows what does not change the first part that is not zero.
    fn caret(&self, v: &Version) -> bool {
        let c = &self.version;
        if c.major > 0 || self.open == Open::Minor {
            return v.major == c.major;
        }
        if v.major > 0 {
            return false;
        }
        if c.minor > 0 || self.open == Open::Patch {
            return v.minor == c.minor;
        }
        v.minor == 0 && v.patch == c.patch
    }

    fn differs(&self, v: &Version, order: Ordering) -> bool {
        let c = &self.version;
        match self.open {
            Open::Nothing => order != Ordering::Equal,
            _ if c.major != v.major => true,
            Open::Minor => false,
            _ if c.minor != v.minor => true,
            Open::Patch => pre_order(&v.pre, &c.pre) != Ordering::Equal,
            Open::Major if c.patch != v.patch => true,
            Open::Major => order != Ordering::Equal,
        }
    }

    /// `>11` begins at 12, `>11.1` at 11.2.
    fn greater(&self, v: &Version, order: Ordering) -> bool {
        match self.open {
            Open::Minor => v.major > self.version.major,
            Open::Patch => (v.major, v.minor) > (self.version.major, self.version.minor),
            _ => order == Ordering::Greater,
        }
    }

    /// `<=11` ends before 12, `<=11.1` before 11.2.
    fn at_most(&self, v: &Version, order: Ordering) -> bool {
        let c = &self.version;
        match self.open {
            Open::Nothing => order != Ordering::Greater,
            Open::Minor => v.major <= c.major,
            _ => (v.major, v.minor) <= (c.major, c.minor),
        }
    }
}
