//! The connected fake: a map in memory.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use eso_core::provider::{Locator, Payload, Probe, Reader, Shape, Store, Validation};
use eso_core::{Fault, FaultKind, SecretBytes};
use eso_provider_kit::{json_object, properties};

use crate::config::FakeConfig;

/// Connects to what `config` lists.
pub(crate) fn connected(config: &FakeConfig) -> Store {
    let entry = |entry: &crate::FakeEntry| {
        let version = entry.version.clone().unwrap_or_default();
        ((entry.key.clone(), version), SecretBytes::from(entry.value.as_str()))
    };
    let store = Arc::new(FakeStore {
        secrets: config.data.iter().map(entry).collect(),
        validation_result: config.validation_result.unwrap_or_default(),
    });
    Store { probe: Arc::clone(&store) as Arc<dyn Probe>, reader: Some(store) }
}

struct FakeStore {
    /// By key and version. Of two entries with the same key and version the last counts.
    secrets: HashMap<(String, String), SecretBytes>,
    validation_result: i64,
}

#[async_trait]
impl Probe for FakeStore {
    async fn validate(&self) -> Validation {
        let fault = || Fault::new(FaultKind::Misconfigured, "unable to validate");
        match self.validation_result {
            0 => Validation::Ready,
            1 => Validation::Unknown(fault()),
            _ => Validation::Failed(fault()),
        }
    }
}

#[async_trait]
impl Reader for FakeStore {
    async fn read(&self, locators: &[Locator]) -> Vec<Result<Payload, Fault>> {
        locators.iter().map(|locator| self.one(locator)).collect()
    }
}

impl FakeStore {
    /// A wish for metadata changes nothing: the fake has none and gives the value, as in ESO.
    fn one(&self, locator: &Locator) -> Result<Payload, Fault> {
        let absent = || Fault::new(FaultKind::NotFound, "Secret does not exist");
        let whole = self.secrets.get(&(locator.key.clone(), locator.version.clone())).ok_or_else(absent)?;
        let value = match locator.property.as_str() {
            "" => whole.duplicate(),
            property => properties::by_path(whole.expose(), property).ok_or_else(absent)?,
        };
        match locator.shape {
            Shape::Value => Ok(Payload::Value(value)),
            Shape::Map => json_object::members(value.expose(), &locator.key).map(Payload::Map),
        }
    }
}
