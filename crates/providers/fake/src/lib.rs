//! In-memory backend for trials and tests: it holds the secrets that stand in the store itself.

mod config;
mod store;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use eso_core::Fault;
use eso_core::provider::{Capabilities, Config, Entry, Maintenance, Provider};
use eso_provider_kit::block;

pub use config::{FakeConfig, FakeEntry};

/// How the registry knows this backend.
pub const ENTRY: Entry = Entry {
    key: "fake",
    capabilities: Capabilities::ReadWrite,
    maintenance: Maintenance::NotMaintained,
    schema: block::schema::<FakeConfig>,
    build: || Arc::new(Fake),
};

struct Fake;

impl Provider for Fake {
    fn parse(&self, block: &serde_json::Value) -> Result<Box<dyn Config>, Fault> {
        Ok(Box::new(block::parse::<FakeConfig>(ENTRY.key, block)?))
    }
}
