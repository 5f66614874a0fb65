//! Sentences of ESO's that stand in events and conditions, each in one place; and how texts in YAML are read.

use eso_core::provider::StoreKind;

/// Reads a YAML document, as kubeconfigs are: with the reader that templates need anyway.
pub use eso_template::yaml::document as read_yaml;

/// A store that does not exist.
pub fn store_not_found(kind: StoreKind, name: &str) -> String {
    format!("could not get {kind} \"{name}\", {kind}.external-secrets.io \"{name}\" not found")
}

/// A store that is not ready, and why if it says so.
pub fn store_not_ready(kind: StoreKind, name: &str, why: Option<&str>) -> String {
    match why {
        Some(why) => format!("{kind} \"{name}\" is not ready: {why}"),
        None => format!("{kind} \"{name}\" is not ready"),
    }
}

/// A namespace that a cluster-wide store does not admit.
pub fn store_denied(name: &str, namespace: &str) -> String {
    format!("using cluster store \"{name}\" is not allowed from namespace \"{namespace}\": denied by spec.condition")
}

/// A short text that alerts match on, then the reason a person can act on.
pub fn with_reason(short: &str, reason: &str) -> String {
    format!("{short}: {reason}")
}
