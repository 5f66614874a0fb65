//! Reads secrets from a KV engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use eso_core::provider::{Locator, MetadataPolicy, Payload, Reader, Shape};
use eso_core::{Fault, FaultKind, SecretBytes};
use eso_provider_kit::{go_json, json_object, properties};
use futures::StreamExt;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::address::{Address, Version};
use crate::auth::Session;
use crate::client::{Client, Request};
use crate::fault::Purpose;

/// Requests of one `read` that are under way at a time.
const CONCURRENCY: usize = 4;

/// A connected reader.
pub(crate) struct Kv {
    pub(crate) client: Arc<Client>,
    pub(crate) session: Arc<Session>,
    pub(crate) version: Version,
    pub(crate) mount: Option<String>,
}

/// What one request answers: all locators with the same one share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    key: String,
    /// Empty where metadata are asked for, and for version 1: neither has versions.
    version: String,
    metadata: MetadataPolicy,
}

/// Vault's envelope around every answer.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    warnings: Option<Vec<String>>,
}

impl Kv {
    fn wanted(&self, locator: &Locator) -> Wanted {
        let version = match (locator.metadata, self.version) {
            (MetadataPolicy::None, Version::V2) => locator.version.clone(),
            _ => String::new(),
        };
        Wanted { key: locator.key.clone(), version, metadata: locator.metadata }
    }

    /// The secret, or what is known about it, as one JSON object.
    async fn whole(&self, wanted: &Wanted) -> Result<SecretBytes, Fault> {
        let address = Address::of(self.version, self.mount.as_deref(), &wanted.key)?;
        match (wanted.metadata, address.metadata) {
            (MetadataPolicy::None, _) => {
                let body = self.get(&address.data, &wanted.version).await?;
                self.data(&body, &wanted.key, &address.data)
            }
            (MetadataPolicy::Fetch, Some(path)) => match self.get(&path, "").await {
                Ok(body) => metadata(&body, &wanted.key),
                // As in ESO this does not count as a missing secret.
                Err(fault) if fault.kind == FaultKind::NotFound => {
                    let text = format!("secret not found: there are no metadata of {:?}.", wanted.key);
                    Err(Fault::new(FaultKind::Invalid, text))
                }
                Err(fault) => Err(fault),
            },
            (MetadataPolicy::Fetch, None) => {
                let text = "metadataPolicy Fetch is not supported with Vault KV version v1, which keeps no metadata.";
                Err(Fault::new(FaultKind::Unsupported, text))
            }
        }
    }

    /// Reads a path. A token that is of no use any more is exchanged once.
    async fn get(&self, path: &str, version: &str) -> Result<SecretBytes, Fault> {
        let token = self.session.token().await?;
        let request = |token| Request { purpose: Purpose::Read, path, version, token, body: None };
        let answer = self.client.send(&request(token.as_ref().map(|token| token.header()))).await;
        let (Err(fault), Some(token)) = (&answer, &token) else { return answer };
        if !matches!(fault.kind, FaultKind::Denied | FaultKind::Unauthenticated) {
            return answer;
        }
        match self.session.instead_of(token).await? {
            Some(new) => self.client.send(&request(Some(new.header()))).await,
            None => answer,
        }
    }

    /// The value in an answer. Version 2 has it one level deeper, and null in place of a deleted one.
    fn data(&self, body: &SecretBytes, key: &str, path: &str) -> Result<SecretBytes, Fault> {
        let what = format!("the value of {key:?}");
        let invalid = |text: &str| Fault::new(FaultKind::Invalid, format!("{what} {text}"));
        let envelope: Envelope<'_> =
            serde_json::from_slice(body.expose()).map_err(|_| invalid("is not in the form of Vault's answers."))?;
        let Some(outer) = envelope.data else { return Err(self.no_data(&envelope, path)) };
        let inner = match self.version {
            Version::V1 => outer,
            Version::V2 => {
                let members: BTreeMap<String, &RawValue> =
                    serde_json::from_str(outer.get()).map_err(|_| invalid("is not in the form of Vault's answers."))?;
                members.get("data").copied().ok_or_else(|| {
                    invalid(
                        "has no member data in Vault's answer: the engine is not KV version 2. Check version and path.",
                    )
                })?
            }
        };
        match inner.get().trim_start().as_bytes().first() {
            Some(b'{') => go_json::canonical(inner.get().as_bytes(), &what),
            Some(b'n') => {
                let server = self.client.name();
                let text = format!("Secret does not exist: at {path:?} of Vault at {server} this version is deleted.");
                Err(Fault::new(FaultKind::NotFound, text))
            }
            _ => Err(invalid("is not a JSON object.")),
        }
    }

    /// An answer without data: Vault warns when the path is one of another version of the engine.
    fn no_data(&self, envelope: &Envelope<'_>, path: &str) -> Fault {
        let server = self.client.name();
        let Some(warnings) = envelope.warnings.as_ref().filter(|warnings| !warnings.is_empty()) else {
            let text = format!("Vault at {server} answered for {path:?} without data.");
            return Fault::new(FaultKind::Invalid, text);
        };
        let text = format!("Vault at {server} says that {path:?} is no path of this engine. Is it KV version v2?");
        let fault = Fault::new(FaultKind::Misconfigured, text).at("spec.provider.vault.version");
        fault.with_detail(warnings.join("; "))
    }
}

/// What Vault knows about a secret, as one object of texts: some of its own fields, under the user's.
fn metadata(body: &SecretBytes, key: &str) -> Result<SecretBytes, Fault> {
    let unreadable =
        || Fault::new(FaultKind::Invalid, format!("the metadata of {key:?} are not in the form of Vault's answers."));
    let answer: Value = serde_json::from_slice(body.expose()).map_err(|_| unreadable())?;
    let data = answer.get("data").and_then(Value::as_object).ok_or_else(unreadable)?;
    let own = ["created_time", "current_version", "delete_version_after"].into_iter();
    let own = own.filter_map(|name| Some((name, data.get(name).filter(|value| !value.is_null())?)));
    let custom = data.get("custom_metadata").and_then(Value::as_object);
    let custom = custom.into_iter().flatten().map(|(name, value)| (name.as_str(), value));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let all: BTreeMap<&str, String> = own.chain(custom).map(|(name, value)| (name, text(value))).collect();
    let json = serde_json::to_vec(&all).map_err(|_| unreadable())?;
    go_json::canonical(&json, "the metadata")
}

#[async_trait]
impl Reader for Kv {
    async fn read(&self, locators: &[Locator]) -> Vec<Result<Payload, Fault>> {
        let mut wanted: Vec<Wanted> = locators.iter().map(|locator| self.wanted(locator)).collect();
        wanted.sort();
        wanted.dedup();
        let asked = wanted.into_iter().map(|wanted| async {
            let answer = self.whole(&wanted).await;
            (wanted, answer)
        });
        let answers: BTreeMap<Wanted, Result<SecretBytes, Fault>> =
            futures::stream::iter(asked).buffer_unordered(CONCURRENCY).collect().await;
        let part = |locator: &Locator| match answers.get(&self.wanted(locator)) {
            Some(Ok(whole)) => part(whole, locator),
            Some(Err(fault)) => Err(fault.clone()),
            None => Err(Fault::new(FaultKind::Internal, "a request to Vault got lost.")),
        };
        locators.iter().map(part).collect()
    }
}

/// The part of a secret that `locator` wants: the member with this very name, else what is at the path.
fn part(whole: &SecretBytes, locator: &Locator) -> Result<Payload, Fault> {
    let Locator { key, property, .. } = locator;
    let value = match property.as_str() {
        "" => whole.duplicate(),
        property => {
            let literal = json_object::members(whole.expose(), key)?.remove(property);
            literal.or_else(|| properties::by_path(whole.expose(), property)).ok_or_else(|| {
                let text = format!("cannot find secret data for key: \"{property}\". Check the properties of {key:?}.");
                Fault::new(FaultKind::Invalid, text)
            })?
        }
    };
    match locator.shape {
        Shape::Value => Ok(Payload::Value(value)),
        Shape::Map => {
            let canonical = go_json::canonical(value.expose(), &format!("the value of {key:?}"))?;
            json_object::members(canonical.expose(), key).map(Payload::Map)
        }
    }
}
