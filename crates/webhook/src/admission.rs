//! Who is asked about which object, and how the answers become a verdict.

use eso_core::crd::{ExternalSecretSpec, StoreSpec};
use eso_core::names::API_VERSION;
use eso_core::provider::{StoreKind, StoreScope};
use eso_core::{Fault, FaultKind};
use eso_plan::{externalsecret, store};
use eso_registry::Registry;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::review::{Operation, Request, Verdict};

/// The kinds that are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `ExternalSecret`.
    ExternalSecret,
    /// `SecretStore` or `ClusterSecretStore`.
    Store(StoreKind),
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] =
        [Self::ExternalSecret, Self::Store(StoreKind::SecretStore), Self::Store(StoreKind::ClusterSecretStore)];

    /// Where the API server asks about it. Source: ESO.
    pub fn path(self) -> &'static str {
        match self {
            Self::ExternalSecret => "/validate-external-secrets-io-v1-externalsecret",
            Self::Store(StoreKind::SecretStore) => "/validate-external-secrets-io-v1-secretstore",
            Self::Store(StoreKind::ClusterSecretStore) => "/validate-external-secrets-io-v1-clustersecretstore",
        }
    }

    /// The Kubernetes kind.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ExternalSecret => "ExternalSecret",
            Self::Store(kind) => kind.as_str(),
        }
    }
}

/// What the owners of the rules need to know.
pub struct Judge {
    /// The backends.
    pub registry: Registry,
    /// `--template-left-delimiter`.
    pub left: String,
    /// `--template-right-delimiter`.
    pub right: String,
}

impl Judge {
    /// The verdict about a request for `kind`. No I/O.
    ///
    /// A deletion is never refused, neither when it is asked for nor while finalizers are taken off: who cannot delete cannot put right.
    pub fn judge(&self, kind: Kind, request: &Request<'_>) -> Verdict {
        if !matches!(request.operation, Operation::Create | Operation::Update) {
            return Verdict::PASS;
        }
        let text = request.object.map_or("null", serde_json::value::RawValue::get);
        match kind {
            Kind::ExternalSecret => with_object(text, kind, |object: Object<ExternalSecretSpec>| {
                let delimiters = externalsecret::Delimiters { left: &self.left, right: &self.right };
                verdict(&externalsecret::check(&object.spec, delimiters), Vec::new())
            }),
            Kind::Store(store_kind) => with_object(text, kind, |object: Object<StoreSpec>| {
                let Metadata { name, namespace, .. } = object.metadata;
                let scope = StoreScope {
                    kind: store_kind,
                    name: name.unwrap_or_default(),
                    namespace: namespace.unwrap_or_default(),
                };
                self.judge_store(&object.spec, &scope)
            }),
        }
    }

    fn judge_store(&self, spec: &StoreSpec, scope: &StoreScope) -> Verdict {
        let checked = match store::check(spec) {
            Ok(checked) => checked,
            Err(faults) => return verdict(&faults, Vec::new()),
        };
        match self.registry.parse(checked.provider, checked.block) {
            Ok(parsed) => verdict(&parsed.check(scope), parsed.warnings(scope)),
            Err(fault) => verdict(&[fault], Vec::new()),
        }
    }
}

/// What is read of an object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object<S> {
    api_version: String,
    kind: String,
    metadata: Metadata,
    spec: S,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    deletion_timestamp: Option<String>,
}

/// Only the metadata, in case the spec is one that cannot be read.
#[derive(Deserialize)]
struct Bare {
    metadata: Metadata,
}

fn with_object<S: DeserializeOwned>(text: &str, kind: Kind, judge: impl FnOnce(Object<S>) -> Verdict) -> Verdict {
    if serde_json::from_str(text).is_ok_and(|bare: Bare| bare.metadata.deletion_timestamp.is_some()) {
        return Verdict::PASS;
    }
    let unreadable = |why: &str| {
        Verdict::refused(400, format!("The object cannot be read as {} of {API_VERSION}: {why}.", kind.as_str()))
    };
    match serde_json::from_str::<Object<S>>(text) {
        Ok(object) if object.api_version == API_VERSION && object.kind == kind.as_str() => judge(object),
        Ok(object) => unreadable(&format!("it is {} of {}", object.kind, object.api_version)),
        Err(error) => unreadable(&error.to_string()),
    }
}

fn verdict(faults: &[Fault], warnings: Vec<String>) -> Verdict {
    if faults.is_empty() {
        return Verdict { refusal: None, warnings };
    }
    let lines: Vec<String> = faults.iter().map(Fault::public).collect();
    let code = if faults.iter().any(|fault| fault.kind == FaultKind::Invalid) { 400 } else { 403 };
    Verdict { warnings, ..Verdict::refused(code, lines.join("\n")) }
}
