//! Everything that a decision about an `ExternalSecret` may look at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use eso_core::crd::{ExternalSecret, StoreRef, StoreRefKind};
use eso_core::provider::StoreKind;
use jiff::Timestamp;

use super::manifest::ManifestSeen;
use super::template::{Sources, TemplateSettings};
use crate::SecretObject;
use crate::store::{StoreKey, StoreSeen};

/// Everything that a decision may look at: one moment of the cluster, from one object's point of view.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The object.
    pub object: Arc<ExternalSecret>,
    /// The time.
    pub now: Timestamp,
    /// The Secret it writes to.
    pub target: TargetSeen,
    /// The object of another kind that it writes to, see [`super::manifest_key`].
    pub manifest: ManifestSeen,
    /// Names and UIDs of Secrets that carry its owner label under another name than the target's.
    pub strays: Vec<(String, String)>,
    /// The stores that it names, see [`store_keys`].
    pub stores: BTreeMap<StoreKey, StoreSeen>,
    /// The objects that hold its templates, see [`super::source_keys`]. Read when the backend is.
    pub sources: Arc<Sources>,
    /// Whether one of them changed since the last sync.
    pub sources_changed: bool,
    /// Labels of its namespace.
    pub namespace_labels: BTreeMap<String, String>,
    /// The operator's configuration.
    pub settings: Arc<Settings>,
}

/// The part of the operator's configuration that decisions depend on.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `--controller-class`.
    pub controller_class: String,
    /// `--enable-flood-gate`.
    pub flood_gate: bool,
    /// `--enable-cluster-store-reconciler`.
    pub cluster_stores: bool,
    /// `--unsafe-allow-generic-targets`.
    pub generic_targets: bool,
    /// How templates are read, and what they may use up.
    pub template: TemplateSettings,
}

/// What is known of the Secret.
#[derive(Debug, Clone)]
pub enum TargetSeen {
    /// No Secret of that name carries the managed label. One without the label may exist: then its creation is refused.
    Absent,
    /// A managed Secret exists; this is all that the index keeps of it.
    Indexed(TargetFacts),
    /// It was read from the API server.
    Read(Arc<SecretObject>),
}

/// What the index keeps of a managed Secret: no data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetFacts {
    /// Whether its data still has the hash that its annotation declares.
    pub intact: bool,
}

impl Seen {
    /// Namespace of the object.
    pub fn namespace(&self) -> &str {
        self.object.metadata.namespace.as_deref().unwrap_or_default()
    }

    /// Name of the object.
    pub fn name(&self) -> &str {
        self.object.metadata.name.as_deref().unwrap_or_default()
    }

    /// UID of the object.
    pub fn uid(&self) -> &str {
        self.object.metadata.uid.as_deref().unwrap_or_default()
    }

    /// What `status.syncedResourceVersion` will be after a sync of this version of the object.
    pub fn version(&self) -> String {
        let metadata = &self.object.metadata;
        eso_core::hash::synced_resource_version(
            metadata.generation.unwrap_or_default(),
            metadata.annotations.as_ref(),
            metadata.labels.as_ref(),
        )
    }
}

/// Name of the Secret that `object` writes to.
pub fn target_name(object: &ExternalSecret) -> &str {
    let own = object.metadata.name.as_deref().unwrap_or_default();
    object.spec.target.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(own)
}

/// Every store that `object` names.
pub fn store_keys(object: &ExternalSecret) -> BTreeSet<StoreKey> {
    let spec = &object.spec;
    let own = |source: Option<&eso_core::crd::SourceRef>| source.and_then(|source| source.store_ref.clone());
    let from_data = spec.data.iter().flatten().filter_map(|entry| own(entry.source_ref.as_ref()));
    let from_maps = spec.data_from.iter().flatten().filter_map(|entry| own(entry.source_ref.as_ref()));
    spec.secret_store_ref
        .iter()
        .cloned()
        .chain(from_data)
        .chain(from_maps)
        .filter_map(|store| store_key(&store))
        .collect()
}

/// The store that a reference names, when it names one.
pub(super) fn store_key(store: &StoreRef) -> Option<StoreKey> {
    let name = store.name.clone().filter(|name| !name.is_empty())?;
    let kind = match store.kind {
        Some(StoreRefKind::ClusterSecretStore) => StoreKind::ClusterSecretStore,
        Some(StoreRefKind::SecretStore) | None => StoreKind::SecretStore,
    };
    Some(StoreKey { kind, name })
}
