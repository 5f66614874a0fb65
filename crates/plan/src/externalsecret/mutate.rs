//! What the Secret shall look like, given what it looks like.

use std::collections::BTreeMap;

use eso_core::condition::sync_message;
use eso_core::crd::CreationPolicy;
use eso_core::hash;
use eso_core::names;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::seen::{Seen, target_name};
use super::template::Content;
use crate::SecretObject;

/// Labels or annotations.
type Texts = BTreeMap<String, String>;

/// Why the Secret cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The condition's short message.
    pub short: &'static str,
    /// The whole sentence, for the event.
    pub full: String,
}

/// The Secret as it shall be. Pure; `existing` stays as it is.
///
/// Data is replaced as a whole; under Merge and `CreateOrMerge` keys stay that this object's field manager did not write. Labels and
/// annotations that it wrote earlier and that are gone from `content` are dropped; everybody else's are kept. With
/// `target.immutable` a Secret that exists keeps what it has.
pub(super) fn desired(seen: &Seen, existing: Option<&SecretObject>, content: Content) -> Result<SecretObject, Refusal> {
    let object = &seen.object;
    let immutable = object.spec.target.immutable == Some(true);
    let mut secret = existing.map(SecretObject::duplicate).unwrap_or_default();
    secret.metadata.name = Some(target_name(object).to_owned());
    secret.metadata.namespace = Some(seen.namespace().to_owned());
    if !immutable || existing.is_none() {
        fill(&mut secret, content, seen);
    }
    if immutable {
        secret.immutable = Some(true);
    }
    own(&mut secret, seen)?;
    let data_hash = hash::secret_map_hash(&secret.data);
    let labels = secret.metadata.labels.get_or_insert_default();
    labels.insert(names::MANAGED_LABEL.to_owned(), names::MANAGED_VALUE.to_owned());
    let annotations = secret.metadata.annotations.get_or_insert_default();
    annotations.insert(names::DATA_HASH_ANNOTATION.to_owned(), data_hash);
    Ok(secret)
}

fn fill(secret: &mut SecretObject, content: Content, seen: &Seen) {
    let mut data = std::mem::take(&mut secret.data);
    if shares(seen.object.spec.target.creation_policy) {
        let stale = secret.keys_owned_by(&names::secret_field_manager(seen.name()));
        data.retain(|key, _| !stale.contains(key));
        data.extend(content.data);
    } else {
        data = content.data;
    }
    secret.data = data;
    secret.type_ = content.type_.or(secret.type_.take());
    merge_metadata(secret, (content.labels, content.annotations), seen.name());
    add_finalizers(secret, content.finalizers);
}

/// Whether others may have keys of their own in the Secret.
fn shares(policy: CreationPolicy) -> bool {
    matches!(policy, CreationPolicy::Merge | CreationPolicy::CreateOrMerge)
}

/// Whether a Secret carries the managed label and data with the hash that its annotation declares.
pub(super) fn is_intact(secret: &SecretObject) -> bool {
    let declared = secret.metadata.annotations.as_ref().and_then(|all| all.get(names::DATA_HASH_ANNOTATION));
    let managed = secret.metadata.labels.as_ref().and_then(|all| all.get(names::MANAGED_LABEL));
    managed.is_some_and(|value| value == names::MANAGED_VALUE)
        && declared.is_some_and(|declared| *declared == hash::secret_map_hash(&secret.data))
}

/// Drops labels and annotations that we wrote, then adds these.
fn merge_metadata(secret: &mut SecretObject, (labels, annotations): (Texts, Texts), name: &str) {
    let manager = names::secret_field_manager(name);
    let stale = [secret.metadata_owned_by(&manager, "labels"), secret.metadata_owned_by(&manager, "annotations")];
    let parts = [(&mut secret.metadata.labels, labels), (&mut secret.metadata.annotations, annotations)];
    for ((ours, theirs), stale) in parts.into_iter().zip(stale) {
        let mut kept: Texts = ours.take().unwrap_or_default();
        kept.retain(|key, _| !stale.contains(key));
        kept.extend(theirs);
        *ours = Some(kept);
    }
}

/// Adds finalizers that are missing, but not to a Secret that is going away. None is ever taken off.
fn add_finalizers(secret: &mut SecretObject, finalizers: Vec<String>) {
    if finalizers.is_empty() || secret.metadata.deletion_timestamp.is_some() {
        return;
    }
    let there = secret.metadata.finalizers.get_or_insert_default();
    for finalizer in finalizers {
        if !there.contains(&finalizer) {
            there.push(finalizer);
        }
    }
}

/// Settles who owns the Secret.
pub(super) fn own(secret: &mut SecretObject, seen: &Seen) -> Result<(), Refusal> {
    let name = seen.name();
    let mine = |owner: &OwnerReference| is_of(owner, name);
    let secret_name = target_name(&seen.object).to_owned();
    match secret.controller() {
        Some(owner) if is_external_secret(owner) && owner.name != name => {
            return Err(Refusal {
                short: sync_message::OWNED,
                full: format!(
                    "unable to mutate secret {secret_name}: secret is owned by another ExternalSecret: {}. Give this one \
                     another spec.target.name, or delete the other.",
                    owner.name
                ),
            });
        }
        Some(owner) if !mine(owner) && seen.object.spec.target.creation_policy == CreationPolicy::Owner => {
            return Err(Refusal {
                short: sync_message::OWNERSHIP,
                full: format!(
                    "unable to mutate secret {secret_name}: it is controlled by {} \"{}\". Use another spec.target.name, \
                     or creationPolicy Merge to share the Secret.",
                    owner.kind, owner.name
                ),
            });
        }
        _ => {}
    }
    let labels = secret.metadata.labels.get_or_insert_default();
    let owners = secret.metadata.owner_references.get_or_insert_default();
    if seen.object.spec.target.creation_policy == CreationPolicy::Owner {
        let reference = controller_reference(seen);
        match owners.iter_mut().find(|owner| mine(owner)) {
            Some(owner) => *owner = reference,
            None => owners.push(reference),
        }
        labels.insert(names::CREATED_BY_LABEL.to_owned(), hash::owner_hash(seen.namespace(), name));
    } else {
        owners.retain(|owner| !(mine(owner) && owner.controller == Some(true)));
        labels.remove(names::CREATED_BY_LABEL);
    }
    Ok(())
}

fn controller_reference(seen: &Seen) -> OwnerReference {
    OwnerReference {
        api_version: names::API_VERSION.to_owned(),
        kind: "ExternalSecret".to_owned(),
        name: seen.name().to_owned(),
        uid: seen.uid().to_owned(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

/// Any version of the kind counts: an object may have been owned under an earlier one. The kind alone does not: other projects
/// have an `ExternalSecret` too.
fn is_external_secret(owner: &OwnerReference) -> bool {
    let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
    group == names::GROUP && owner.kind == "ExternalSecret"
}

/// An owner that is the `ExternalSecret` of this name.
pub(super) fn is_of(owner: &OwnerReference, name: &str) -> bool {
    is_external_secret(owner) && owner.name == name
}
