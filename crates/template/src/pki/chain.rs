//! Chains of certificates: each names the key that signed it, and so the next one.

use std::collections::{HashMap, HashSet};

use super::certificate::Certificate;
use super::pem::{self, Block};
use crate::error::{Failure, Outcome};

/// Puts certificates in order, beginning with the one that signed no other. Signatures are not checked.
pub(crate) fn ordered(certificates: Vec<Certificate>) -> Outcome<Vec<Certificate>> {
    let mut holders: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (at, certificate) in certificates.iter().enumerate() {
        holders.entry(&certificate.key_id).or_default().push(at);
    }
    let parent = |(at, child): (usize, &Certificate)| {
        let held = holders.get(child.authority_id.as_slice())?;
        held.iter().copied().find(|other| *other != at)
    };
    let parents: Vec<Option<usize>> = certificates.iter().enumerate().map(parent).collect();
    let signers: HashSet<usize> = parents.iter().copied().flatten().collect();
    let mut leaves = (0..certificates.len()).filter(|at| !signers.contains(at));
    let leaf = leaves.next().ok_or_else(|| Failure::new("no leaf certificate found"))?;
    if leaves.next().is_some() {
        return Err(Failure::new("multiple leaf or disjunct certificates found"));
    }
    let (mut order, mut next) = (Vec::new(), Some(leaf));
    while let Some(at) = next {
        if order.len() == certificates.len() {
            return Err(Failure::new("constructing the chain resulted in a cycle"));
        }
        order.push(at);
        next = parents.get(at).copied().flatten();
    }
    let mut held: Vec<Option<Certificate>> = certificates.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|at| held.get_mut(at)?.take()).collect())
}

/// The certificates of a PEM text, in order.
pub(crate) fn of_pem(text: &[u8]) -> Outcome<Vec<Certificate>> {
    let (blocks, _) = pem::blocks(text);
    ordered(blocks.iter().map(|block| Certificate::parse(&block.bytes)).collect::<Outcome<_>>()?)
}

/// The part of an ordered chain with a name; an unknown name is an empty part.
pub(crate) fn part<'c>(chain: &'c [Certificate], name: &[u8]) -> &'c [Certificate] {
    let (first, rest) = chain.split_at_checked(1).unwrap_or_default();
    match name {
        b"leaf" if first.iter().any(Certificate::is_root) => &[],
        b"leaf" => first,
        b"intermediate" => {
            rest.get(..rest.iter().position(Certificate::is_root).unwrap_or(rest.len())).unwrap_or_default()
        }
        b"root" if chain.last().is_some_and(Certificate::is_root) => chain.get(chain.len() - 1..).unwrap_or_default(),
        _ => &[],
    }
}

/// Certificates as PEM.
pub(crate) fn to_pem<'c>(certificates: impl IntoIterator<Item = &'c Certificate>) -> Vec<u8> {
    let block = |certificate: &Certificate| Block::new("CERTIFICATE", certificate.der.clone()).encode();
    certificates.into_iter().flat_map(block).collect()
}
