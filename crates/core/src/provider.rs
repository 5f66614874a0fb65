//! Roles of a secret backend.
//!
//! A backend is a crate with a `Config` (what stands under its key in `spec.provider`) that connects to a [`Store`]. A connected
//! store holds the roles that the backend can play: having a role is the capability, so there are no "not supported" stubs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::crd::{RetrySettings, SecretKeySelector, ServiceAccountSelector};
use crate::{Fault, SecretBytes, SecretMap};

/// What a registered backend tells about itself without being asked to connect.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The key under `spec.provider`, and the crate's folder name.
    pub key: &'static str,
    /// What `status.capabilities` of its stores says.
    pub capabilities: Capabilities,
    /// Whether somebody looks after it.
    pub maintenance: Maintenance,
    /// JSON schema of its block, as `schemars` derives it from the config type.
    pub schema: fn() -> serde_json::Value,
    /// Makes the backend's process-wide part: shared HTTP client, credential caches.
    pub build: fn() -> Arc<dyn Provider>,
}

/// `status.capabilities` of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capabilities {
    /// Secrets can be read.
    ReadOnly,
    /// Secrets can be written.
    WriteOnly,
    /// Both.
    ReadWrite,
}

impl Capabilities {
    /// The text in the status.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "ReadOnly",
            Self::WriteOnly => "WriteOnly",
            Self::ReadWrite => "ReadWrite",
        }
    }
}

/// Whether a backend is looked after; the other answer costs its stores a warning event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maintenance {
    /// Looked after.
    Maintained,
    /// Not looked after: meant for trials only.
    NotMaintained,
}

/// The process-wide part of a backend. One exists per process and backend.
pub trait Provider: Send + Sync {
    /// Reads the block under the backend's key. Never does I/O.
    ///
    /// Faults: Misconfigured, with the path of the field below `spec.provider.<key>`.
    fn parse(&self, block: &serde_json::Value) -> Result<Box<dyn Config>, Fault>;
}

/// A parsed provider block.
#[async_trait]
pub trait Config: Send + Sync {
    /// Rules that the schema cannot say. Pure: the webhook calls it too.
    fn check(&self, scope: &StoreScope) -> Vec<Fault>;

    /// What whoever applies the store should know although no rule is broken. Pure.
    fn warnings(&self, _: &StoreScope) -> Vec<String> {
        Vec::new()
    }

    /// Whose credentials a connection uses, so that connections are shared exactly as far as identities are.
    fn identity(&self, scope: &StoreScope) -> Identity;

    /// Builds the client. Network is allowed; faults carry no secret byte and no foreign text but in `detail`.
    async fn connect(&self, host: Arc<dyn Host>) -> Result<Store, Fault>;
}

/// Which store a config belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreScope {
    /// Cluster-wide or not: decides whose namespaces references may name.
    pub kind: StoreKind,
    /// Name of the store object.
    pub name: String,
    /// Namespace of the store object; empty for a `ClusterSecretStore`.
    pub namespace: String,
}

/// The two kinds of stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StoreKind {
    /// Namespaced.
    SecretStore,
    /// Cluster-wide.
    ClusterSecretStore,
}

impl StoreKind {
    /// The Kubernetes kind.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SecretStore => "SecretStore",
            Self::ClusterSecretStore => "ClusterSecretStore",
        }
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose credentials a connection uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// The store's own, whoever uses it: one connection serves all namespaces.
    Store,
    /// Depends on the namespace that uses the store: one connection per namespace, and none can be tried while validating a
    /// `ClusterSecretStore`.
    Namespace,
}

/// The only way from a backend out to the cluster. Built for one store used from one namespace, so that the rule who may read
/// what across namespaces lives in one place: a `SecretStore` reads its own namespace only; a `ClusterSecretStore` reads the
/// namespace that the reference names, else the one that uses the store.
#[async_trait]
pub trait Host: Send + Sync {
    /// The store.
    fn scope(&self) -> &StoreScope;

    /// The namespace that uses the store; empty while a `ClusterSecretStore` is validated.
    fn namespace(&self) -> &str;

    /// `spec.retrySettings` of the store. Backends may honour it; ESO says which do.
    fn retry_settings(&self) -> Option<&RetrySettings>;

    /// The value behind `selector`. Faults name the Secret, its namespace and the key.
    async fn secret_value(&self, selector: &SecretKeySelector) -> Result<SecretBytes, Fault>;

    /// The text behind `selector`, which points at a `ConfigMap`. Faults name the `ConfigMap`, its namespace and the key.
    async fn config_map_value(&self, selector: &SecretKeySelector) -> Result<String, Fault>;

    /// What a backend may know of the `ServiceAccount`.
    async fn service_account(&self, selector: &ServiceAccountSelector) -> Result<ServiceAccountFacts, Fault>;

    /// A fresh token of the `ServiceAccount` for `audiences`, which are the API server's own when there are none. It lives for
    /// `life`, else as long as the API server likes.
    async fn service_account_token(
        &self,
        selector: &ServiceAccountSelector,
        audiences: &[String],
        life: Option<Duration>,
    ) -> Result<SecretBytes, Fault>;

    /// An environment variable of the process; empty ones count as unset.
    fn env(&self, name: &str) -> Option<String>;

    /// The time.
    fn now(&self) -> Timestamp;

    /// Counts one request to the backend, for `externalsecret_provider_api_calls_count`.
    fn count(&self, call: ApiCall);
}

/// What a backend may know of a `ServiceAccount`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccountFacts {
    /// Where it lives, after the cross-namespace rule.
    pub namespace: String,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// Names of the Secrets that it lists, where clusters of old kept its tokens.
    pub secrets: Vec<String>,
}

/// One finished request to a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiCall {
    /// Label `provider`, as `AWS/SecretsManager`.
    pub provider: &'static str,
    /// Label `call`, as `GetSecretValue`.
    pub call: &'static str,
    /// Label `status`.
    pub result: CallResult,
}

/// Label `status` of [`ApiCall`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallResult {
    /// Answered as hoped.
    Success,
    /// Anything else.
    Error,
}

impl CallResult {
    /// The label's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
        }
    }
}

impl<T, E> From<&Result<T, E>> for CallResult {
    fn from(result: &Result<T, E>) -> Self {
        if result.is_ok() { Self::Success } else { Self::Error }
    }
}

/// A connected backend: the roles it plays. Dropping it closes its connections once nobody uses them.
pub struct Store {
    /// Tells whether the login works.
    pub probe: Arc<dyn Probe>,
    /// Reads secrets, where the backend can.
    pub reader: Option<Arc<dyn Reader>>,
}

/// Role: tells whether the login works.
#[async_trait]
pub trait Probe: Send + Sync {
    /// Tries the login, the cheapest way that proves it.
    async fn validate(&self) -> Validation;
}

/// What [`Probe::validate`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Validation {
    /// The login works.
    Ready,
    /// It cannot be tried here, and the fault says why.
    Unknown(Fault),
    /// It does not work.
    Failed(Fault),
}

/// Role: reads secrets.
#[async_trait]
pub trait Reader: Send + Sync {
    /// One result per locator, in their order. Locators that differ only in property or shape cost one request.
    ///
    /// Fault kinds: `NotFound` only when the backend says that the secret does not exist.
    async fn read(&self, locators: &[Locator]) -> Vec<Result<Payload, Fault>>;
}

/// What to read: the address of a secret at its backend, and the part wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locator {
    /// Name of the secret, in the backend's own terms.
    pub key: String,
    /// Version, in the backend's own terms; empty means the current one.
    pub version: String,
    /// Path into the secret; empty means all of it.
    pub property: String,
    /// Whether the value or what the backend knows about it is wanted.
    pub metadata: MetadataPolicy,
    /// One value, or a map of several.
    pub shape: Shape,
}

/// The two forms in which a secret can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// The bytes as they are.
    Value,
    /// The secret is a JSON object; its members one by one.
    Map,
}

/// Whether a secret's value or its tags are read.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
pub enum MetadataPolicy {
    /// The value.
    #[default]
    None,
    /// The tags, as a JSON object.
    Fetch,
}

/// What was read; the variant follows [`Locator::shape`].
#[derive(Debug, PartialEq, Eq)]
pub enum Payload {
    /// For [`Shape::Value`].
    Value(SecretBytes),
    /// For [`Shape::Map`].
    Map(SecretMap),
}
