//! The list of secret backends, and nothing else.

use std::sync::Arc;

use eso_core::condition::store_message;
use eso_core::provider::{Config, Entry, Maintenance, Provider, StoreScope};
use eso_core::{Fault, FaultKind};
use serde_json::Value;

/// In the order of their keys.
static ENTRIES: [Entry; 3] = [eso_provider_aws::ENTRY, eso_provider_fake::ENTRY, eso_provider_vault::ENTRY];

/// All backends, built. One registry lives as long as the process.
pub struct Registry {
    registered: Vec<Registered>,
}

/// A backend.
pub struct Registered {
    /// What it tells about itself.
    pub entry: &'static Entry,
    /// Its process-wide part.
    pub provider: Arc<dyn Provider>,
}

/// A store's block, understood.
pub struct Parsed {
    /// What its backend tells about itself.
    pub entry: &'static Entry,
    /// The block.
    pub config: Box<dyn Config>,
}

impl Parsed {
    /// The backend's own rules that the block breaks, each with its field.
    pub fn check(&self, scope: &StoreScope) -> Vec<Fault> {
        self.config.check(scope)
    }

    /// What whoever applies the store should know although it is accepted. The texts begin as ESO's do.
    pub fn warnings(&self, scope: &StoreScope) -> Vec<String> {
        let mut warnings = self.config.warnings(scope);
        if self.entry.maintenance == Maintenance::NotMaintained {
            warnings.push(format!("store {}", store_message::UNMAINTAINED.replacen("store", &scope.name, 1)));
        }
        warnings
    }
}

impl Registry {
    /// Builds every backend. No I/O.
    #[allow(clippy::new_without_default)] // building is work with an effect; a default value must not hide it
    pub fn new() -> Self {
        Self { registered: ENTRIES.iter().map(|entry| Registered { entry, provider: (entry.build)() }).collect() }
    }

    /// The backend with this key under `spec.provider`, if this version has it.
    pub fn get(&self, key: &str) -> Option<&Registered> {
        self.registered.iter().find(|registered| registered.entry.key == key)
    }

    /// Understands the block of a store under `spec.provider.<key>`. No I/O.
    ///
    /// Faults: Unsupported for a backend that this version does not have; Misconfigured for a block that it cannot read. Both with
    /// the field.
    pub fn parse(&self, key: &str, block: &Value) -> Result<Parsed, Fault> {
        let registered = self.get(key).ok_or_else(|| {
            let known: Vec<&str> = self.entries().iter().map(|entry| entry.key).collect();
            let text = format!(
                "this version has no backend called \"{key}\". It has: {}. The block stays as it is.",
                known.join(", ")
            );
            Fault::new(FaultKind::Unsupported, text).at(format!("spec.provider.{key}"))
        })?;
        let config = registered.provider.parse(block)?;
        Ok(Parsed { entry: registered.entry, config })
    }

    /// What the backends tell about themselves, in the order of their keys.
    pub fn entries(&self) -> &'static [Entry] {
        &ENTRIES
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)] // a test that fails may panic

    use super::Registry;

    #[test]
    fn keys_are_sorted_and_each_is_found() {
        let registry = Registry::new();
        let keys: Vec<&str> = registry.entries().iter().map(|entry| entry.key).collect();
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "{keys:?}");
        assert!(keys.iter().all(|key| registry.get(key).is_some_and(|registered| registered.entry.key == *key)));
        assert!(registry.get("nope").is_none());
    }

    #[test]
    fn every_schema_is_an_object_with_described_fields() {
        for entry in Registry::new().entries() {
            let schema = (entry.schema)();
            assert_eq!(schema["type"], "object", "{}", entry.key);
            let fields = schema["properties"].as_object().into_iter().flatten();
            for (name, field) in fields {
                assert!(field["description"].is_string(), "{}.{name} has no description", entry.key);
            }
        }
    }
}
