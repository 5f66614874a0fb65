//! The invariants of a plan, stated independently of the planner.

use std::collections::BTreeSet;

use eso_core::names;
use eso_core::{SecretMap, hash};

use super::plan::{Plan, Verdict, Write};
use super::seen::{Seen, TargetSeen, target_name};
use crate::{Requeue, SecretObject};

/// Every invariant that `plan` breaks, as sentences. Tests run it over generated inputs; there must never be one.
pub fn audit(seen: &Seen, plan: &Plan) -> Vec<String> {
    let mut broken = Vec::new();
    let mut touched = BTreeSet::new();
    for write in &plan.writes {
        if let Some(name) = secret_name(write) {
            if !touched.insert(name.to_owned()) {
                broken.push(format!("Secret {name} is written twice"));
            }
        }
        broken.extend(match write {
            Write::CreateSecret { secret } => audit_written(seen, secret),
            Write::ReplaceSecret { secret } => [audit_written(seen, secret), audit_replaced(seen, secret)].concat(),
            Write::DeleteSecret { name, uid, .. } => audit_deleted(seen, name, uid),
            Write::RemoveFinalizer { .. } => audit_let_go(seen),
        });
    }
    if matches!(plan.verdict, Verdict::Failed { .. }) && !plan.writes.is_empty() {
        broken.push("a failure writes".to_owned());
    }
    if matches!(plan.requeue, Requeue::After(wait) if wait.is_zero()) {
        broken.push("the next look is due at once, for ever".to_owned());
    }
    broken.extend(audit_secrecy(seen, plan));
    broken
}

fn secret_name(write: &Write) -> Option<&str> {
    match write {
        Write::CreateSecret { secret } | Write::ReplaceSecret { secret } => secret.metadata.name.as_deref(),
        Write::DeleteSecret { name, .. } => Some(name),
        Write::RemoveFinalizer { .. } => None,
    }
}

fn audit_written(seen: &Seen, secret: &SecretObject) -> Vec<String> {
    let metadata = &secret.metadata;
    let mut broken = Vec::new();
    if metadata.name.as_deref() != Some(target_name(&seen.object)) || metadata.namespace != seen.object.metadata.namespace {
        broken.push("a Secret is written that is not the target".to_owned());
    }
    if seen.object.metadata.deletion_timestamp.is_some() {
        broken.push("a Secret is written for an object that is being deleted".to_owned());
    }
    let declared = metadata.annotations.as_ref().and_then(|all| all.get(names::DATA_HASH_ANNOTATION));
    if declared != Some(&hash::secret_map_hash(&secret.data)) {
        broken.push("the data hash does not match the data".to_owned());
    }
    if metadata.labels.as_ref().and_then(|all| all.get(names::MANAGED_LABEL)).map(String::as_str) != Some("true") {
        broken.push("the managed label is missing".to_owned());
    }
    if metadata.owner_references.iter().flatten().filter(|owner| owner.controller == Some(true)).count() > 1 {
        broken.push("two owners control one Secret".to_owned());
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
    if existing.controller().is_some_and(|owner| owner.kind == "ExternalSecret" && owner.name != seen.name()) {
        broken.push("another ExternalSecret's Secret is taken over".to_owned());
    }
    if existing.immutable == Some(true) && existing.data != secret.data {
        broken.push("an immutable Secret's data is changed".to_owned());
    }
    broken
}

fn audit_deleted(seen: &Seen, name: &str, uid: &str) -> Vec<String> {
    if uid.is_empty() {
        return vec![format!("Secret {name} is deleted without naming its UID")];
    }
    let stray = seen.strays.iter().any(|(stray, stray_uid)| stray == name && stray_uid == uid);
    let target = match &seen.target {
        TargetSeen::Read(secret) => {
            let controller = secret.controller().filter(|owner| owner.kind == "ExternalSecret");
            secret.metadata.name.as_deref() == Some(name)
                && secret.metadata.uid.as_deref() == Some(uid)
                && controller.is_some_and(|owner| owner.name == seen.name())
        }
        TargetSeen::Absent | TargetSeen::Indexed(_) => false,
    };
    if stray && name == target_name(&seen.object) {
        return vec![format!("Secret {name} is the target and deleted as a stray")];
    }
    if stray || target { Vec::new() } else { vec![format!("Secret {name} is deleted although it is not ours")] }
}

fn audit_let_go(seen: &Seen) -> Vec<String> {
    match seen.object.metadata.deletion_timestamp {
        Some(_) => Vec::new(),
        None => vec!["the finalizer is removed from an object that is not being deleted".to_owned()],
    }
}

/// No value of a written Secret stands in an event or in the status. Short values are left out: they occur by chance.
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
    let written = plan.writes.iter().filter_map(|write| match write {
        Write::CreateSecret { secret } | Write::ReplaceSecret { secret } => Some(&secret.data),
        Write::DeleteSecret { .. } | Write::RemoveFinalizer { .. } => None,
    });
    let values = written.chain([existing]).flat_map(SecretMap::values);
    values
        .filter_map(|value| value.expose_str().filter(|value| value.len() >= TOO_SHORT))
        .filter(|value| texts.iter().any(|text| text.contains(value)))
        .map(|_| "a secret value stands in an event or in the status".to_owned())
        .collect()
}
