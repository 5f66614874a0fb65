//! Semantic versions and constraints on them, as Masterminds/semver reads them: more lenient than the standard.

mod constraint;
mod object;
mod scan;

use std::cmp::Ordering;

use crate::error::{Failure, Outcome};

pub(crate) use constraint::satisfies;
use scan::Scanned;

/// A version.
#[derive(Clone, PartialEq)]
pub(crate) struct Version {
    pub major: u64,
    pub minor: u64,
    pub patch: u64,
    /// Behind `-`; empty when there is none.
    pub pre: String,
    /// Behind `+`; empty when there is none.
    pub metadata: String,
    /// As it was written.
    pub original: String,
}

impl Version {
    /// Reads a version; `v` in front and missing parts are fine.
    pub fn parse(text: &str) -> Outcome<Self> {
        let bad = || Failure::new("invalid semantic version");
        let scanned =
            Scanned::read(text, char::is_ascii_digit).filter(|scanned| scanned.rest.is_empty()).ok_or_else(bad)?;
        let number = |part: Option<&str>| part.map_or(Ok(0), |part| part.parse::<u64>().map_err(|_| bad()));
        let starts_with_zero =
            |part: &&str| part.len() > 1 && part.starts_with('0') && part.bytes().all(|b| b.is_ascii_digit());
        if scanned.pre.is_some_and(|pre| pre.split('.').any(|part| starts_with_zero(&part))) {
            return Err(Failure::new("version segment starts with 0"));
        }
        Ok(Self {
            major: number(Some(scanned.major))?,
            minor: number(scanned.minor)?,
            patch: number(scanned.patch)?,
            pre: scanned.pre.unwrap_or_default().into(),
            metadata: scanned.metadata.unwrap_or_default().into(),
            original: text.into(),
        })
    }

    /// `1.2.3-pre+metadata`
    pub fn text(&self) -> String {
        let mut out = format!("{}.{}.{}", self.major, self.minor, self.patch);
        for (mark, part) in [('-', &self.pre), ('+', &self.metadata)] {
            if !part.is_empty() {
                out.push(mark);
                out.push_str(part);
            }
        }
        out
    }

    /// Which is newer; metadata does not count.
    pub fn order(&self, other: &Self) -> Ordering {
        let numbers = |v: &Self| (v.major, v.minor, v.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| pre_order(&self.pre, &other.pre))
    }
}

/// A version without a prerelease is newer than any of its prereleases.
fn pre_order(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => return part_order(a, b),
        }
    }
}

/// Numbers are older than words.
fn part_order(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}
