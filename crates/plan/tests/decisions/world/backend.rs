//! A backend that answers from a table.

use std::collections::BTreeMap;

use eso_core::provider::{Payload, Shape};
use eso_core::{Fault, FaultKind};
use eso_plan::externalsecret::Request;

/// What lies under one key.
#[derive(Debug, Clone)]
pub enum Content {
    Value(Vec<u8>),
    Map(Vec<(String, Vec<u8>)>),
    Fault(Fault),
}

/// Contents by store and key. What is not in it does not exist.
#[derive(Debug, Clone, Default)]
pub struct Backend(pub BTreeMap<(String, String), Content>);

impl Backend {
    pub fn answer(&self, request: &Request) -> Result<Payload, Fault> {
        let place = (request.store.name.clone(), request.locator.key.clone());
        match (self.0.get(&place), request.locator.shape) {
            (None, _) => Err(Fault::new(FaultKind::NotFound, "Secret does not exist")),
            (Some(Content::Fault(fault)), _) => Err(fault.clone()),
            (Some(Content::Value(value)), Shape::Value) => Ok(Payload::Value(value.clone().into())),
            (Some(Content::Map(map)), Shape::Map) => {
                Ok(Payload::Map(map.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect()))
            }
            (Some(_), _) => Err(Fault::new(FaultKind::Invalid, "the secret is of the other shape")),
        }
    }
}
