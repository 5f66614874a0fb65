//! Every decision, pure: given what was seen, what to fetch, what to write, what to report, and when to look again.
//!
//! The words are fixed. *Observe* is I/O and lives in the controller. [`externalsecret::needs`] says what has to be fetched,
//! [`externalsecret::plan`] what to write, *apply* is I/O again, [`externalsecret::conclude`] says what to report.
//! [`externalsecret::audit`] states the invariants of a plan independently of the planner.
//!
//! What is absent on purpose: no I/O, no clock, no randomness, no async, no provider by name.

pub mod certs;
pub mod cron;
pub mod data;
pub mod externalsecret;
pub mod regexp;
pub mod requeue;
pub mod secret_object;
mod since;
pub mod store;
pub mod text;

pub use requeue::Requeue;
pub use secret_object::{SecretObject, duplicate_map};

/// A core/v1 event that is to be emitted on the object that was reconciled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventDraft {
    /// Normal or Warning.
    pub severity: Severity,
    /// One word, see [`eso_core::condition::event_reason`].
    pub reason: &'static str,
    /// A sentence for people, without a secret byte.
    pub message: String,
}

impl EventDraft {
    /// Something went as planned.
    pub fn normal(reason: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Normal, reason, message: message.into() }
    }

    /// Something needs a person.
    pub fn warning(reason: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, reason, message: message.into() }
    }
}

/// `type` of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Went as planned.
    Normal,
    /// Needs a person.
    Warning,
}
