//! The one error that crosses crates.

use std::fmt;
use std::time::Duration;

/// What a fault means for the object that met it. One match in `plan` turns it into requeue, reason and log level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The backend says that the secret does not exist. The only kind that drives `deletionPolicy`.
    NotFound,
    /// The identity is known but may not do this.
    Denied,
    /// The login failed or expired.
    Unauthenticated,
    /// The object or the store is wrong and stays wrong until somebody edits it.
    Misconfigured,
    /// This build or this backend cannot do it.
    Unsupported,
    /// Somebody else changed the object meanwhile.
    Conflict,
    /// The data is not what was asked for (not JSON, no such property, not decodable).
    Invalid,
    /// The backend asks to slow down.
    Throttled,
    /// The backend or the network is down; nothing is known about the request.
    Unavailable,
    /// A defect of ours.
    Internal,
}

/// An error with a text for people and facts for the planner.
///
/// `message` goes to status and events, so it holds only words of ours, names of objects and keys, and a backend's error *code*:
/// never a backend's free text, never a secret byte. Foreign text belongs into `detail`, which is written to debug logs only.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault {
    /// What it means.
    pub kind: FaultKind,
    /// A sentence for people, see above.
    pub message: String,
    /// Path of the field at fault, as `spec.data[0].remoteRef.key`.
    pub field: Option<String>,
    /// The backend's own wish when to try again.
    pub retry_after: Option<Duration>,
    /// Foreign text, for debug logs only.
    pub detail: Option<String>,
}

impl Fault {
    /// A fault of `kind` with a text fit for status and events.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), field: None, retry_after: None, detail: None }
    }

    /// Adds the path of the field at fault.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Adds foreign text for debug logs.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds the backend's wish when to try again.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Several faults as one that tells all of them, of the first one's kind.
    pub fn joined(faults: &[Self]) -> Self {
        let texts: Vec<String> = faults.iter().map(Self::public).collect();
        Self::new(faults.first().map_or(FaultKind::Misconfigured, |fault| fault.kind), texts.join("; "))
    }

    /// The text for status and events: the field, when one is known, then the message.
    pub fn public(&self) -> String {
        match &self.field {
            Some(field) => format!("{field}: {}", self.message),
            None => self.message.clone(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.public())
    }
}

impl fmt::Debug for Fault {
    /// Leaves `detail` out: `{:?}` ends up in places that nobody reviews.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.kind, self.public())
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultKind};

    #[test]
    fn foreign_text_shows_up_neither_in_display_nor_in_debug() {
        let fault = Fault::new(FaultKind::Denied, "AWS refused.").at("spec.provider.aws.role").with_detail("canary");
        assert_eq!(fault.to_string(), "spec.provider.aws.role: AWS refused.");
        assert!(!format!("{fault:?} {fault}").contains("canary"));
    }
}
