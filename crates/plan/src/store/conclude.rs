//! What a store's status says after it was tried.

use std::time::Duration;

use eso_core::Fault;
use eso_core::condition::{READY, StoreReason, event_reason, store_message};
use eso_core::crd::{Condition, StoreStatus};
use eso_core::names::IGNORE_MAINTENANCE_ANNOTATION;
use eso_core::provider::{Capabilities, Maintenance, StoreKind, Validation};
use jiff::Timestamp;
use std::collections::BTreeMap;

use crate::externalsecret::set_ready;
use crate::text::with_reason;
use crate::{EventDraft, Requeue};

/// Either kind of store, reduced to what the status depends on.
#[derive(Debug, Clone, Copy)]
pub struct StoreObject<'a> {
    /// Its kind.
    pub kind: StoreKind,
    /// Its annotations.
    pub annotations: Option<&'a BTreeMap<String, String>>,
    /// Its status so far.
    pub status: Option<&'a StoreStatus>,
}

/// How trying a store went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probed {
    /// No client could be built.
    NoClient(Fault),
    /// A client was built and asked to log in.
    Answered {
        /// What it found.
        validation: Validation,
        /// What the backend can do.
        capabilities: Capabilities,
        /// Whether somebody looks after it.
        maintenance: Maintenance,
    },
}

/// What to report about a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConclusion {
    /// The new status; `None` when it says so already.
    pub status: Option<StoreStatus>,
    /// Events, only when the condition changed: ESO repeats them at every check.
    pub events: Vec<EventDraft>,
    /// When to check again.
    pub requeue: Requeue,
    /// What the condition says now.
    pub reason: StoreReason,
}

/// What to report about a store that was tried just now.
pub fn conclude(store: &StoreObject<'_>, now: Timestamp, probed: &Probed, recheck: Duration) -> StoreConclusion {
    let (reason, message, event) = match probed {
        Probed::NoClient(fault) => refused(store_message::CLIENT, fault),
        Probed::Answered { validation: Validation::Failed(fault), .. } => refused(store_message::VALIDATE, fault),
        Probed::Answered { validation: Validation::Unknown(fault), .. } => {
            let message = with_reason(store_message::UNKNOWN, &fault.public());
            let event = EventDraft::warning(StoreReason::ValidationUnknown.as_str(), fault.public());
            (StoreReason::ValidationUnknown, message, event)
        }
        Probed::Answered { validation: Validation::Ready, .. } => {
            let event = EventDraft::normal(StoreReason::Valid.as_str(), store_message::VALID);
            (StoreReason::Valid, store_message::VALID.to_owned(), event)
        }
    };
    let mut status = store.status.cloned().unwrap_or_default();
    let unchanged = status.conditions.iter().any(|condition| says(condition, reason, &message));
    if !unchanged {
        set_ready(&mut status.conditions, reason.is_ready(), reason.as_str(), message, now);
    }
    if let (StoreReason::Valid, Probed::Answered { capabilities, .. }) = (reason, probed) {
        status.capabilities = Some(capabilities.as_str().to_owned());
    }
    let mut events = Vec::new();
    if !unchanged {
        events.extend(unmaintained(store, probed));
        events.push(event);
    }
    let requeue = if reason == StoreReason::InvalidProviderConfig { Requeue::Backoff } else { Requeue::After(recheck) };
    let status = (store.status != Some(&status)).then_some(status);
    StoreConclusion { status, events, requeue, reason }
}

fn refused(short: &str, fault: &Fault) -> (StoreReason, String, EventDraft) {
    let reason = StoreReason::InvalidProviderConfig;
    (reason, with_reason(short, &fault.public()), EventDraft::warning(reason.as_str(), fault.public()))
}

fn says(condition: &Condition, reason: StoreReason, message: &str) -> bool {
    condition.type_ == READY
        && condition.reason.as_deref() == Some(reason.as_str())
        && condition.message.as_deref() == Some(message)
}

fn unmaintained(store: &StoreObject<'_>, probed: &Probed) -> Option<EventDraft> {
    let silenced = store.annotations.is_some_and(|all| all.contains_key(IGNORE_MAINTENANCE_ANNOTATION));
    match probed {
        Probed::Answered { maintenance: Maintenance::NotMaintained, validation: Validation::Ready, .. }
            if !silenced =>
        {
            Some(EventDraft::warning(event_reason::STORE_UNMAINTAINED, store_message::UNMAINTAINED))
        }
        _ => None,
    }
}
