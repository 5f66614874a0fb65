//! The block `spec.provider.fake`.

use async_trait::async_trait;
use eso_core::provider::{Config, Host, Identity, Store, StoreScope};
use eso_core::{Fault, FaultKind};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::store::connected;

/// A backend that holds what its own block lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FakeConfig {
    /// The secrets.
    pub data: Vec<FakeEntry>,
    /// What a check of the store finds: 0 that it works, 1 that nothing is known, any other number that it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "number")]
    pub validation_result: Option<i64>,
}

/// One secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FakeEntry {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Its version; only a reference that names the same version finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A number without a format: ESO's schema names none.
fn number(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer" })
}

#[async_trait]
impl Config for FakeConfig {
    fn check(&self, _: &StoreScope) -> Vec<Fault> {
        let empty = |at: usize, name: &str| {
            let text = format!("{name} must be set in data {at}");
            Fault::new(FaultKind::Misconfigured, text).at(format!("spec.provider.fake.data[{at}].{name}"))
        };
        let mut faults = Vec::new();
        for (at, entry) in self.data.iter().enumerate() {
            if entry.key.is_empty() {
                faults.push(empty(at, "key"));
            }
            if entry.value.is_empty() {
                faults.push(empty(at, "value"));
            }
        }
        faults
    }

    fn identity(&self, _: &StoreScope) -> Identity {
        Identity::Store
    }

    async fn connect(&self, _: std::sync::Arc<dyn Host>) -> Result<Store, Fault> {
        Ok(connected(self))
    }
}
