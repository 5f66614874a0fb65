//! What to do about the certificates of the webhook.
//!
//! The authority stands first in `ca.crt`; authorities of earlier days may follow it, and the API server trusts all of them. So one
//! certificate replaces another without a moment in which the server shows what the API server does not trust: first the new authority
//! is added, then, once the API server knows it, the leaf is renewed, and once the new leaf is shown everywhere the old authority goes.
//! (ESO replaces everything at once.)

use std::time::Duration;

use eso_core::certificate::{Authority, Leaf};
use eso_core::{Fault, FaultKind};
use jiff::Timestamp;

/// Certificates that end within this time are replaced. ESO's is 90 days, and so long ahead the webhook looks too: it ends itself for
/// a certificate that ends by then. A day more, and it never sees one.
pub const LOOKAHEAD: Duration = Duration::from_hours(91 * 24);

/// How long a certificate of ours holds.
pub const LIFE: Duration = Duration::from_hours(87_600);

/// A certificate of ours begins that long before it is made, for clocks that are behind.
pub const BACKDATED: Duration = Duration::from_hours(1);

/// After this time every webhook shows a renewed leaf, for all that can be known without asking: a kubelet brings a changed Secret to
/// its pods within two minutes.
const SETTLED: Duration = Duration::from_hours(1);

/// What is known of the certificates.
#[derive(Debug, Clone, PartialEq)]
pub struct CertsSeen {
    /// The time.
    pub now: Timestamp,
    /// DNS name of the webhook.
    pub name: String,
    /// Authorities, the one that signs first.
    pub authorities: Vec<Authority>,
    /// What the webhook shall show; `None` when there is none that can be read.
    pub leaf: Option<Leaf>,
    /// Whether the API server trusts the first authority already, in every webhook configuration.
    pub trusted: bool,
    /// Who shows the leaf.
    pub served: Served,
}

/// Who shows the leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// Every endpoint of the webhook.
    Everywhere,
    /// At least one endpoint shows another one.
    NotYet,
    /// Not every endpoint could be asked, or there is none.
    Unknown,
}

/// What to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Keep,
    /// A new authority and a leaf of its own, at once: nothing that is there works. Of the old authorities these stay behind it.
    Replace {
        /// Indexes into [`CertsSeen::authorities`].
        keep: Vec<usize>,
    },
    /// A new authority in front of these; the leaf stays.
    AddAuthority {
        /// Indexes into [`CertsSeen::authorities`].
        keep: Vec<usize>,
    },
    /// A new leaf of the first authority. Of the authorities these stay.
    RenewLeaf {
        /// Indexes into [`CertsSeen::authorities`], beginning with the first.
        keep: Vec<usize>,
    },
    /// Only these authorities.
    Retire {
        /// Indexes into [`CertsSeen::authorities`], beginning with the first.
        keep: Vec<usize>,
    },
}

/// What to write, and why, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertsPlan {
    /// What to write.
    pub action: Action,
    /// A sentence.
    pub why: &'static str,
}

/// What to do about the certificates that were seen.
pub fn certs(seen: &CertsSeen) -> CertsPlan {
    let later = seen.now + LOOKAHEAD;
    let works = leaf_fault(seen, seen.now).is_none();
    if !seen.authorities.first().is_some_and(|first| signs_at(first, later)) {
        return if works {
            let action = Action::AddAuthority { keep: still_good(seen, 0) };
            CertsPlan {
                action,
                why: "The authority ends within 91 days or its key is gone; a new one is put beside it.",
            }
        } else {
            let action = Action::Replace { keep: still_good(seen, 0) };
            CertsPlan { action, why: "There is no authority and leaf that work; both are made anew." }
        };
    }
    let of_first = seen.leaf.as_ref().is_some_and(|leaf| leaf.issuer == Some(0));
    if !of_first || leaf_fault(seen, later).is_some() {
        // Only a leaf of another authority waits: the API server knows the first one's leaves already.
        let waits = works && !of_first && !seen.trusted;
        return if waits {
            CertsPlan {
                action: Action::Keep,
                why: "A new leaf is due as soon as the API server trusts the new authority.",
            }
        } else {
            let action = Action::RenewLeaf { keep: all_good(seen) };
            CertsPlan { action, why: "The leaf ends within 91 days, does not fit, or is of an old authority." }
        };
    }
    retire(seen)
}

/// The certificates are as they shall be, but for authorities that nobody needs any more.
fn retire(seen: &CertsSeen) -> CertsPlan {
    let settled = seen.leaf.as_ref().is_some_and(|leaf| seen.now > leaf.validity.from + BACKDATED + SETTLED);
    let done = match seen.served {
        Served::Everywhere => true,
        Served::NotYet => false,
        Served::Unknown => settled,
    };
    let keep = if done { vec![0] } else { all_good(seen) };
    if keep.len() == seen.authorities.len() {
        return CertsPlan { action: Action::Keep, why: "The certificates are good." };
    }
    CertsPlan {
        action: Action::Retire { keep },
        why: "The new leaf is in use; the old authority is not needed any more.",
    }
}

fn signs_at(authority: &Authority, time: Timestamp) -> bool {
    authority.has_key && vouches_at(authority, time)
}

fn vouches_at(authority: &Authority, time: Timestamp) -> bool {
    authority.may_sign && authority.validity.holds_at(time)
}

/// Authorities from `start` on that hold now.
fn still_good(seen: &CertsSeen, start: usize) -> Vec<usize> {
    let all = seen.authorities.iter().enumerate().skip(start);
    all.filter(|(_, authority)| vouches_at(authority, seen.now)).map(|(index, _)| index).collect()
}

/// The first authority, and those behind it that hold now.
fn all_good(seen: &CertsSeen) -> Vec<usize> {
    std::iter::once(0).chain(still_good(seen, 1)).collect()
}

/// Why the leaf would not be accepted at `time`; `None` when it would be.
///
/// Faults: Misconfigured.
pub fn leaf_fault(seen: &CertsSeen, time: Timestamp) -> Option<Fault> {
    let fault = |text: String| Some(Fault::new(FaultKind::Misconfigured, text));
    if seen.authorities.is_empty() {
        return fault("ca.crt holds no certificate of an authority.".to_owned());
    }
    let Some(leaf) = &seen.leaf else { return fault("tls.crt holds no certificate.".to_owned()) };
    if !leaf.has_key {
        return fault("tls.key is missing or is not the key of tls.crt.".to_owned());
    }
    let issuer = leaf.issuer.and_then(|index| seen.authorities.get(index));
    let Some(issuer) = issuer else { return fault("tls.crt is not signed by an authority in ca.crt.".to_owned()) };
    if !vouches_at(issuer, time) {
        return fault(format!("the authority of tls.crt does not hold at {time}: {}.", span(&issuer.validity)));
    }
    if !leaf.validity.holds_at(time) {
        return fault(format!("tls.crt does not hold at {time}: {}.", span(&leaf.validity)));
    }
    if !leaf.for_servers {
        return fault("tls.crt is not for servers.".to_owned());
    }
    if !leaf.is_for(&seen.name) {
        return fault(format!("tls.crt is not for {}, but for {}.", seen.name, leaf.names.join(", ")));
    }
    None
}

fn span(validity: &eso_core::certificate::Validity) -> String {
    format!("it does from {} to {}", validity.from, validity.to)
}

#[cfg(test)]
#[path = "certs_tests.rs"]
mod tests;
