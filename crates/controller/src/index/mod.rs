//! What the watches saw, and no more than decisions need: hashes, flags and names instead of objects.
//!
//! Managed Secrets leave one fact here: whether their data has the hash that they declare. Their bytes are dropped on arrival.

mod external_secrets;
mod in_hand;
mod manifests;
mod secrets;
mod sources;
mod stores;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use eso_core::crd::ExternalSecret;
use eso_plan::externalsecret::source_keys;

pub(crate) use external_secrets::{Change, ExternalSecrets};
pub(crate) use in_hand::InHand;
pub(crate) use manifests::ManifestUsers;
pub(crate) use secrets::{SecretEntry, SecretNews, Secrets};
pub(crate) use sources::TemplateSources;
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

    /// Comes before every other.
    pub fn least() -> Self {
        Self::new("", "")
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
    pub sources: TemplateSources,
    pub manifests: ManifestUsers,
    /// Labels by namespace.
    pub namespaces: HashMap<Arc<str>, BTreeMap<String, String>>,
    /// Objects kept from the event that made them due.
    pub in_hand: InHand,
}

impl Index {
    /// Takes note of an `ExternalSecret`; gives its key, as it is kept.
    pub fn saw_external_secret(&mut self, object: &ExternalSecret) -> (Key, Change) {
        let key = self.shared(Key::of(&object.metadata));
        let change = self.external_secrets.apply(&key, object);
        self.sources.set(&key, sources_of(&key, object));
        (key, change)
    }

    /// Takes note of a managed Secret.
    pub fn saw_secret(&mut self, key: Key, entry: SecretEntry) -> SecretNews {
        let key = self.shared(key);
        self.secrets.apply(&key, entry)
    }

    /// The same key, with the text that is kept already: an object and its Secret most often have the same name, and all of a
    /// namespace share its name.
    fn shared(&self, key: Key) -> Key {
        let known = self.external_secrets.known(&key).or_else(|| self.secrets.known(&key));
        known.cloned().unwrap_or_else(|| {
            let namespace = self.namespaces.get_key_value(&*key.namespace).map(|(namespace, _)| Arc::clone(namespace));
            Key { namespace: namespace.unwrap_or(key.namespace), name: key.name }
        })
    }
}

fn sources_of(key: &Key, object: &ExternalSecret) -> Vec<sources::SourceId> {
    let sources = object.spec.target.template.as_ref().map(source_keys).unwrap_or_default();
    let id = |name: &str| Key { namespace: Arc::clone(&key.namespace), name: name.into() };
    sources.into_iter().map(|source| (source.kind, id(&source.name))).collect()
}

/// A resource version as a number, to tell newer from older. Kubernetes promises that order since 1.35; on a server that uses
/// other versions everything counts as newer.
pub(crate) fn resource_version(metadata: &kube::core::ObjectMeta) -> u64 {
    metadata.resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or_default()
}
