//! The stores. There are few, so they are kept whole.

use std::collections::HashMap;
use std::sync::Arc;

use eso_core::condition::READY;
use eso_core::crd::{ClusterSecretStore, Condition, SecretStore, StoreSpec, StoreStatus};
use eso_core::provider::{StoreKind, StoreScope};
use eso_plan::store::{StoreFacts, StoreKey, StoreSeen};
use kube::core::ObjectMeta;

use super::resource_version;

/// A store of either kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct StoreId {
    pub kind: StoreKind,
    /// Empty for cluster-wide ones.
    pub namespace: Arc<str>,
    pub name: Arc<str>,
}

impl StoreId {
    /// Of these three.
    pub fn new(kind: StoreKind, namespace: &str, name: &str) -> Self {
        let namespace = if kind == StoreKind::ClusterSecretStore { "" } else { namespace };
        Self { kind, namespace: namespace.into(), name: name.into() }
    }

    /// As providers know it.
    pub fn scope(&self) -> StoreScope {
        StoreScope { kind: self.kind, name: self.name.to_string(), namespace: self.namespace.to_string() }
    }
}

/// A store of either kind, as the API server holds it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AnyStore {
    pub id: StoreId,
    pub metadata: ObjectMeta,
    pub spec: StoreSpec,
    pub status: Option<StoreStatus>,
}

impl From<SecretStore> for AnyStore {
    fn from(store: SecretStore) -> Self {
        Self::new(StoreKind::SecretStore, store.metadata, store.spec, store.status)
    }
}

impl From<ClusterSecretStore> for AnyStore {
    fn from(store: ClusterSecretStore) -> Self {
        Self::new(StoreKind::ClusterSecretStore, store.metadata, store.spec.0, store.status)
    }
}

impl AnyStore {
    fn new(kind: StoreKind, mut metadata: ObjectMeta, spec: StoreSpec, status: Option<StoreStatus>) -> Self {
        metadata.managed_fields = None;
        let namespace = metadata.namespace.as_deref().unwrap_or_default();
        let id = StoreId::new(kind, namespace, metadata.name.as_deref().unwrap_or_default());
        Self { id, metadata, spec, status }
    }

    /// Whether it was checked before: its status says how that went.
    pub fn is_checked(&self) -> bool {
        self.ready().is_some()
    }

    fn ready(&self) -> Option<&Condition> {
        self.status.iter().flat_map(|status| &status.conditions).find(|condition| condition.type_ == READY)
    }

    /// What matters about it to those who use it.
    pub fn facts(&self) -> StoreFacts {
        let ready = self.ready();
        StoreFacts {
            controller: self.spec.controller.clone(),
            ready: ready.is_some_and(|condition| condition.status == "True"),
            message: ready.and_then(|condition| condition.message.clone()),
            unchecked_since: match ready {
                Some(_) => None,
                None => self.metadata.creation_timestamp.as_ref().map(|time| time.0),
            },
            conditions: self.spec.conditions.clone().unwrap_or_default(),
        }
    }

    /// Whether the same store would be checked: a change of status alone is no reason.
    fn same_to_check(&self, other: &Self) -> bool {
        self.metadata.uid == other.metadata.uid
            && self.metadata.generation == other.metadata.generation
            && self.metadata.annotations == other.metadata.annotations
            && self.metadata.labels == other.metadata.labels
    }
}

/// See the module.
#[derive(Default)]
pub(crate) struct Stores {
    entries: HashMap<StoreId, Arc<AnyStore>>,
}

/// What an event says about a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct StoreNews {
    /// It has to be checked anew.
    pub check: bool,
    /// Something changed for those who use it.
    pub facts: bool,
}

impl Stores {
    /// Takes note of a store.
    pub fn apply(&mut self, store: AnyStore) -> StoreNews {
        let earlier = self.entries.get(&store.id);
        let version = resource_version(&store.metadata);
        if earlier.is_some_and(|earlier| {
            earlier.metadata.uid == store.metadata.uid && version != 0 && version < resource_version(&earlier.metadata)
        }) {
            return StoreNews::default();
        }
        let news = StoreNews {
            check: earlier.is_none_or(|earlier| !earlier.same_to_check(&store)),
            facts: earlier.is_none_or(|earlier| {
                earlier.facts() != store.facts() || earlier.metadata.generation != store.metadata.generation
            }),
        };
        self.entries.insert(store.id.clone(), Arc::new(store));
        news
    }

    /// Forgets a store.
    pub fn remove(&mut self, id: &StoreId) {
        self.entries.remove(id);
    }

    /// A store.
    pub fn get(&self, id: &StoreId) -> Option<Arc<AnyStore>> {
        self.entries.get(id).cloned()
    }

    /// A store that an object in `namespace` names.
    pub fn named(&self, key: &StoreKey, namespace: &str) -> StoreSeen {
        match self.entries.get(&StoreId::new(key.kind, namespace, &key.name)) {
            Some(store) => StoreSeen::Present(store.facts()),
            None => StoreSeen::Missing,
        }
    }

    /// Whether a store of this class, or of none, was never checked.
    pub fn any_unchecked(&self, class: &str) -> bool {
        self.entries.values().any(|store| !store.is_checked() && store.facts().is_of_class(class))
    }

    /// Every store of a kind.
    pub fn ids(&self, kind: StoreKind) -> Vec<StoreId> {
        self.entries.keys().filter(|id| id.kind == kind).cloned().collect()
    }
}
