//! The list of secret backends; nothing else. The only crate that names them all.

use std::sync::Arc;

use eso_core::provider::{Entry, Provider};

/// Every backend of this build, by key in alphabetical order.
const ENTRIES: &[Entry] = &[eso_provider_fake::ENTRY];

/// The backends of a process, each with the part that all its stores share.
pub struct Registry {
    registered: Vec<Registered>,
}

/// One backend.
pub struct Registered {
    /// What it tells about itself.
    pub entry: &'static Entry,
    /// Its process-wide part.
    pub provider: Arc<dyn Provider>,
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
    /// Builds every backend's process-wide part. Cheap: none connects before a store asks for it.
    pub fn new() -> Self {
        let registered = ENTRIES.iter().map(|entry| Registered { entry, provider: (entry.build)() });
        Self { registered: registered.collect() }
    }

    /// The backend whose block stands under `key`.
    pub fn get(&self, key: &str) -> Option<&Registered> {
        self.registered.iter().find(|registered| registered.entry.key == key)
    }

    /// Every backend, by key in alphabetical order.
    pub fn entries(&self) -> &'static [Entry] {
        ENTRIES
    }
}
