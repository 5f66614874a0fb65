//! The `ExternalSecret`s, each in a few words.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use eso_core::condition::READY;
use eso_core::crd::ExternalSecret;
use eso_core::provider::StoreKind;
use eso_plan::externalsecret::{store_keys, target_name};
use eso_plan::store::StoreKey;

use super::{Key, StoreId, resource_version};

/// See the module.
#[derive(Default)]
pub(crate) struct ExternalSecrets {
    entries: HashMap<Key, Entry>,
    /// Secrets with another name than the object that writes to them, each with that object.
    by_target: BTreeSet<(Key, Key)>,
    /// One copy of every combination of stores: few differ.
    combinations: HashSet<Arc<[StoreKey]>>,
    epoch: u32,
}

struct Entry {
    version: u64,
    generation: i64,
    /// Over everything whose change makes the object due; a change of status alone does not.
    fingerprint: u64,
    target: Option<Arc<str>>,
    stores: Arc<[StoreKey]>,
    readiness: Readiness,
    epoch: u32,
}

/// What an object's status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readiness {
    /// It is in step.
    Ready,
    /// It is not.
    Failing,
    /// Nothing yet: it may wait for its store's first check.
    Unsaid,
}

/// What an event says about an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is new to us.
    New,
    /// Its spec changed.
    Spec,
    /// Its labels, annotations, finalizers or deletion changed.
    Metadata,
    /// Nothing that matters.
    Nothing,
}

impl Entry {
    /// Whether a change around it may be what it waits for.
    fn is_waiting(&self) -> bool {
        self.readiness != Readiness::Ready
    }
}

impl ExternalSecrets {
    /// Takes note of an object, as an event or a write of ours shows it.
    pub fn apply(&mut self, key: &Key, object: &ExternalSecret) -> Change {
        let version = resource_version(&object.metadata);
        let earlier = self.entries.get(key).map(|entry| (entry.version, entry.generation, entry.fingerprint));
        if earlier.is_some_and(|(seen, ..)| version != 0 && version < seen) {
            return Change::Nothing;
        }
        let generation = object.metadata.generation.unwrap_or_default();
        let fingerprint = fingerprint(object);
        let target = Some(target_name(object)).filter(|target| *target != &*key.name).map(Arc::from);
        let old_target = self.entries.get(key).and_then(|entry| entry.target.clone());
        if old_target != target {
            self.unlink(key, old_target.as_ref());
            if let Some(target) = &target {
                self.by_target.insert((target_key(key, target), key.clone()));
            }
        }
        let entry = Entry {
            version,
            generation,
            fingerprint,
            target,
            stores: self.combination(object),
            readiness: readiness(object),
            epoch: self.epoch,
        };
        self.entries.insert(key.clone(), entry);
        match earlier {
            None => Change::New,
            Some((_, old, _)) if old != generation => Change::Spec,
            Some((.., old)) if old != fingerprint => Change::Metadata,
            Some(_) => Change::Nothing,
        }
    }

    /// Takes note of a status write of ours.
    pub fn wrote_status(&mut self, key: &Key, version: u64, failing: bool) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.version = entry.version.max(version);
            entry.readiness = if failing { Readiness::Failing } else { Readiness::Ready };
        }
    }

    /// The key of an object, as it is kept.
    pub fn known(&self, key: &Key) -> Option<&Key> {
        self.entries.get_key_value(key).map(|(known, _)| known)
    }

    /// Forgets an object.
    pub fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.unlink(key, entry.target.as_ref());
        }
    }

    /// Whether `version` is not older than what was seen last.
    pub fn is_current(&self, key: &Key, version: u64) -> bool {
        self.entries.get(key).is_none_or(|entry| version >= entry.version)
    }

    /// Who writes to this Secret.
    pub fn writers(&self, secret: &Key) -> Vec<Key> {
        let named_alike = self.entries.get(secret).filter(|entry| entry.target.is_none()).map(|_| secret.clone());
        let others = self.by_target.range((secret.clone(), Key::least())..).take_while(|(target, _)| target == secret);
        named_alike.into_iter().chain(others.map(|(_, writer)| writer.clone())).collect()
    }

    /// Who writes to this Secret and fails at present.
    pub fn failing_writers(&self, secret: &Key) -> Vec<Key> {
        let mut writers = self.writers(secret);
        writers.retain(|key| self.entries.get(key).is_some_and(|entry| entry.readiness == Readiness::Failing));
        writers
    }

    /// Who names this store and fails at present.
    pub fn waiting_for(&self, store: &StoreId) -> Vec<Key> {
        let named = |key: &StoreKey| key.kind == store.kind && key.name == *store.name;
        let near = |key: &Key| store.kind == StoreKind::ClusterSecretStore || key.namespace == store.namespace;
        let entries = self
            .entries
            .iter()
            .filter(|(key, entry)| entry.is_waiting() && near(key) && entry.stores.iter().any(named));
        entries.map(|(key, _)| key.clone()).collect()
    }

    /// Who fails at present in this namespace.
    pub fn failing_in(&self, namespace: &str) -> Vec<Key> {
        let entries = self.entries.iter().filter(|(key, entry)| entry.is_waiting() && &*key.namespace == namespace);
        entries.map(|(key, _)| key.clone()).collect()
    }

    /// A new list begins.
    pub fn begin_list(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
    }

    /// The list is complete: whoever was not on it is gone. Gives their keys.
    pub fn end_list(&mut self) -> Vec<Key> {
        let gone: Vec<Key> =
            self.entries.iter().filter(|(_, entry)| entry.epoch != self.epoch).map(|(key, _)| key.clone()).collect();
        for key in &gone {
            self.remove(key);
        }
        gone
    }

    fn unlink(&mut self, key: &Key, target: Option<&Arc<str>>) {
        if let Some(target) = target {
            self.by_target.remove(&(target_key(key, target), key.clone()));
        }
    }

    /// The stores that an object names; the copy that others share, if there is one.
    fn combination(&mut self, object: &ExternalSecret) -> Arc<[StoreKey]> {
        let stores: Vec<StoreKey> = store_keys(object).into_iter().collect();
        if let Some(known) = self.combinations.get(stores.as_slice()) {
            return Arc::clone(known);
        }
        if self.combinations.len() == self.combinations.capacity() {
            self.combinations.retain(|combination| Arc::strong_count(combination) > 1);
        }
        let stores: Arc<[StoreKey]> = stores.into();
        self.combinations.insert(Arc::clone(&stores));
        stores
    }
}

fn target_key(key: &Key, target: &Arc<str>) -> Key {
    Key { namespace: Arc::clone(&key.namespace), name: Arc::clone(target) }
}

fn fingerprint(object: &ExternalSecret) -> u64 {
    let metadata = &object.metadata;
    let mut hasher = DefaultHasher::new();
    metadata.generation.hash(&mut hasher);
    metadata.labels.hash(&mut hasher);
    metadata.annotations.hash(&mut hasher);
    metadata.finalizers.hash(&mut hasher);
    metadata.deletion_timestamp.is_some().hash(&mut hasher);
    metadata.uid.hash(&mut hasher);
    hasher.finish()
}

fn readiness(object: &ExternalSecret) -> Readiness {
    let mut conditions = object.status.iter().flat_map(|status| &status.conditions);
    match conditions.find(|condition| condition.type_ == READY) {
        Some(condition) if condition.status == "True" => Readiness::Ready,
        Some(_) => Readiness::Failing,
        None => Readiness::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(version: u64, patch: serde_json::Value) -> ExternalSecret {
        let mut value = json!({
            "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
            "metadata": {"name": "es", "namespace": "ns", "uid": "u", "generation": 1, "resourceVersion": version.to_string()},
            "spec": {"secretStoreRef": {"name": "st"}}
        });
        for (section, fields) in patch.as_object().unwrap() {
            for (field, content) in fields.as_object().unwrap() {
                value[section][field] = content.clone();
            }
        }
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn parity_3_4_5_6_7_a_status_change_alone_does_not_make_an_object_due() {
        let mut index = ExternalSecrets::default();
        let key = Key::new("ns", "es");
        assert_eq!(index.apply(&key, &object(1, json!({}))), Change::New);
        assert_eq!(index.apply(&key, &object(2, json!({"status": {"syncedResourceVersion": "1-x"}}))), Change::Nothing);
        assert_eq!(index.apply(&key, &object(3, json!({"metadata": {"labels": {"a": "b"}}}))), Change::Metadata);
        assert_eq!(index.apply(&key, &object(4, json!({"metadata": {"annotations": {"a": "b"}}}))), Change::Metadata);
        assert_eq!(index.apply(&key, &object(5, json!({"metadata": {"finalizers": ["f"]}}))), Change::Metadata);
        assert_eq!(index.apply(&key, &object(6, json!({"metadata": {"generation": 2}}))), Change::Spec);
    }

    #[test]
    fn parity_9_10_a_secret_leads_to_everyone_who_writes_to_it() {
        let mut index = ExternalSecrets::default();
        let (one, two) = (Key::new("ns", "es"), Key::new("ns", "two"));
        index.apply(&one, &object(1, json!({})));
        index.apply(&two, &object(2, json!({"metadata": {"name": "two"}, "spec": {"target": {"name": "es"}}})));
        let mut writers = index.writers(&Key::new("ns", "es"));
        writers.sort();
        assert_eq!(writers, [one.clone(), two.clone()]);
        assert_eq!(index.writers(&Key::new("ns", "two")), []);
        index.apply(&two, &object(3, json!({"metadata": {"name": "two"}})));
        assert_eq!(index.writers(&Key::new("ns", "es")), [one]);
        assert_eq!(index.writers(&Key::new("ns", "two")), [two]);
    }

    #[test]
    fn an_object_that_a_new_list_lacks_is_gone() {
        let mut index = ExternalSecrets::default();
        let key = Key::new("ns", "es");
        index.apply(&key, &object(1, json!({})));
        index.begin_list();
        assert_eq!(index.end_list(), std::slice::from_ref(&key));
        assert_eq!(index.apply(&key, &object(1, json!({}))), Change::New);
    }

    #[test]
    fn an_event_older_than_our_own_write_changes_nothing() {
        let mut index = ExternalSecrets::default();
        let key = Key::new("ns", "es");
        index.apply(&key, &object(1, json!({})));
        index.wrote_status(&key, 5, true);
        assert_eq!(index.apply(&key, &object(4, json!({"metadata": {"generation": 2}}))), Change::Nothing);
        assert!(!index.is_current(&key, 4));
        assert!(index.is_current(&key, 5));
    }

    #[test]
    fn only_objects_that_are_not_in_step_wait_for_their_store() {
        let mut index = ExternalSecrets::default();
        let key = Key::new("ns", "es");
        let store = StoreId::new(StoreKind::SecretStore, "ns", "st");
        index.apply(&key, &object(1, json!({})));
        assert_eq!(index.waiting_for(&store), std::slice::from_ref(&key));
        index.wrote_status(&key, 2, false);
        assert_eq!(index.waiting_for(&store), []);
        index.wrote_status(&key, 3, true);
        assert_eq!(index.waiting_for(&store), [key]);
        assert_eq!(index.waiting_for(&StoreId::new(StoreKind::SecretStore, "other", "st")), []);
    }

    #[test]
    fn a_secret_that_appears_is_news_only_to_who_failed() {
        let mut index = ExternalSecrets::default();
        let key = Key::new("ns", "es");
        index.apply(&key, &object(1, json!({})));
        assert_eq!(index.failing_writers(&key), []);
        index.wrote_status(&key, 2, true);
        assert_eq!(index.failing_writers(&key), [key]);
    }

    #[test]
    fn objects_share_one_copy_of_their_stores() {
        let mut index = ExternalSecrets::default();
        for number in 0..100 {
            let name = format!("es-{number}");
            index.apply(&Key::new("ns", &name), &object(1, json!({"metadata": {"name": name}})));
        }
        assert_eq!(index.combinations.len(), 1);
        for number in 0..100 {
            index.apply(
                &Key::new("ns", "es-0"),
                &object(number, json!({"spec": {"secretStoreRef": {"name": number.to_string()}}})),
            );
        }
        assert!(index.combinations.len() < 10, "{}", index.combinations.len());
    }
}
