//! The `fake` backend: its secrets stand in the store itself. For trials and tests; nobody should keep a real secret in it.
//!
//! Source of its rules: ESO 2.9. Unlike any real backend it calls a property that does not exist a secret that does not exist.

use std::sync::Arc;

use async_trait::async_trait;
use eso_core::provider::{
    Capabilities, Config, Entry, Host, Identity, Locator, Maintenance, Payload, Probe, Provider, Reader, Shape, Store,
    StoreScope, Validation,
};
use eso_core::{Fault, FaultKind, SecretBytes};
use eso_provider_kit::{json_object, properties};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Deserialize;
use serde_json::Value;

/// What the registry knows of this backend.
pub const ENTRY: Entry = Entry {
    key: "fake",
    capabilities: Capabilities::ReadWrite,
    maintenance: Maintenance::NotMaintained,
    schema: || SchemaGenerator::default().into_root_schema_for::<FakeConfig>().to_value(),
    build: || Arc::new(Fake),
};

/// Secrets that stand in the store itself, for trials.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FakeConfig {
    /// The secrets.
    data: Vec<FakeSecret>,
    /// How the check of the store ends: 0 well, 1 unknown, 2 badly.
    #[serde(default)]
    #[schemars(schema_with = "plain_integer")]
    validation_result: Option<i64>,
}

/// One secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct FakeSecret {
    /// Its name.
    key: String,
    /// Its value.
    value: String,
    /// Its version; a read has to name the very same.
    #[serde(default)]
    version: Option<String>,
}

fn plain_integer(_: &mut SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "integer" })
}

struct Fake;

impl Provider for Fake {
    fn parse(&self, block: &Value) -> Result<Box<dyn Config>, Fault> {
        let config = FakeConfig::deserialize(block).map_err(|error| {
            Fault::new(FaultKind::Misconfigured, "the block cannot be read. Compare it with the CRD's schema.")
                .at("spec.provider.fake")
                .with_detail(error.to_string())
        })?;
        Ok(Box::new(config))
    }
}

#[async_trait]
impl Config for FakeConfig {
    fn check(&self, _: &StoreScope) -> Vec<Fault> {
        let empty = |index: usize, field: &str| {
            let text = "it is empty. Every secret needs a key and a value.";
            Fault::new(FaultKind::Misconfigured, text).at(format!("spec.provider.fake.data[{index}].{field}"))
        };
        let entries = self.data.iter().enumerate();
        entries
            .flat_map(|(index, secret)| {
                let key = secret.key.is_empty().then(|| empty(index, "key"));
                let value = secret.value.is_empty().then(|| empty(index, "value"));
                key.into_iter().chain(value)
            })
            .collect()
    }

    fn identity(&self, _: &StoreScope) -> Identity {
        Identity::Store
    }

    async fn connect(&self, _: Arc<dyn Host>) -> Result<Store, Fault> {
        let connected = Arc::new(self.clone());
        Ok(Store { probe: Arc::clone(&connected) as Arc<dyn Probe>, reader: Some(connected) })
    }
}

#[async_trait]
impl Probe for FakeConfig {
    async fn validate(&self) -> Validation {
        let fault = || Fault::new(FaultKind::Misconfigured, "unable to validate").at("spec.provider.fake.validationResult");
        match self.validation_result.unwrap_or_default() {
            0 => Validation::Ready,
            1 => Validation::Unknown(fault()),
            _ => Validation::Failed(fault()),
        }
    }
}

#[async_trait]
impl Reader for FakeConfig {
    async fn read(&self, locators: &[Locator]) -> Vec<Result<Payload, Fault>> {
        locators.iter().map(|locator| self.answer(locator)).collect()
    }
}

impl FakeConfig {
    /// There are no tags, so the metadata policy makes no difference. The last of several equal entries counts.
    fn answer(&self, locator: &Locator) -> Result<Payload, Fault> {
        let mut secrets = self.data.iter().rev();
        let wanted = secrets.find(|secret| {
            secret.key == locator.key && secret.version.as_deref().unwrap_or_default() == locator.version
        });
        let value = wanted.map(|secret| secret.value.as_bytes()).ok_or_else(missing)?;
        let value = match locator.property.as_str() {
            "" => SecretBytes::new(value.to_vec()),
            property => properties::by_path(value, property).ok_or_else(missing)?,
        };
        match locator.shape {
            Shape::Value => Ok(Payload::Value(value)),
            Shape::Map => json_object::members(value.expose(), &locator.key).map(Payload::Map),
        }
    }
}

fn missing() -> Fault {
    Fault::new(FaultKind::NotFound, "Secret does not exist")
}

#[cfg(test)]
mod tests {
    use super::*;
    use eso_core::provider::{MetadataPolicy, StoreKind};
    use serde_json::json;

    fn config(block: Value) -> FakeConfig {
        FakeConfig::deserialize(&block).unwrap()
    }

    fn read(config: &FakeConfig, key: &str, version: &str, property: &str) -> Result<String, FaultKind> {
        let locator = Locator {
            key: key.to_owned(),
            version: version.to_owned(),
            property: property.to_owned(),
            metadata: MetadataPolicy::None,
            shape: Shape::Value,
        };
        match config.answer(&locator) {
            Ok(Payload::Value(value)) => Ok(value.expose_str().unwrap().to_owned()),
            Ok(Payload::Map(_)) => panic!("a map was not asked for"),
            Err(fault) => Err(fault.kind),
        }
    }

    #[test]
    fn f01_a_read_has_to_name_the_exact_version() {
        let config = config(json!({"data": [{"key": "foo", "value": "one", "version": "1"}, {"key": "foo1", "value": "other"}]}));
        assert_eq!(read(&config, "foo", "1", ""), Ok("one".to_owned()));
        assert_eq!(read(&config, "foo", "", ""), Err(FaultKind::NotFound));
        assert_eq!(read(&config, "foo1", "", ""), Ok("other".to_owned()));
    }

    #[test]
    fn f02_a_missing_key_and_a_missing_property_are_both_a_missing_secret() {
        let config = config(json!({"data": [{"key": "a", "value": "{\"b\":{\"c\":[1,2]}}"}]}));
        assert_eq!(read(&config, "nope", "", ""), Err(FaultKind::NotFound));
        assert_eq!(read(&config, "a", "", "nope"), Err(FaultKind::NotFound));
        assert_eq!(read(&config, "a", "", "b.c.1"), Ok("2".to_owned()));
    }

    #[test]
    fn f05_an_entry_without_value_is_refused_by_its_index() {
        let config = config(json!({"data": [{"key": "a", "value": "v"}, {"key": "b", "value": ""}]}));
        let scope = StoreScope { kind: StoreKind::SecretStore, name: "st".to_owned(), namespace: "ns".to_owned() };
        let faults = config.check(&scope);
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].field.as_deref(), Some("spec.provider.fake.data[1].value"));
    }

    #[test]
    fn debug_of_a_locator_or_payload_shows_no_value() {
        let config = config(json!({"data": [{"key": "a", "value": "canary"}]}));
        let locator = Locator {
            key: "a".to_owned(),
            version: String::new(),
            property: String::new(),
            metadata: MetadataPolicy::None,
            shape: Shape::Value,
        };
        assert!(!format!("{:?}", config.answer(&locator)).contains("canary"));
    }
}
