//! The list of secret backends, and nothing else.

use std::sync::Arc;

use eso_core::provider::{Entry, Provider};

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
