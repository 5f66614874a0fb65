//! What has to be fetched before a plan can be made.

use std::time::Duration;

use eso_core::crd::{
    CreationPolicy, DataFromEntry, ExternalSecret, ExternalSecretSpec, RemoteRef, SourceRef, StoreRefKind, Target,
};
use eso_core::provider::{Locator, Shape, StoreKind};
use eso_core::{Fault, FaultKind};

use super::check::unplannable;
use super::manifest::{self, ObjectKey, manifest_key};
use super::plan::Plan;
use super::refresh::{self, Why};
use super::seen::{Seen, store_key};
use super::template::{SourceKey, source_keys};
use super::unsupported::unsupported;
use crate::store::{Access, StoreKey, StoreSeen, access};

/// What has to happen before a plan can be made.
#[derive(Debug)]
pub enum Need {
    /// The object belongs to another operator: nothing at all, not even a condition.
    Skip,
    /// Nothing has to be fetched; this is the plan.
    Settled(Box<Plan>),
    /// The object is being deleted: read its Secret, then [`super::finalize`].
    Finalize,
    /// Read these from their stores and the Secret from the API server, then [`super::plan`].
    Fetch(Fetch),
}

/// What to read from stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// In the order of evaluation: maps first, then single values.
    pub requests: Vec<Request>,
    /// Objects that hold templates, to be read from the API server.
    pub sources: Vec<SourceKey>,
    /// Whether to read the Secret from the API server.
    pub target: ReadTarget,
    /// Why now.
    pub why: Why,
}

/// Whether to read the Secret from the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadTarget {
    /// If the index knows it. One that it does not know is made, and looked at when that is refused.
    Known,
    /// In any case: somebody else makes it, and until it was written to it is not managed.
    Always,
    /// It is none of our business.
    Never,
}

impl ReadTarget {
    fn of(target: &Target) -> Self {
        match target.creation_policy {
            _ if target.manifest.is_some() => Self::Never,
            CreationPolicy::Merge => Self::Always,
            CreationPolicy::None => Self::Never,
            CreationPolicy::Owner | CreationPolicy::Orphan | CreationPolicy::CreateOrMerge => Self::Known,
        }
    }
}

/// One read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// From which store.
    pub store: StoreKey,
    /// What.
    pub locator: Locator,
}

/// The object of another kind than Secret that is to be read, always and before [`needs`]: no index knows of it.
pub fn manifest_to_read(seen: &Seen) -> Option<ObjectKey> {
    let object = &seen.object;
    let idle = || is_foreign(seen) || is_switched_off(seen) || object.metadata.deletion_timestamp.is_some();
    manifest_key(object).filter(|_| seen.settings.generic_targets && !idle())
}

/// What has to happen before a plan can be made.
pub fn needs(seen: &Seen) -> Need {
    let object = &seen.object;
    if is_foreign(seen) {
        return Need::Skip;
    }
    // Before the switch for cluster-wide stores is asked: nobody else would ever let go of the object.
    if object.metadata.deletion_timestamp.is_some() {
        return Need::Finalize;
    }
    if is_switched_off(seen) {
        return Need::Skip;
    }
    let interval = match understood(&object.spec) {
        Ok(interval) => interval,
        Err(fault) => return settled(Plan::misconfigured(seen, fault)),
    };
    if let Some(plan) = manifest::invalid(seen) {
        return settled(plan);
    }
    let Some(why) = refresh::due(seen, interval) else {
        return settled(Plan::in_step(seen));
    };
    if awaits_a_first_check(seen) {
        return settled(Plan::wait());
    }
    match requests(seen) {
        Ok(requests) => {
            let sources = object.spec.target.template.as_ref().map(source_keys).unwrap_or_default();
            let target = ReadTarget::of(&object.spec.target);
            Need::Fetch(Fetch { requests, sources, target, why })
        }
        Err(fault) => settled(Plan::provider_failure(seen, fault)),
    }
}

/// The interval of a spec that this version acts on and that breaks no rule: whether a webhook saw the object is not known.
fn understood(spec: &ExternalSecretSpec) -> Result<Option<Duration>, Fault> {
    if let Some(fault) = unsupported(spec) {
        return Err(fault);
    }
    let faults = unplannable(spec);
    if faults.is_empty() { refresh::interval(spec) } else { Err(Fault::joined(&faults)) }
}

/// Whether one of its stores was made just now and is about to be checked: no news yet, neither good nor bad.
fn awaits_a_first_check(seen: &Seen) -> bool {
    let new = |store: &StoreSeen| matches!(store, StoreSeen::Present(facts) if facts.awaits_first_check(seen.now));
    seen.settings.flood_gate && seen.stores.values().any(new)
}

fn settled(plan: Plan) -> Need {
    Need::Settled(Box::new(plan))
}

/// Whether another operator handles the object: one of its stores is of another class.
///
/// Missing stores do not count; they fail later, with a condition. Every store is looked up in its own namespace ([B3]), and
/// a foreign object is left alone even while it is being deleted ([B4]).
fn is_foreign(seen: &Seen) -> bool {
    seen.stores.values().any(|store| match store {
        StoreSeen::Missing => false,
        StoreSeen::Present(facts) => !facts.is_of_class(&seen.settings.controller_class),
    })
}

/// Whether the object's own store is cluster-wide and such stores are switched off. Stores of single entries do not count.
fn is_switched_off(seen: &Seen) -> bool {
    let top = seen.object.spec.secret_store_ref.as_ref();
    let cluster_wide = top.is_some_and(|store| store.kind == Some(StoreRefKind::ClusterSecretStore));
    cluster_wide && !seen.settings.cluster_stores
}

/// One request per entry; the first entry that cannot be asked for is the fault.
fn requests(seen: &Seen) -> Result<Vec<Request>, Fault> {
    let object = &seen.object;
    let mut requests = Vec::new();
    for (index, entry) in object.spec.data_from.iter().flatten().enumerate() {
        let Some(extract) = &entry.extract else { continue };
        let store = usable_store(seen, entry.source_ref.as_ref()).map_err(|fault| map_fault(index, entry, &fault))?;
        requests.push(Request { store, locator: locator(extract, Shape::Map) });
    }
    for (index, entry) in object.spec.data.iter().flatten().enumerate() {
        let remote = &entry.remote_ref;
        let store =
            usable_store(seen, entry.source_ref.as_ref()).map_err(|fault| value_fault(index, remote, &fault))?;
        requests.push(Request { store, locator: locator(remote, Shape::Value) });
    }
    Ok(requests)
}

/// The store of an entry, provided that the object may use it now.
fn usable_store(seen: &Seen, source: Option<&SourceRef>) -> Result<StoreKey, Fault> {
    let named = source.and_then(|source| source.store_ref.as_ref()).or(seen.object.spec.secret_store_ref.as_ref());
    let Some(key) = named.and_then(store_key) else {
        return Err(Fault::new(
            FaultKind::Misconfigured,
            "no store is named. Set spec.secretStoreRef.name, or sourceRef.storeRef.name of this entry.",
        ));
    };
    let known = matches!(seen.stores.get(&key), Some(StoreSeen::Present(_)));
    if key.kind == StoreKind::ClusterSecretStore && !seen.settings.cluster_stores && !known {
        return Err(Fault::new(
            FaultKind::Misconfigured,
            "ClusterSecretStores are switched off by --enable-cluster-store-reconciler=false.",
        ));
    }
    match access(&key, seen.stores.get(&key), &Access::of(seen)) {
        Ok(()) => Ok(key),
        Err(fault) => Err(fault),
    }
}

fn locator(remote: &RemoteRef, shape: Shape) -> Locator {
    Locator {
        key: remote.key.clone(),
        version: remote.version.clone().unwrap_or_default(),
        property: remote.property.clone().unwrap_or_default(),
        metadata: remote.metadata_policy.unwrap_or_default(),
        shape,
    }
}

/// Says which entry of `dataFrom` failed, in ESO's words.
pub(super) fn map_fault(index: usize, entry: &DataFromEntry, fault: &Fault) -> Fault {
    let part = if entry.extract.is_some() { "extract" } else { "sourceRef" };
    at_entry(format!("spec.dataFrom[{index}].{part}"), fault)
}

/// Says which entry of `data` failed, in ESO's words.
pub(super) fn value_fault(index: usize, remote: &RemoteRef, fault: &Fault) -> Fault {
    at_entry(format!("spec.data[{index}] (key: {})", remote.key), fault)
}

fn at_entry(entry: String, fault: &Fault) -> Fault {
    let mut named = fault.clone();
    named.message = format!("error processing {entry}, err: {}", fault.public());
    named.field = None;
    named
}

/// Entries of `dataFrom` that a request was made for, with their index.
pub(super) fn extracts(object: &ExternalSecret) -> impl Iterator<Item = (usize, &DataFromEntry, &RemoteRef)> {
    let entries = object.spec.data_from.iter().flatten().enumerate();
    entries.filter_map(|(index, entry)| entry.extract.as_ref().map(|extract| (index, entry, extract)))
}
