//! Targets of another kind than Secret (`spec.target.manifest`), behind `--unsafe-allow-generic-targets`.
//!
//! What ESO does on this path and we do otherwise: an object that is there keeps its metadata and is not taken from another owner
//! ([B15]), texts are rendered once ([B14]), only what is ours is deleted ([B10]), an object with neither `spec` nor `data` has a
//! condition ([B12]), and what is in step is not written.

mod content;
mod object;
mod paths;

use std::sync::Arc;

use eso_core::SecretMap;
use eso_core::condition::{SyncReason, event_reason, sync_message};
use eso_core::crd::{CreationPolicy, DeletionPolicy, ExternalSecret, TargetManifest};
use eso_core::names;
use eso_template::Host;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

pub use object::{AnyObject, ObjectKey};

use super::mutate::{Refusal, is_of, own};
use super::plan::{Plan, Write};
use super::refresh;
use super::seen::{Seen, target_name};
use crate::{EventDraft, Requeue, SecretObject};

/// What is known of the object.
#[derive(Debug, Clone, Default)]
pub enum ManifestSeen {
    /// The target is a Secret, or the object is none of our business.
    #[default]
    Unread,
    /// There is none.
    Absent,
    /// It was read from the API server.
    Read(Arc<AnyObject>),
    /// It could not be read; why, in a sentence.
    Unreadable(String),
}

/// The object that `object` writes to, if that is to be read: its target is no Secret, and it is made or changed.
pub fn manifest_key(object: &ExternalSecret) -> Option<ObjectKey> {
    let target = &object.spec.target;
    let manifest = target.manifest.as_ref()?;
    let name = target_name(object).to_owned();
    let (api_version, kind) = (manifest.api_version.clone(), manifest.kind.clone());
    (target.creation_policy != CreationPolicy::None).then_some(ObjectKey { api_version, kind, name })
}

/// Why the target cannot be acted on at all.
pub(super) fn invalid(seen: &Seen) -> Option<Plan> {
    let manifest = seen.object.spec.target.manifest.as_ref()?;
    let why = if !seen.settings.generic_targets {
        "targets of other kinds than Secret are switched off. Start the controller with --unsafe-allow-generic-targets, and give \
         it the rights for this kind."
    } else if manifest.api_version.is_empty() || manifest.kind.is_empty() {
        "spec.target.manifest needs apiVersion and kind."
    } else if let ManifestSeen::Unreadable(why) = &seen.manifest {
        return Some(Plan::failed(sync_message::RESOURCE_READ, why.clone(), Requeue::Backoff));
    } else {
        return None;
    };
    Some(Plan::failed(sync_message::MANIFEST, format!("{}: {why}", sync_message::MANIFEST), Requeue::Never))
}

/// Whether the object is as it was left; `None` where nothing was read.
pub(super) fn is_intact(seen: &Seen) -> Option<bool> {
    match &seen.manifest {
        ManifestSeen::Read(object) => Some(object.is_intact()),
        ManifestSeen::Absent => Some(false),
        ManifestSeen::Unread | ManifestSeen::Unreadable(_) => None,
    }
}

/// What to write, given what the backend holds.
pub(super) fn plan(seen: &Seen, manifest: &TargetManifest, data: SecretMap, host: &mut dyn Host) -> Plan {
    let target = &seen.object.spec.target;
    if !data.is_empty() {
        return write(seen, manifest, data, host);
    }
    match target.deletion_policy {
        DeletionPolicy::Retain => Plan::synced(seen, SyncReason::ResourceSynced, sync_message::RETAINED),
        DeletionPolicy::Merge => write(seen, manifest, data, host),
        DeletionPolicy::Delete => delete(seen, manifest),
    }
}

fn delete(seen: &Seen, manifest: &TargetManifest) -> Plan {
    let target = &seen.object.spec.target;
    let refused = |why: &str| {
        let full = format!("unable to delete {} {}: {why}", manifest.kind, target_name(&seen.object));
        Plan::failed(sync_message::RESOURCE_DELETE, full, refresh::after_permanent_failure(&seen.object.spec))
    };
    if target.creation_policy != CreationPolicy::Owner {
        return refused(&format!("creationPolicy={:?} is not Owner", target.creation_policy));
    }
    let mut plan = Plan::synced(seen, SyncReason::ResourceDeleted, sync_message::DELETED);
    if let ManifestSeen::Read(object) = &seen.manifest {
        if !object.controller().is_some_and(|owner| is_of(&owner, seen.name())) {
            return refused("this ExternalSecret does not own it");
        }
        plan.writes.push(Write::DeleteObject { key: object.key(), uid: object.text("/metadata/uid").to_owned() });
    }
    plan
}

fn write(seen: &Seen, manifest: &TargetManifest, data: SecretMap, host: &mut dyn Host) -> Plan {
    let existing = match &seen.manifest {
        ManifestSeen::Read(object) => Some(object.as_ref()),
        _ => None,
    };
    match seen.object.spec.target.creation_policy {
        CreationPolicy::None => return Plan::synced(seen, SyncReason::ResourceSynced, sync_message::SYNCED),
        CreationPolicy::Merge if existing.is_none() => {
            return Plan::synced(seen, SyncReason::ResourceMissing, sync_message::RESOURCE_MISSING);
        }
        _ => {}
    }
    let not_applied = |why: String| Plan::failed(sync_message::RESOURCE_TEMPLATE, why, Requeue::Backoff);
    let object = match content::content(seen, manifest, existing, data, host) {
        Ok(object) => object,
        Err(fault) => return not_applied(fault.public()),
    };
    let Some(content_hash) = object::content_hash(&object) else {
        return not_applied("the object has neither spec nor data; aim a template at one of them".to_owned());
    };
    let object = match marked(seen, object, content_hash) {
        Ok(object) => object,
        Err(Refusal { short, full }) => {
            return Plan::failed(short, full, refresh::after_permanent_failure(&seen.object.spec));
        }
    };
    let mut plan = Plan::synced(seen, SyncReason::ResourceSynced, sync_message::SYNCED);
    match existing {
        None => plan.writes.push(Write::CreateObject { object }),
        Some(existing) if is_in_step(existing, &object) => {}
        Some(_) => plan.writes.push(Write::ReplaceObject { object }),
    }
    plan
}

/// Puts on what says whose it is.
fn marked(seen: &Seen, mut object: Value, content_hash: String) -> Result<AnyObject, Refusal> {
    let refused = |why: String| Refusal { short: sync_message::RESOURCE_TEMPLATE, full: why };
    let metadata = object.get("metadata").cloned().unwrap_or_default();
    let metadata: ObjectMeta =
        serde_json::from_value(metadata).map_err(|error| refused(format!("metadata cannot be read: {error}")))?;
    // Only the metadata counts for whose it is.
    let mut owned = SecretObject { metadata, ..SecretObject::default() };
    own(&mut owned, seen)?;
    let metadata = &mut owned.metadata;
    let label = (names::MANAGED_LABEL.to_owned(), names::MANAGED_VALUE.to_owned());
    metadata.labels.get_or_insert_default().extend([label]);
    metadata.annotations.get_or_insert_default().extend([(names::DATA_HASH_ANNOTATION.to_owned(), content_hash)]);
    if let Some(fields) = object.as_object_mut() {
        fields.insert("metadata".to_owned(), json!(metadata));
    }
    Ok(AnyObject(object))
}

/// Whether writing would change nothing. The server adds defaults to `spec`, so that more may stand there than we wrote.
fn is_in_step(existing: &AnyObject, wanted: &AnyObject) -> bool {
    let same = |pointer: &str| {
        let empty = |value: Option<&Value>| {
            value.filter(|value| !value.is_null() && **value != json!({}) && **value != json!([])).cloned()
        };
        empty(existing.0.pointer(pointer)) == empty(wanted.0.pointer(pointer))
    };
    let fields = wanted.0.as_object().into_iter().flatten();
    let content = fields.filter(|(name, _)| !matches!(name.as_str(), "metadata" | "status"));
    let metadata = ["labels", "annotations", "ownerReferences", "finalizers"];
    metadata.iter().all(|part| same(&format!("/metadata/{part}")))
        && content.into_iter().all(|(name, value)| match name.as_str() {
            "spec" => existing.0.get(name).is_some_and(|there| covers(there, value)),
            _ => same(&format!("/{name}")),
        })
}

/// Whether everything of `wanted` stands in `there`.
fn covers(there: &Value, wanted: &Value) -> bool {
    match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| there.get(key).is_some_and(|there| covers(there, value)))
        }
        (Value::Array(there), Value::Array(wanted)) => {
            there.len() == wanted.len() && there.iter().zip(wanted).all(|(there, wanted)| covers(there, wanted))
        }
        (there, wanted) => there == wanted,
    }
}

/// Text of the event about a write.
fn event(reason: &'static str, object: (&str, &str)) -> EventDraft {
    EventDraft::normal(reason, format!("{reason} {} {}", object.0, object.1))
}

/// The event about a write to an object of another kind.
pub(super) fn event_of(write: &Write) -> Option<EventDraft> {
    match write {
        Write::CreateObject { object } => {
            Some(event(event_reason::CREATED, (object.text("/kind"), object.text("/metadata/name"))))
        }
        Write::ReplaceObject { object } => {
            Some(event(event_reason::UPDATED, (object.text("/kind"), object.text("/metadata/name"))))
        }
        Write::DeleteObject { key, .. } => Some(event(event_reason::DELETED, (&key.kind, &key.name))),
        _ => None,
    }
}
