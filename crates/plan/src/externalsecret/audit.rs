//! The invariants of a plan, stated independently of the planner.

use std::collections::BTreeSet;
use std::time::Duration;

use eso_core::condition::SyncReason;
use eso_core::crd::{CreationPolicy, DeletionPolicy};
use eso_core::names;
use eso_core::{SecretMap, hash};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::manifest::{AnyObject, ManifestSeen, ObjectKey};
use super::plan::{Plan, Verdict, Write};
use super::refresh::interval;
use super::seen::{Seen, TargetSeen, target_name};
use crate::requeue::{DEFAULT_INTERVAL, LONGEST_BACKOFF};
use crate::{Requeue, SecretObject};

/// Every invariant that `plan` breaks, as sentences. Tests run it over generated inputs; there must never be one.
pub fn audit(seen: &Seen, plan: &Plan) -> Vec<String> {
    let mut broken = Vec::new();
    let mut touched = BTreeSet::new();
    for write in &plan.writes {
        if let Some(name) = secret_name(write)
            && !touched.insert(name.to_owned())
        {
            broken.push(format!("Secret {name} is written twice"));
        }
        broken.extend(match write {
            Write::CreateSecret { secret } => audit_written(seen, secret),
            Write::ReplaceSecret { secret } => [audit_written(seen, secret), audit_replaced(seen, secret)].concat(),
            Write::DeleteSecret { name, uid, .. } => audit_deleted(seen, name, uid),
            Write::CreateObject { object } => audit_object(seen, object),
            Write::ReplaceObject { object } => {
                [audit_object(seen, object), audit_object_replaced(seen, object)].concat()
            }
            Write::DeleteObject { key, uid } => audit_object_deleted(seen, key, uid),
            Write::RemoveFinalizer { remaining, resource_version } => audit_let_go(seen, remaining, resource_version),
        });
    }
    if matches!(plan.verdict, Verdict::Failed { .. }) && !plan.writes.is_empty() {
        broken.push("a failure writes".to_owned());
    }
    broken.extend(audit_claim(seen, plan));
    broken.extend(audit_requeue(seen, plan.requeue));
    broken.extend(audit_secrecy(seen, plan));
    broken
}

fn secret_name(write: &Write) -> Option<&str> {
    match write {
        Write::CreateSecret { secret } | Write::ReplaceSecret { secret } => secret.metadata.name.as_deref(),
        Write::DeleteSecret { name, .. } => Some(name),
        // Another kind, of which a plan writes one.
        Write::CreateObject { .. }
        | Write::ReplaceObject { .. }
        | Write::DeleteObject { .. }
        | Write::RemoveFinalizer { .. } => None,
    }
}

fn audit_written(seen: &Seen, secret: &SecretObject) -> Vec<String> {
    let metadata = &secret.metadata;
    let label = |key: &str| metadata.labels.as_ref().and_then(|all| all.get(key)).map(String::as_str);
    let mut broken = Vec::new();
    if metadata.name.as_deref() != Some(target_name(&seen.object))
        || metadata.namespace != seen.object.metadata.namespace
    {
        broken.push("a Secret is written that is not the target".to_owned());
    }
    if seen.object.metadata.deletion_timestamp.is_some() {
        broken.push("a Secret is written for an object that is being deleted".to_owned());
    }
    let declared = metadata.annotations.as_ref().and_then(|all| all.get(names::DATA_HASH_ANNOTATION));
    if declared != Some(&hash::secret_map_hash(&secret.data)) {
        broken.push("the data hash does not match the data".to_owned());
    }
    if label(names::MANAGED_LABEL) != Some("true") {
        broken.push("the managed label is missing".to_owned());
    }
    let controllers: Vec<_> =
        metadata.owner_references.iter().flatten().filter(|owner| owner.controller == Some(true)).collect();
    if controllers.len() > 1 {
        broken.push("two owners control one Secret".to_owned());
    }
    let owned = controllers.iter().any(|owner| is_named_after(owner, seen) && owner.uid == seen.uid());
    let labelled = label(names::CREATED_BY_LABEL) == Some(&hash::owner_hash(seen.namespace(), seen.name()));
    match seen.object.spec.target.creation_policy {
        CreationPolicy::None => broken.push("a Secret is written although creationPolicy is None".to_owned()),
        CreationPolicy::Merge if !matches!(seen.target, TargetSeen::Read(_)) => {
            broken.push("a Secret is created although creationPolicy is Merge".to_owned());
        }
        CreationPolicy::Owner if !(owned && labelled) => {
            broken.push("creationPolicy is Owner and the Secret is not owned".to_owned());
        }
        CreationPolicy::Orphan | CreationPolicy::Merge | CreationPolicy::CreateOrMerge if owned || labelled => {
            broken.push("the Secret is owned although creationPolicy is not Owner".to_owned());
        }
        _ => {}
    }
    broken
}

fn audit_replaced(seen: &Seen, secret: &SecretObject) -> Vec<String> {
    let mut broken = Vec::new();
    let TargetSeen::Read(existing) = &seen.target else {
        return vec!["a Secret is replaced that was not read".to_owned()];
    };
    if secret.metadata.uid.is_none()
        || secret.metadata.uid != existing.metadata.uid
        || secret.metadata.resource_version != existing.metadata.resource_version
    {
        broken.push("a Secret is replaced without the preconditions of what was read".to_owned());
    }
    if existing.controller().is_some_and(|owner| is_of_our_kind(owner) && !is_named_after(owner, seen)) {
        broken.push("another ExternalSecret's Secret is taken over".to_owned());
    }
    let shared =
        matches!(seen.object.spec.target.creation_policy, CreationPolicy::Merge | CreationPolicy::CreateOrMerge);
    let stale = existing.keys_owned_by(&names::secret_field_manager(seen.name()));
    if shared && existing.data.keys().any(|key| !stale.contains(key) && !secret.data.contains_key(key)) {
        broken.push("a key of somebody else is dropped from a shared Secret".to_owned());
    }
    if (existing.immutable == Some(true) || seen.object.spec.target.immutable == Some(true))
        && existing.data != secret.data
    {
        broken.push("an immutable Secret's data is changed".to_owned());
    }
    broken
}

fn audit_object(seen: &Seen, object: &AnyObject) -> Vec<String> {
    let mut broken = Vec::new();
    let target = &seen.object.spec.target;
    if !seen.settings.generic_targets {
        broken.push("an object of another kind is written although that is switched off".to_owned());
    }
    let named = target.manifest.as_ref().is_some_and(|manifest| {
        (object.text("/apiVersion"), object.text("/kind")) == (&*manifest.api_version, &*manifest.kind)
    });
    let ours = object.text("/metadata/name") == target_name(&seen.object)
        && object.text("/metadata/namespace") == seen.namespace();
    if !named || !ours {
        broken.push("an object is written that is not the target".to_owned());
    }
    let owned = object.controller().is_some_and(|owner| is_named_after(&owner, seen) && owner.uid == seen.uid());
    if owned != (target.creation_policy == CreationPolicy::Owner) {
        broken.push("an object is owned against its creationPolicy".to_owned());
    }
    if matches!(target.creation_policy, CreationPolicy::None) {
        broken.push("an object is written although creationPolicy is None".to_owned());
    }
    broken
}

fn audit_object_replaced(seen: &Seen, object: &AnyObject) -> Vec<String> {
    let ManifestSeen::Read(existing) = &seen.manifest else {
        return vec!["an object is replaced that was not read".to_owned()];
    };
    let mut broken = Vec::new();
    let kept = |pointer: &str| !object.text(pointer).is_empty() && object.text(pointer) == existing.text(pointer);
    if !kept("/metadata/uid") || !kept("/metadata/resourceVersion") {
        broken.push("an object is replaced without the preconditions of what was read".to_owned());
    }
    if existing.controller().is_some_and(|owner| is_of_our_kind(&owner) && !is_named_after(&owner, seen)) {
        broken.push("another ExternalSecret's object is taken over".to_owned());
    }
    broken
}

fn audit_object_deleted(seen: &Seen, key: &ObjectKey, uid: &str) -> Vec<String> {
    let ours = match &seen.manifest {
        ManifestSeen::Read(object) => {
            object.text("/metadata/uid") == uid && object.controller().is_some_and(|owner| is_named_after(&owner, seen))
        }
        _ => false,
    };
    if ours && key.name == target_name(&seen.object) {
        Vec::new()
    } else {
        vec![format!("{} {} is deleted although it is not ours", key.kind, key.name)]
    }
}

fn audit_deleted(seen: &Seen, name: &str, uid: &str) -> Vec<String> {
    if uid.is_empty() {
        return vec![format!("Secret {name} is deleted without naming its UID")];
    }
    let target = &seen.object.spec.target;
    if name != target_name(&seen.object) {
        let stray = seen.strays.iter().any(|(stray, stray_uid)| stray == name && stray_uid == uid);
        return if stray && target.creation_policy == CreationPolicy::Owner {
            Vec::new()
        } else {
            vec![format!("Secret {name} is deleted although it is not ours")]
        };
    }
    let mut broken = Vec::new();
    let ours = match &seen.target {
        TargetSeen::Read(secret) => {
            let successor = seen.object.metadata.deletion_timestamp.is_none();
            secret.metadata.uid.as_deref() == Some(uid)
                && secret
                    .controller()
                    .is_some_and(|owner| is_named_after(owner, seen) && (successor || owner.uid == seen.uid()))
        }
        TargetSeen::Absent | TargetSeen::Indexed(_) => false,
    };
    if !ours {
        broken.push(format!("Secret {name} is deleted although it is not ours"));
    }
    if target.deletion_policy != DeletionPolicy::Delete {
        broken.push(format!("Secret {name} is deleted although deletionPolicy is not Delete"));
    }
    broken
}

fn audit_let_go(seen: &Seen, remaining: &[String], resource_version: &str) -> Vec<String> {
    let metadata = &seen.object.metadata;
    let mut broken = Vec::new();
    if metadata.deletion_timestamp.is_none() {
        broken.push("the finalizer is removed from an object that is not being deleted".to_owned());
    }
    let others = metadata.finalizers.iter().flatten().filter(|it| *it != names::EXTERNAL_SECRET_FINALIZER);
    if !others.eq(remaining) {
        broken.push("another finalizer than ours is removed".to_owned());
    }
    if metadata.resource_version.as_deref() != Some(resource_version) {
        broken.push("the finalizer is removed without the precondition of what was read".to_owned());
    }
    broken
}

/// "Deleted" is only said of a Secret that is absent or that the plan deletes.
fn audit_claim(seen: &Seen, plan: &Plan) -> Option<String> {
    let claimed = matches!(plan.verdict, Verdict::Synced { reason: SyncReason::SecretDeleted, .. });
    let deletes = plan
        .writes
        .iter()
        .any(|write| matches!(write, Write::DeleteSecret { name, .. } if name == target_name(&seen.object)));
    let gone = deletes || matches!(seen.target, TargetSeen::Absent);
    (claimed && !gone).then(|| "the Secret is said to be deleted and is not".to_owned())
}

/// Nothing is looked at in a tight loop, and nothing later than its interval and the longest backoff.
fn audit_requeue(seen: &Seen, requeue: Requeue) -> Option<String> {
    const MARGIN: Duration = Duration::from_secs(2);
    let Requeue::After(wait) = requeue else { return None };
    let interval = interval(&seen.object.spec).ok().flatten().unwrap_or(DEFAULT_INTERVAL);
    if wait.is_zero() {
        Some("the next look is due at once, for ever".to_owned())
    } else if wait > interval.max(LONGEST_BACKOFF).saturating_add(MARGIN) {
        Some("the next look is later than interval and backoff allow".to_owned())
    } else {
        None
    }
}

/// No value of a Secret stands in an event or in the status. Short values are left out: they occur by chance.
fn audit_secrecy(seen: &Seen, plan: &Plan) -> Vec<String> {
    const TOO_SHORT: usize = 8;
    let mut texts: Vec<&str> = plan.events.iter().map(|event| event.message.as_str()).collect();
    if let Verdict::Failed { full, .. } = &plan.verdict {
        texts.push(full);
    }
    let none = SecretMap::new();
    let existing = match &seen.target {
        TargetSeen::Read(secret) => &secret.data,
        TargetSeen::Absent | TargetSeen::Indexed(_) => &none,
    };
    let mut values: Vec<&SecretMap> = vec![existing];
    for write in &plan.writes {
        match write {
            Write::CreateSecret { secret } | Write::ReplaceSecret { secret } => values.push(&secret.data),
            Write::DeleteSecret { event, .. } => texts.push(&event.message),
            Write::CreateObject { .. }
            | Write::ReplaceObject { .. }
            | Write::DeleteObject { .. }
            | Write::RemoveFinalizer { .. } => {}
        }
    }
    let values = values.into_iter().flat_map(SecretMap::values);
    values
        .filter_map(|value| value.expose_str().filter(|value| value.len() >= TOO_SHORT))
        .filter(|value| texts.iter().any(|text| text.contains(value)))
        .map(|_| "a secret value stands in an event or in the status".to_owned())
        .collect()
}

fn is_of_our_kind(owner: &OwnerReference) -> bool {
    owner.kind == "ExternalSecret" && owner.api_version.starts_with("external-secrets.io/")
}

fn is_named_after(owner: &OwnerReference, seen: &Seen) -> bool {
    is_of_our_kind(owner) && owner.name == seen.name()
}
