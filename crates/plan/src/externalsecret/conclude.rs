//! What to report once a plan's writes went through, or did not.

use eso_core::condition::{READY, SyncReason, event_reason, sync_message};
use eso_core::crd::{Condition, CreationPolicy, ExternalSecretStatus, Time};
use eso_core::names;

use super::manifest;
use super::plan::{ApiFailure, Outcome, Plan, Verdict, Write};
use super::seen::{Seen, target_name};
use crate::text::with_reason;
use crate::{EventDraft, Requeue};

/// What to report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    /// The new status; `None` when it says so already.
    pub status: Option<ExternalSecretStatus>,
    /// Events to emit, in order.
    pub events: Vec<EventDraft>,
    /// When to look again.
    pub requeue: Requeue,
    /// Whether this counts as a failure in the metrics.
    pub failed: bool,
}

impl Conclusion {
    /// Whether the object is reported to be in step as of now.
    pub fn says_synced(&self) -> bool {
        !self.failed && self.status.is_some()
    }
}

/// What to report. Pure: the same plan and outcome always read the same.
pub fn conclude(seen: &Seen, plan: &Plan, outcome: &Outcome) -> Conclusion {
    let mut events: Vec<EventDraft> = plan.events.clone();
    events.extend(plan.writes.iter().take(outcome.applied).filter_map(event_of));
    let status = seen.object.status.clone().unwrap_or_default();
    let bound = bind(status, seen, plan, outcome);
    match &outcome.failure {
        None => {
            let failed = matches!(plan.verdict, Verdict::Failed { .. });
            let status = with_verdict(bound, seen, &plan.verdict);
            Conclusion { status: changed(seen, status), events, requeue: plan.requeue, failed }
        }
        // Somebody was faster: look again, say nothing.
        Some(ApiFailure::Exists | ApiFailure::Conflict) => {
            Conclusion { status: None, events, requeue: Requeue::Now, failed: false }
        }
        Some(ApiFailure::Refused(why)) => {
            let (short, full) = refused(seen, plan.writes.get(outcome.applied), why);
            events.push(EventDraft::warning(event_reason::UPDATE_FAILED, full.clone()));
            let status = with_verdict(bound, seen, &Verdict::Failed { short, full });
            Conclusion { status: changed(seen, status), events, requeue: Requeue::Backoff, failed: true }
        }
    }
}

fn refused(seen: &Seen, write: Option<&Write>, why: &str) -> (&'static str, String) {
    match write {
        Some(Write::DeleteSecret { name, .. }) if name != target_name(&seen.object) => {
            (sync_message::ORPHANS, format!("unable to delete secret {name}: {why}"))
        }
        Some(Write::DeleteSecret { name, .. }) => {
            (sync_message::DELETE, format!("unable to delete secret {name}: {why}"))
        }
        Some(Write::RemoveFinalizer { .. }) => (
            sync_message::DELETE,
            format!("unable to remove the finalizer {}: {why}", names::EXTERNAL_SECRET_FINALIZER),
        ),
        Some(Write::DeleteObject { key, .. }) => {
            (sync_message::RESOURCE_DELETE, format!("unable to delete {} {}: {why}", key.kind, key.name))
        }
        Some(Write::CreateObject { object } | Write::ReplaceObject { object }) => {
            let (kind, name) = (object.text("/kind"), object.text("/metadata/name"));
            (sync_message::UPDATE, format!("unable to write {kind} {name}: {why}"))
        }
        _ => (sync_message::UPDATE, format!("unable to write secret {}: {why}", target_name(&seen.object))),
    }
}

fn event_of(write: &Write) -> Option<EventDraft> {
    match write {
        Write::CreateSecret { .. } => Some(EventDraft::normal(event_reason::CREATED, "secret created")),
        Write::ReplaceSecret { .. } => Some(EventDraft::normal(event_reason::UPDATED, "secret updated")),
        Write::DeleteSecret { event, .. } => Some(event.clone()),
        Write::CreateObject { .. } | Write::ReplaceObject { .. } | Write::DeleteObject { .. } => {
            manifest::event_of(write)
        }
        Write::RemoveFinalizer { .. } => None,
    }
}

/// Names the Secret in the status as soon as one was created, or found where it was to be updated, even if that then failed.
fn bind(mut status: ExternalSecretStatus, seen: &Seen, plan: &Plan, outcome: &Outcome) -> ExternalSecretStatus {
    let mut written = plan.writes.iter().take(outcome.applied);
    let wrote = written.any(|write| matches!(write, Write::CreateSecret { .. } | Write::ReplaceSecret { .. }));
    let refused =
        outcome.failure.is_some() && matches!(plan.writes.get(outcome.applied), Some(Write::ReplaceSecret { .. }));
    let found = match &plan.verdict {
        Verdict::Synced { reason: SyncReason::SecretSynced, message: sync_message::SYNCED } => {
            outcome.failure.is_none() && seen.object.spec.target.creation_policy != CreationPolicy::None
        }
        Verdict::Failed { short: sync_message::OWNED | sync_message::OWNERSHIP | sync_message::IMMUTABLE, .. } => {
            seen.object.spec.target.manifest.is_none()
        }
        _ => false,
    };
    if wrote || refused || found {
        target_name(&seen.object).clone_into(&mut status.binding.name);
    }
    status
}

fn with_verdict(mut status: ExternalSecretStatus, seen: &Seen, verdict: &Verdict) -> ExternalSecretStatus {
    let (reason, message) = match verdict {
        Verdict::Unchanged => return status,
        Verdict::Synced { reason, message } => {
            status.refresh_time = Some(Time(whole_seconds(seen.now)));
            status.synced_resource_version = Some(seen.version());
            (*reason, (*message).to_owned())
        }
        Verdict::Failed { short, full } => (error_reason(seen, short), with_reason(short, full)),
    };
    set_ready(&mut status.conditions, reason.is_ready(), reason.as_str(), message, seen.now);
    status
}

fn error_reason(seen: &Seen, short: &str) -> SyncReason {
    if seen.object.spec.target.manifest.is_some() && short != sync_message::MANIFEST {
        SyncReason::ResourceSyncedError
    } else {
        SyncReason::SecretSyncedError
    }
}

/// Sets the Ready condition. Its time changes only when its status flips; an identical one stays where it is, else it moves last.
pub(crate) fn set_ready(
    conditions: &mut Vec<Condition>,
    ready: bool,
    reason: &str,
    message: String,
    now: jiff::Timestamp,
) {
    let status = if ready { "True" } else { "False" };
    let identical = |it: &Condition| {
        it.type_ == READY
            && it.status == status
            && it.reason.as_deref() == Some(reason)
            && it.message.as_ref() == Some(&message)
    };
    if conditions.iter().any(identical) {
        return;
    }
    let earlier = conditions.iter().position(|condition| condition.type_ == READY).map(|at| conditions.remove(at));
    let flipped = earlier.as_ref().is_none_or(|earlier| earlier.status != status);
    let since = earlier.and_then(|earlier| earlier.last_transition_time).filter(|_| !flipped);
    conditions.push(Condition {
        type_: READY.to_owned(),
        status: status.to_owned(),
        reason: Some(reason.to_owned()),
        message: Some(message),
        last_transition_time: Some(since.unwrap_or_else(|| Time(whole_seconds(now)))),
    });
}

/// Kubernetes stores whole seconds; comparing anything finer would make every status look changed.
pub(crate) fn whole_seconds(time: jiff::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn changed(seen: &Seen, status: ExternalSecretStatus) -> Option<ExternalSecretStatus> {
    (seen.object.status.as_ref() != Some(&status) && status != ExternalSecretStatus::default()).then_some(status)
}
