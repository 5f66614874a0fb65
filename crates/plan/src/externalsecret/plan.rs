//! What to write, given everything that was seen and fetched.

use std::sync::Arc;
use std::time::Duration;

use eso_core::condition::{SyncReason, event_reason, sync_message};
use eso_core::crd::{CreationPolicy, DeletionPolicy};
use eso_core::names;
use eso_core::provider::Payload;
use eso_core::{Fault, SecretMap};
use eso_template::Host;
use jiff::Timestamp;

use super::collect::collect;
use super::manifest::{self, AnyObject, ObjectKey};
use super::mutate::{Refusal, desired, is_of};
use super::refresh;
use super::seen::{Seen, TargetSeen, target_name};
use super::template::content;
use crate::requeue::{LONGEST_BACKOFF, Requeue, SHORTEST_WAIT};
use crate::{EventDraft, SecretObject};

/// What to write and what to say. A value: comparable, printable, and so specific that applying it leaves no choice.
#[derive(Debug, PartialEq)]
pub struct Plan {
    /// In order; applying stops at the first that fails.
    pub writes: Vec<Write>,
    /// What the status shall say once all writes went through.
    pub verdict: Verdict,
    /// Events that are due whether or not the writes go through.
    pub events: Vec<EventDraft>,
    /// When to look again once all writes went through.
    pub requeue: Requeue,
}

/// One write to the API server.
#[derive(Debug, PartialEq)]
pub enum Write {
    /// POST. Refused when a Secret of that name exists.
    CreateSecret {
        /// The Secret.
        secret: SecretObject,
    },
    /// PUT, on the UID and resource version that the Secret carries.
    ReplaceSecret {
        /// The Secret.
        secret: SecretObject,
    },
    /// DELETE, on this UID. A Secret that is gone already, or of another UID by now, counts as deleted: no conflict comes of it.
    DeleteSecret {
        /// Its name.
        name: String,
        /// Its UID.
        uid: String,
        /// Emitted once it is gone.
        event: EventDraft,
    },
    /// POST of an object of another kind.
    CreateObject {
        /// The object.
        object: AnyObject,
    },
    /// PUT, on the UID and resource version that the object carries.
    ReplaceObject {
        /// The object.
        object: AnyObject,
    },
    /// DELETE, as of a Secret.
    DeleteObject {
        /// Which.
        key: ObjectKey,
        /// Its UID.
        uid: String,
    },
    /// Removes our finalizer from the object, on its resource version.
    RemoveFinalizer {
        /// What stays.
        remaining: Vec<String>,
        /// The resource version that this was decided on.
        resource_version: String,
    },
}

/// What the status shall say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// What it says already.
    Unchanged,
    /// In step, as of [`Seen::now`].
    Synced {
        /// Reason of the condition.
        reason: SyncReason,
        /// Message of the condition.
        message: &'static str,
    },
    /// Not in step; the Secret is as it was.
    Failed {
        /// The short message that alerts match on.
        short: &'static str,
        /// The whole sentence.
        full: String,
    },
}

/// What became of a plan's writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// How many went through.
    pub applied: usize,
    /// What stopped the next one.
    pub failure: Option<ApiFailure>,
}

/// How the API server refused a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiFailure {
    /// Somebody else changed or created the object meanwhile.
    Conflict,
    /// A Secret of that name exists although none is managed: it has to be read first.
    Exists,
    /// Anything else, in the API server's own words about the object (it quotes no data of Secrets).
    Refused(String),
}

impl Plan {
    fn new(verdict: Verdict, requeue: Requeue) -> Self {
        Self { writes: Vec::new(), verdict, events: Vec::new(), requeue }
    }

    /// Nothing to do until the interval is over.
    pub(super) fn in_step(seen: &Seen) -> Self {
        let refreshed = seen.object.status.as_ref().and_then(|status| status.refresh_time.as_ref()).map(|time| time.0);
        Self::new(Verdict::Unchanged, refresh::next(&seen.object.spec, refreshed, seen.now))
    }

    /// Nothing to say yet; the controller looks again as soon as the store was checked, and after this time at the latest.
    pub(super) fn wait() -> Self {
        Self::new(Verdict::Unchanged, Requeue::After(Duration::from_secs(1)))
    }

    /// The store or the backend failed: try again, ever slower.
    pub(super) fn provider_failure(_: &Seen, fault: Fault) -> Self {
        let requeue = match fault.retry_after {
            // A wish for "at once" or for "next year" is granted within the bounds of the backoff.
            Some(wait) => Requeue::After(wait.clamp(SHORTEST_WAIT, LONGEST_BACKOFF)),
            None => Requeue::Backoff,
        };
        Self::failed(sync_message::PROVIDER, fault.public(), requeue)
    }

    /// The object itself is wrong; only an edit can help.
    pub(super) fn misconfigured(_: &Seen, fault: Fault) -> Self {
        Self::failed(sync_message::PROVIDER, fault.public(), Requeue::Never)
    }

    pub(super) fn failed(short: &'static str, full: String, requeue: Requeue) -> Self {
        let mut plan = Self::new(Verdict::Failed { short, full: full.clone() }, requeue);
        plan.events.push(EventDraft::warning(event_reason::UPDATE_FAILED, full));
        plan
    }

    pub(super) fn synced(seen: &Seen, reason: SyncReason, message: &'static str) -> Self {
        Self::new(Verdict::Synced { reason, message }, next_after_sync(seen, seen.now))
    }
}

fn next_after_sync(seen: &Seen, refreshed: Timestamp) -> Requeue {
    refresh::next(&seen.object.spec, Some(refreshed), seen.now)
}

/// What to write. `answers` are in the order of [`super::Fetch::requests`]; `seen.target` and `seen.sources` were read from the API
/// server. `host` is where templates get time and randomness.
pub fn plan(seen: &Seen, answers: Vec<Result<Payload, Fault>>, host: &mut dyn Host) -> Plan {
    let mut events = Vec::new();
    let mut plan = match collect(seen, answers, &mut events, host) {
        Ok(data) => plan_target(seen, data, host),
        Err(fault) => Plan::provider_failure(seen, fault),
    };
    plan.events.splice(0..0, events);
    plan
}

fn plan_target(seen: &Seen, data: SecretMap, host: &mut dyn Host) -> Plan {
    match &seen.object.spec.target.manifest {
        Some(manifest) => manifest::plan(seen, manifest, data, host),
        None if data.is_empty() => plan_empty(seen, host),
        None => plan_data(seen, data, host),
    }
}

/// The backend holds nothing.
fn plan_empty(seen: &Seen, host: &mut dyn Host) -> Plan {
    let target = &seen.object.spec.target;
    match target.deletion_policy {
        DeletionPolicy::Retain => Plan::synced(seen, SyncReason::SecretSynced, sync_message::RETAINED),
        DeletionPolicy::Merge => plan_data(seen, SecretMap::new(), host),
        DeletionPolicy::Delete if target.creation_policy != CreationPolicy::Owner => Plan::failed(
            sync_message::DELETE,
            format!(
                "unable to delete secret {}: creationPolicy={:?} is not Owner",
                target_name(&seen.object),
                target.creation_policy
            ),
            refresh::after_permanent_failure(&seen.object.spec),
        ),
        DeletionPolicy::Delete => plan_deletion(seen),
    }
}

fn plan_deletion(seen: &Seen) -> Plan {
    let mut plan = Plan::synced(seen, SyncReason::SecretDeleted, sync_message::DELETED);
    match &seen.target {
        TargetSeen::Absent => plan,
        // A Secret exists and nobody read whose it is: nothing may be said about it yet.
        TargetSeen::Indexed(_) => Plan::new(Verdict::Unchanged, Requeue::Now),
        TargetSeen::Read(secret) if controlled_by_name(secret, seen.name()) => {
            plan.writes.push(delete(secret, sync_message::DELETED));
            plan
        }
        // ESO deletes whatever bears the name. A Secret that is not ours stays.
        TargetSeen::Read(_) => Plan::failed(
            sync_message::DELETE,
            format!("unable to delete secret {}: this ExternalSecret does not own it", target_name(&seen.object)),
            refresh::after_permanent_failure(&seen.object.spec),
        ),
    }
}

fn plan_data(seen: &Seen, data: SecretMap, host: &mut dyn Host) -> Plan {
    match seen.object.spec.target.creation_policy {
        CreationPolicy::None => return Plan::synced(seen, SyncReason::SecretSynced, sync_message::SYNCED),
        CreationPolicy::Merge if !matches!(seen.target, TargetSeen::Read(_)) => {
            return Plan::synced(seen, SyncReason::SecretMissing, sync_message::MISSING);
        }
        _ => {}
    }
    let content = match content(seen, data, host) {
        Ok(content) => content,
        Err(fault) => {
            let full = format!("could not apply template: {}", fault.public());
            return Plan::failed(sync_message::UPDATE, full, Requeue::Backoff);
        }
    };
    let existing = match &seen.target {
        TargetSeen::Read(secret) => Some(Arc::clone(secret)),
        TargetSeen::Absent | TargetSeen::Indexed(_) => None,
    };
    let secret = match desired(seen, existing.as_deref(), content) {
        Ok(secret) => secret,
        Err(Refusal { short, full }) => {
            return Plan::failed(short, full, refresh::after_permanent_failure(&seen.object.spec));
        }
    };
    let mut plan = Plan::synced(seen, SyncReason::SecretSynced, sync_message::SYNCED);
    match existing {
        None => plan.writes.push(Write::CreateSecret { secret }),
        Some(existing) if existing.same_content(&secret) => {}
        Some(existing) if is_locked(&existing, &secret) => {
            return Plan::failed(
                sync_message::IMMUTABLE,
                format!(
                    "unable to update secret {}: it is immutable and its data would change. Delete the Secret to have it \
                     written anew.",
                    target_name(&seen.object)
                ),
                refresh::after_permanent_failure(&seen.object.spec),
            );
        }
        Some(_) => plan.writes.push(Write::ReplaceSecret { secret }),
    }
    // Last, so that the old Secret is there until the new one is. ESO deletes first.
    if seen.object.spec.target.creation_policy == CreationPolicy::Owner {
        plan.writes.extend(seen.strays.iter().map(|(name, uid)| Write::DeleteSecret {
            name: name.clone(),
            uid: uid.clone(),
            event: EventDraft::normal(event_reason::DELETED, "secret deleted because it was orphaned"),
        }));
    }
    plan
}

/// Whether the API server would refuse the change because the Secret is immutable.
fn is_locked(existing: &SecretObject, wanted: &SecretObject) -> bool {
    existing.immutable == Some(true) && existing.data != wanted.data
}

/// The object is being deleted: delete its Secret if the policy says so and it is ours, then let go of the object.
///
/// `seen.target` was read from the API server. Kubernetes itself collects Owner Secrets whatever the deletion policy.
pub fn finalize(seen: &Seen) -> Plan {
    let mut plan = Plan::new(Verdict::Unchanged, Requeue::Never);
    let metadata = &seen.object.metadata;
    let finalizers = metadata.finalizers.clone().unwrap_or_default();
    if !finalizers.iter().any(|finalizer| finalizer == names::EXTERNAL_SECRET_FINALIZER) {
        return plan;
    }
    if let TargetSeen::Read(secret) = &seen.target {
        let ours = secret.controller().is_some_and(|owner| owner.uid == seen.uid());
        if seen.object.spec.target.deletion_policy == DeletionPolicy::Delete && ours {
            plan.writes.push(delete(secret, "secret deleted because its ExternalSecret was"));
        }
    }
    plan.writes.push(Write::RemoveFinalizer {
        remaining: finalizers.into_iter().filter(|finalizer| finalizer != names::EXTERNAL_SECRET_FINALIZER).collect(),
        resource_version: metadata.resource_version.clone().unwrap_or_default(),
    });
    plan
}

fn delete(secret: &SecretObject, message: &str) -> Write {
    Write::DeleteSecret {
        name: secret.metadata.name.clone().unwrap_or_default(),
        uid: secret.metadata.uid.clone().unwrap_or_default(),
        event: EventDraft::normal(event_reason::DELETED, message),
    }
}

/// Controlled by an `ExternalSecret` of this name, of whatever UID: a recreated object takes over its predecessor's Secret.
fn controlled_by_name(secret: &SecretObject, name: &str) -> bool {
    secret.controller().is_some_and(|owner| is_of(owner, name))
}
