//! AWS Secrets Manager.

mod auth;
mod check;
mod config;
mod fault;
mod guard;
mod network;
mod secretsmanager;
mod sts;

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use eso_core::provider::{
    Capabilities, Config, Entry, Host, Identity, Maintenance, Probe, Provider, Store, StoreKind, StoreScope, Validation,
};
use eso_core::{Fault, FaultKind};
use eso_provider_kit::block;

use auth::{Login, Logins, Place};
pub use config::{AccessKeyAuth, AwsAuth, AwsConfig, DeletionConfig, SessionTag, SessionTagsPolicy, WebIdentityAuth};
use network::Network;
use secretsmanager::SecretsManager;

/// How the registry knows this backend.
pub const ENTRY: Entry = Entry {
    key: "aws",
    capabilities: Capabilities::ReadWrite,
    maintenance: Maintenance::Maintained,
    schema: block::schema::<AwsConfig>,
    build: || Arc::new(Aws::default()),
};

/// What all stores share.
#[derive(Default)]
struct Aws(Arc<Shared>);

#[derive(Default)]
struct Shared {
    network: Network,
    logins: Logins,
}

impl Provider for Aws {
    fn parse(&self, block: &serde_json::Value) -> Result<Box<dyn Config>, Fault> {
        let config = block::parse::<AwsConfig>(ENTRY.key, block)?;
        Ok(Box::new(Parsed { config, shared: Arc::clone(&self.0) }))
    }
}

/// A block, with what it takes to connect.
struct Parsed {
    config: AwsConfig,
    shared: Arc<Shared>,
}

#[async_trait]
impl Config for Parsed {
    fn check(&self, scope: &StoreScope) -> Vec<Fault> {
        check::check(&self.config, scope)
    }

    fn identity(&self, scope: &StoreScope) -> Identity {
        let tagged = self.config.session_tags_policy != SessionTagsPolicy::None;
        match scope.kind {
            StoreKind::ClusterSecretStore if tagged || self.config.is_referent() => Identity::Namespace,
            _ => Identity::Store,
        }
    }

    async fn connect(&self, host: Arc<dyn Host>) -> Result<Store, Fault> {
        if let Some(fault) = self.check(host.scope()).into_iter().next() {
            return Err(fault);
        }
        if self.config.service != "SecretsManager" {
            let text = format!("this version reads from SecretsManager only, not from {}.", self.config.service);
            return Err(Fault::new(FaultKind::Unsupported, text).at("spec.provider.aws.service"));
        }
        let sdk = self.shared.network.sdk_config(&self.config.region).await;
        let login = self.shared.logins.of(&Place { config: &self.config, host: &host, sdk: &sdk })?;
        let cluster = host.scope().kind == StoreKind::ClusterSecretStore;
        let untried = cluster && host.namespace().is_empty() && self.config.is_referent();
        let probe = Arc::new(LoginProbe { login: (!untried).then(|| Arc::clone(&login)) });
        let prefix = self.config.prefix.as_deref().unwrap_or_default();
        let reader = SecretsManager::new(&sdk, login, host, prefix)?;
        Ok(Store { probe, reader: Some(Arc::new(reader)) })
    }
}

/// Tries the login and nothing else, as ESO does: no permission beyond it is needed for a store to be ready.
struct LoginProbe {
    /// None where each namespace brings its own credentials, and no namespace is there yet.
    login: Option<Arc<Login>>,
}

#[async_trait]
impl Probe for LoginProbe {
    async fn validate(&self) -> Validation {
        let Some(login) = &self.login else {
            let text = "the credentials are those of the namespace that uses the store, so they cannot be tried here.";
            return Validation::Unknown(Fault::new(FaultKind::Misconfigured, text).at("spec.provider.aws.auth"));
        };
        match login.credentials().await {
            Ok(_) => Validation::Ready,
            Err(fault) => Validation::Failed(fault),
        }
    }
}
