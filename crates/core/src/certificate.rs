//! What decisions about certificates depend on: their facts, without a byte of a key.

use jiff::Timestamp;

/// The time in which a certificate holds, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// `notBefore`.
    pub from: Timestamp,
    /// `notAfter`.
    pub to: Timestamp,
}

impl Validity {
    /// Whether it holds at `time`.
    pub fn holds_at(&self, time: Timestamp) -> bool {
        self.from <= time && time <= self.to
    }
}

/// A certificate of an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authority {
    /// When it holds.
    pub validity: Validity,
    /// Whether it says that it may sign others.
    pub may_sign: bool,
    /// Whether the private key is at hand and is the one that the certificate names.
    pub has_key: bool,
}

/// A certificate that a server shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// When it holds.
    pub validity: Validity,
    /// DNS names that it is for.
    pub names: Vec<String>,
    /// Whether it may be used by a server.
    pub for_servers: bool,
    /// Whether the private key is at hand and is the one that the certificate names.
    pub has_key: bool,
    /// Which of the known authorities signed it.
    pub issuer: Option<usize>,
}

impl Leaf {
    /// Whether it is for `name`. A leading `*.` stands for one label.
    pub fn is_for(&self, name: &str) -> bool {
        self.names.iter().any(|own| match own.strip_prefix("*.") {
            Some(parent) => name.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
            None => own.eq_ignore_ascii_case(name),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Leaf, Validity};

    #[test]
    fn names_match_as_a_whole_in_any_case_and_a_star_is_one_label() {
        let validity = Validity { from: Timestamp::UNIX_EPOCH, to: Timestamp::UNIX_EPOCH };
        let names = ["hook.ns.svc".to_owned(), "*.example.org".to_owned()].to_vec();
        let leaf = Leaf { validity, names, for_servers: true, has_key: true, issuer: None };
        assert!(["hook.ns.svc", "HOOK.ns.svc", "a.example.org"].iter().all(|name| leaf.is_for(name)));
        assert!(["ns.svc", "x.hook.ns.svc", "example.org", "a.b.example.org"].iter().all(|name| !leaf.is_for(name)));
    }
}
