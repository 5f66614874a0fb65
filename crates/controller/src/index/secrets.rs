//! The managed Secrets, each as a fact and a hash: their bytes are dropped on arrival.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use eso_core::{hash, names};
use eso_plan::externalsecret::TargetFacts;
use k8s_openapi::api::core::v1::Secret;

use super::{Key, resource_version};

/// See the module.
#[derive(Default)]
pub(crate) struct Secrets {
    entries: HashMap<Key, SecretEntry>,
    /// Secrets with another name than their owner's, by owner.
    by_owner: BTreeSet<(OwnerHash, Key)>,
    epoch: u32,
}

/// The owner label's value, which is 56 hexadecimal digits.
type OwnerHash = [u8; 28];

/// What is kept of a managed Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretEntry {
    version: u64,
    uid: Uid,
    intact: bool,
    owner: Owner,
    epoch: u32,
}

/// A UID, in few bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Uid {
    /// As every one that Kubernetes makes.
    Uuid([u8; 16]),
    /// It does not promise that.
    Text(Box<str>),
}

impl Uid {
    fn new(text: &str) -> Self {
        let uuid = hex::<16>(&text.replace('-', "")).map(Self::Uuid);
        uuid.filter(|uuid| uuid.text() == text).unwrap_or_else(|| Self::Text(text.into()))
    }

    fn text(&self) -> String {
        match self {
            Self::Uuid(bytes) => {
                let mut text = String::with_capacity(36);
                for (place, byte) in bytes.iter().enumerate() {
                    let dash = if matches!(place, 4 | 6 | 8 | 10) { "-" } else { "" };
                    // Writing to a String cannot fail.
                    let _ = write!(text, "{dash}{byte:02x}");
                }
                text
            }
            Self::Text(text) => text.to_string(),
        }
    }
}

/// Whose a Secret is, as its label says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Owner {
    /// Nobody's that could exist.
    Nobody,
    /// That of the object with the Secret's own name, as most are.
    Namesake,
    /// Another object's.
    Other(Box<OwnerHash>),
}

impl Owner {
    fn of(secret: &Secret, label: Option<&String>) -> Self {
        let Some(label) = label else { return Self::Nobody };
        let key = Key::of(&secret.metadata);
        if *label == hash::owner_hash(&key.namespace, &key.name) {
            return Self::Namesake;
        }
        hex(label).map_or(Self::Nobody, |bytes| Self::Other(Box::new(bytes)))
    }
}

/// `None` for anything but the right number of lower-case hexadecimal digits: no hash of ours looks otherwise.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != N {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = (digit(*high)? << 4) | digit(*low)?;
    }
    Some(bytes)
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
            uid: Uid::new(metadata.uid.as_deref().unwrap_or_default()),
            intact: managed && declared.is_some_and(|declared| *declared == hash::data_hash(data)),
            owner: Owner::of(secret, label(names::CREATED_BY_LABEL)),
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
        if let Owner::Other(owner) = &entry.owner {
            self.by_owner.insert((**owner, key.clone()));
        }
        self.entries.insert(key.clone(), entry);
        news
    }

    /// Forgets a Secret; whether it was known.
    pub fn remove(&mut self, key: &Key) -> bool {
        let Some(entry) = self.entries.remove(key) else { return false };
        if let Owner::Other(owner) = entry.owner {
            self.by_owner.remove(&(*owner, key.clone()));
        }
        true
    }

    /// What a decision may know of a Secret; `None` when none of this name is managed.
    pub fn facts(&self, key: &Key) -> Option<TargetFacts> {
        self.entries.get(key).map(|entry| TargetFacts { intact: entry.intact })
    }

    /// Names and UIDs of the Secrets in the namespace of `owner` whose label says that they are its own, but for the one called
    /// `target`.
    pub fn strays(&self, owner: &Key, target: &str) -> Vec<(String, String)> {
        let namesake = self.entries.get_key_value(owner).filter(|(_, entry)| entry.owner == Owner::Namesake);
        let hash = hex(&hash::owner_hash(&owner.namespace, &owner.name)).unwrap_or_default();
        let others = self.by_owner.range((hash, Key::least())..).take_while(|(other, _)| *other == hash);
        let others = others.filter_map(|(_, key)| self.entries.get_key_value(key));
        let strays = namesake.into_iter().chain(others);
        let strays = strays.filter(|(key, _)| key.namespace == owner.namespace && &*key.name != target);
        strays.map(|(key, entry)| (key.name.to_string(), entry.uid.text())).collect()
    }

    /// The key of a Secret, as it is kept.
    pub fn known(&self, key: &Key) -> Option<&Key> {
        self.entries.get_key_value(key).map(|(known, _)| known)
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

    const UID: &str = "0b6f5a3e-9a44-4a52-9a0e-6f0d2b3c4d5e";

    fn secret(version: &str, data: &str, declared: &str) -> Secret {
        let mut secret = Secret::default();
        secret.metadata.name = Some("out".to_owned());
        secret.metadata.namespace = Some("ns".to_owned());
        secret.metadata.resource_version = Some(version.to_owned());
        secret.metadata.uid = Some(UID.to_owned());
        secret.metadata.labels = Some(
            [
                (names::MANAGED_LABEL.to_owned(), "true".to_owned()),
                (names::CREATED_BY_LABEL.to_owned(), hash::owner_hash("ns", "es")),
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
        let es = Key::new("ns", "es");
        index.apply(&Key::new("ns", "out"), SecretEntry::of(&secret("1", "v", "v")));
        index.apply(&Key::new("ns", "old"), SecretEntry::of(&secret("2", "v", "v")));
        assert_eq!(index.strays(&es, "out"), [("old".to_owned(), UID.to_owned())]);
        assert_eq!(index.strays(&es, "old"), [("out".to_owned(), UID.to_owned())]);
        assert_eq!(index.strays(&Key::new("other", "es"), "out"), []);
        index.remove(&Key::new("ns", "old"));
        assert_eq!(index.strays(&es, "out"), []);
    }

    #[test]
    fn a_secret_named_as_its_owner_is_a_stray_once_the_target_has_another_name() {
        let mut index = Secrets::default();
        let es = Key::new("ns", "es");
        let mut old = secret("1", "v", "v");
        old.metadata.name = Some("es".to_owned());
        index.apply(&es, SecretEntry::of(&old));
        assert_eq!(index.strays(&es, "es"), []);
        assert_eq!(index.strays(&es, "new"), [("es".to_owned(), UID.to_owned())]);
    }

    #[test]
    fn a_copy_in_another_namespace_is_no_stray() {
        let mut index = Secrets::default();
        index.apply(&Key::new("elsewhere", "old"), SecretEntry::of(&secret("1", "v", "v")));
        assert_eq!(index.strays(&Key::new("ns", "es"), "out"), []);
    }

    #[test]
    fn a_uid_that_is_no_uuid_is_kept_as_it_is() {
        for text in [
            UID,
            "u",
            "",
            "0B6F5A3E-9A44-4A52-9A0E-6F0D2B3C4D5E",
            "0b6f5a3e9a444a529a0e6f0d2b3c4d5e",
            "0b6f5a3e9a44-4a52-9a0e-6f0d2b3c4d5e-",
        ] {
            assert_eq!(Uid::new(text).text(), text);
        }
    }
}
