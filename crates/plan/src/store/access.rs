//! Who may use a store.

use std::collections::BTreeMap;
use std::time::Duration;

use eso_core::crd::NamespaceCondition;
use eso_core::names::NAMESPACE_NAME_LABEL;
use eso_core::provider::StoreKind;
use eso_core::{Fault, FaultKind};
use jiff::Timestamp;

use super::selector;
use crate::externalsecret::Seen;
use crate::{regexp, text};

/// A store, from the point of view of an object that names it: a `SecretStore` is always in the object's own namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreKey {
    /// Its kind.
    pub kind: StoreKind,
    /// Its name.
    pub name: String,
}

/// What is known of a store that an object names.
#[derive(Debug, Clone, PartialEq)]
pub enum StoreSeen {
    /// There is none.
    Missing,
    /// There is.
    Present(StoreFacts),
}

/// What matters about a store to those who use it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StoreFacts {
    /// `spec.controller`.
    pub controller: Option<String>,
    /// Whether its Ready condition is True.
    pub ready: bool,
    /// Message of its Ready condition.
    pub message: Option<String>,
    /// When it was created, while nobody has checked it yet.
    pub unchecked_since: Option<Timestamp>,
    /// `spec.conditions`; empty admits every namespace.
    pub conditions: Vec<NamespaceCondition>,
}

/// A new store is checked within moments. Those who name it wait that long before they call it not ready.
const FIRST_CHECK: Duration = Duration::from_secs(10);

impl StoreFacts {
    /// Whether it is about to be checked for the first time.
    pub fn awaits_first_check(&self, now: Timestamp) -> bool {
        // Either way: a store made far in the future tells of a wrong clock, and is not waited for until then.
        self.unchecked_since.is_some_and(|since| now.duration_since(since).unsigned_abs() < FIRST_CHECK)
    }

    /// Whether the operator of this class handles it: an unnamed class means every operator.
    pub fn is_of_class(&self, class: &str) -> bool {
        self.controller.as_deref().is_none_or(|named| named.is_empty() || named == class)
    }
}

/// Who asks.
pub struct Access<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// Its labels.
    pub namespace_labels: &'a BTreeMap<String, String>,
    /// Whether a store has to be ready.
    pub flood_gate: bool,
}

impl<'a> Access<'a> {
    /// The object of `seen` asks.
    pub fn of(seen: &'a Seen) -> Self {
        Self {
            namespace: seen.namespace(),
            namespace_labels: &seen.namespace_labels,
            flood_gate: seen.settings.flood_gate,
        }
    }
}

/// Whether a store may be used now. The faults are sentences that name the store.
pub fn access(key: &StoreKey, store: Option<&StoreSeen>, who: &Access<'_>) -> Result<(), Fault> {
    let Some(StoreSeen::Present(facts)) = store else {
        return Err(Fault::new(FaultKind::Misconfigured, text::store_not_found(key.kind, &key.name)));
    };
    if key.kind == StoreKind::ClusterSecretStore && !admits(&facts.conditions, who) {
        return Err(Fault::new(FaultKind::Denied, text::store_denied(&key.name, who.namespace)));
    }
    if who.flood_gate && !facts.ready {
        let why = facts.message.as_deref();
        return Err(Fault::new(FaultKind::Unavailable, text::store_not_ready(key.kind, &key.name, why)));
    }
    Ok(())
}

/// Whether any part of any condition matches the namespace. A condition without parts matches nothing.
fn admits(conditions: &[NamespaceCondition], who: &Access<'_>) -> bool {
    conditions.is_empty() || conditions.iter().any(|condition| matches(condition, who))
}

fn matches(condition: &NamespaceCondition, who: &Access<'_>) -> bool {
    let by_labels = condition.namespace_selector.as_ref().is_some_and(|it| selector::matches(it, who.namespace_labels));
    // ESO compares the label that Kubernetes maintains, not the name itself.
    let label = who.namespace_labels.get(NAMESPACE_NAME_LABEL);
    let by_name = condition.namespaces.iter().flatten().any(|name| Some(name) == label);
    let by_pattern = condition
        .namespace_regexes
        .iter()
        .flatten()
        .any(|pattern| regexp::compile(pattern).is_ok_and(|regex| regex.is_match(who.namespace)));
    by_labels || by_name || by_pattern
}
