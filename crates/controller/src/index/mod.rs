//! What the watches saw, and no more than decisions need: hashes, flags and names instead of objects.
//!
//! Managed Secrets leave one fact here: whether their data has the hash that they declare. Their bytes are dropped on arrival.

mod external_secrets;
mod in_hand;
mod secrets;
mod stores;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub(crate) use external_secrets::{Change, ExternalSecrets};
pub(crate) use in_hand::InHand;
pub(crate) use secrets::{SecretEntry, SecretNews, Secrets};
pub(crate) use stores::{AnyStore, StoreId, Stores};

/// Namespace and name of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub namespace: Arc<str>,
    pub name: Arc<str>,
}

impl Key {
    /// Of these two.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    /// Of an object.
    pub fn of(metadata: &kube::core::ObjectMeta) -> Self {
        Self::new(metadata.namespace.as_deref().unwrap_or_default(), metadata.name.as_deref().unwrap_or_default())
    }
}

/// Everything that the watches saw.
#[derive(Default)]
pub(crate) struct Index {
    pub external_secrets: ExternalSecrets,
    pub secrets: Secrets,
    pub stores: Stores,
    /// Labels by namespace.
    pub namespaces: HashMap<Arc<str>, BTreeMap<String, String>>,
    /// Objects kept from the event that made them due.
    pub in_hand: InHand,
}

/// A resource version as a number, to tell newer from older. Kubernetes promises that order since 1.35; on a server that uses
/// other versions everything counts as newer.
pub(crate) fn resource_version(metadata: &kube::core::ObjectMeta) -> u64 {
    metadata.resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or_default()
}
