//! The managed Secrets, each as a fact and a hash: their bytes are dropped on arrival.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use eso_core::{hash, names};
use eso_plan::externalsecret::TargetFacts;
use k8s_openapi::api::core::v1::Secret;

use super::{Key, resource_version};

/// See the module.
#[derive(Default)]
pub(crate) struct Secrets {
    entries: HashMap<Key, SecretEntry>,
    /// Names and UIDs by namespace and owner label.
    by_owner: HashMap<Key, BTreeMap<Arc<str>, Arc<str>>>,
    epoch: u32,
}

/// What is kept of a managed Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretEntry {
    version: u64,
    uid: Arc<str>,
    intact: bool,
    owner: Option<Arc<str>>,
    epoch: u32,
}

/// What an event says about a managed Secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretNews {
    /// Nothing that matters.
    Nothing,
    /// It is new to us and as it should be. Most often one of ours, whose event is faster than the answer to its creation.
    Appeared,
    /// Its data, its owner or its identity is another one.
    Changed,
}

impl SecretEntry {
    /// Reads a Secret once; its data is hashed and not kept.
    pub fn of(secret: &Secret) -> Self {
        let metadata = &secret.metadata;
        let label = |key: &str| metadata.labels.as_ref().and_then(|labels| labels.get(key));
        let declared = metadata.annotations.as_ref().and_then(|all| all.get(names::DATA_HASH_ANNOTATION));
        let data = secret.data.iter().flatten().map(|(key, bytes)| (key.as_str(), bytes.0.as_slice()));
        let managed = label(names::MANAGED_LABEL).is_some_and(|value| value == names::MANAGED_VALUE);
        Self {
            version: resource_version(metadata),
            uid: metadata.uid.as_deref().unwrap_or_default().into(),
            intact: managed && declared.is_some_and(|declared| *declared == hash::data_hash(data)),
            owner: label(names::CREATED_BY_LABEL).map(|owner| owner.as_str().into()),
            epoch: 0,
        }
    }
}

impl Secrets {
    /// Takes note of a Secret.
    pub fn apply(&mut self, key: &Key, mut entry: SecretEntry) -> SecretNews {
        entry.epoch = self.epoch;
        let mut news = if entry.intact { SecretNews::Appeared } else { SecretNews::Changed };
        if let Some(known) = self.entries.get_mut(key) {
            if known.uid == entry.uid && entry.version <= known.version && entry.version != 0 {
                known.epoch = self.epoch;
                return SecretNews::Nothing;
            }
            let alike = known.intact && entry.intact && known.uid == entry.uid && known.owner == entry.owner;
            news = if alike { SecretNews::Nothing } else { SecretNews::Changed };
        }
        self.remove(key);
        if let Some(owner) = &entry.owner {
            let owned = self.by_owner.entry(Key { namespace: key.namespace.clone(), name: owner.clone() }).or_default();
            owned.insert(key.name.clone(), entry.uid.clone());
        }
        self.entries.insert(key.clone(), entry);
        news
    }

    /// Forgets a Secret; whether it was known.
    pub fn remove(&mut self, key: &Key) -> bool {
        let Some(entry) = self.entries.remove(key) else { return false };
        if let Some(owner) = entry.owner {
            let owner = Key { namespace: key.namespace.clone(), name: owner };
            if let Some(owned) = self.by_owner.get_mut(&owner) {
                owned.remove(&key.name);
                if owned.is_empty() {
                    self.by_owner.remove(&owner);
                }
            }
        }
        true
    }

    /// What a decision may know of a Secret; `None` when none of this name is managed.
    pub fn facts(&self, key: &Key) -> Option<TargetFacts> {
        self.entries.get(key).map(|entry| TargetFacts { intact: entry.intact })
    }

    /// Names and UIDs of the Secrets with this owner label, but for the one called `target`.
    pub fn strays(&self, namespace: &str, owner: &str, target: &str) -> Vec<(String, String)> {
        let theirs = self.by_owner.get(&Key::new(namespace, owner));
        let strays = theirs.into_iter().flatten().filter(|(name, _)| &***name != target);
        strays.map(|(name, uid)| (name.to_string(), uid.to_string())).collect()
    }

    /// A new list begins.
    pub fn begin_list(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
    }

    /// The list is complete: whatever was not on it is gone. Gives their keys.
    pub fn end_list(&mut self) -> Vec<Key> {
        let gone: Vec<Key> =
            self.entries.iter().filter(|(_, entry)| entry.epoch != self.epoch).map(|(key, _)| key.clone()).collect();
        for key in &gone {
            self.remove(key);
        }
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::ByteString;

    fn secret(version: &str, data: &str, declared: &str) -> Secret {
        let mut secret = Secret::default();
        secret.metadata.resource_version = Some(version.to_owned());
        secret.metadata.uid = Some("u".to_owned());
        secret.metadata.labels = Some(
            [
                (names::MANAGED_LABEL.to_owned(), "true".to_owned()),
                (names::CREATED_BY_LABEL.to_owned(), "h".to_owned()),
            ]
            .into(),
        );
        let hash = hash::data_hash([("k", declared.as_bytes())]);
        secret.metadata.annotations = Some([(names::DATA_HASH_ANNOTATION.to_owned(), hash)].into());
        secret.data = Some([("k".to_owned(), ByteString(data.as_bytes().to_vec()))].into());
        secret
    }

    #[test]
    fn an_edited_secret_is_no_longer_intact() {
        let mut index = Secrets::default();
        let key = Key::new("ns", "out");
        assert_eq!(index.apply(&key, SecretEntry::of(&secret("1", "v", "v"))), SecretNews::Appeared);
        assert_eq!(index.facts(&key), Some(TargetFacts { intact: true }));
        assert_eq!(index.apply(&key, SecretEntry::of(&secret("2", "w", "v"))), SecretNews::Changed);
        assert_eq!(index.facts(&key), Some(TargetFacts { intact: false }));
        assert_eq!(index.apply(&key, SecretEntry::of(&secret("3", "v", "v"))), SecretNews::Changed);
        assert_eq!(index.apply(&key, SecretEntry::of(&secret("4", "v", "v"))), SecretNews::Nothing);
    }

    #[test]
    fn the_echo_of_our_own_write_is_no_news() {
        let mut index = Secrets::default();
        let key = Key::new("ns", "out");
        assert_eq!(index.apply(&key, SecretEntry::of(&secret("5", "v", "v"))), SecretNews::Appeared);
        assert_eq!(index.apply(&key, SecretEntry::of(&secret("5", "v", "v"))), SecretNews::Nothing);
        assert_eq!(index.apply(&key, SecretEntry::of(&secret("4", "w", "v"))), SecretNews::Nothing);
    }

    #[test]
    fn strays_are_what_the_owner_label_finds_under_another_name() {
        let mut index = Secrets::default();
        index.apply(&Key::new("ns", "out"), SecretEntry::of(&secret("1", "v", "v")));
        index.apply(&Key::new("ns", "old"), SecretEntry::of(&secret("2", "v", "v")));
        assert_eq!(index.strays("ns", "h", "out"), [("old".to_owned(), "u".to_owned())]);
        assert_eq!(index.strays("other", "h", "out"), []);
        index.remove(&Key::new("ns", "old"));
        assert_eq!(index.strays("ns", "h", "out"), []);
    }
}
