//! HashiCorp Vault, KV version 1 and 2.

mod address;
mod auth;
mod check;
mod client;
mod config;
mod fault;
mod kv;
mod network;
mod replication;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use eso_core::provider::{
    Capabilities, Config, Entry, Host, Identity, Maintenance, Probe, Provider, Store, StoreKind, StoreScope, Validation,
};
use eso_core::{Fault, FaultKind};
use eso_provider_kit::block;

use address::Version;
use auth::{Session, Sessions, Way};
use client::Client;
pub use config::*;
use kv::Kv;
use network::Network;

/// How the registry knows this backend.
pub const ENTRY: Entry = Entry {
    key: "vault",
    capabilities: Capabilities::ReadWrite,
    maintenance: Maintenance::Maintained,
    schema: block::schema::<VaultConfig>,
    build: || Arc::new(Vault::default()),
};

/// What all stores share.
#[derive(Default)]
struct Vault(Arc<Shared>);

#[derive(Default)]
struct Shared {
    network: Network,
    sessions: Sessions,
}

impl Provider for Vault {
    fn parse(&self, block: &serde_json::Value) -> Result<Box<dyn Config>, Fault> {
        let config = block::parse::<VaultConfig>(ENTRY.key, block)?;
        Ok(Box::new(Parsed { config, shared: Arc::clone(&self.0) }))
    }
}

/// A block, with what it takes to connect.
struct Parsed {
    config: VaultConfig,
    shared: Arc<Shared>,
}

#[async_trait]
impl Config for Parsed {
    fn check(&self, scope: &StoreScope) -> Vec<Fault> {
        check::check(&self.config, scope)
    }

    fn identity(&self, scope: &StoreScope) -> Identity {
        match scope.kind {
            StoreKind::ClusterSecretStore if check::is_referent(&self.config) => Identity::Namespace,
            _ => Identity::Store,
        }
    }

    /// Logs in at once, as ESO does: what is wrong with a login shows up when the store connects.
    async fn connect(&self, host: Arc<dyn Host>) -> Result<Store, Fault> {
        if let Some(fault) = self.check(host.scope()).into_iter().next() {
            return Err(fault);
        }
        let version = self.version()?;
        let way = Way::of(&self.config)?;
        if self.identity(host.scope()) == Identity::Namespace && host.namespace().is_empty() {
            return Ok(Store { probe: Arc::new(Untried), reader: None });
        }
        let tls = auth::tls(&self.config, &way, host.as_ref()).await?;
        let (trust, http) = self.shared.network.client(&tls)?;
        let key = self.session_key(host.as_ref(), &trust)?;
        let client = Arc::new(Client::new(&self.config, http, host)?);
        let session = Arc::new(Session::new(&self.shared.sessions, &key, way, &client));
        session.token().await?;
        let probe = Arc::new(TokenProbe { session: Arc::clone(&session) });
        let reader = Kv { client, session, version, mount: self.config.path.clone() };
        Ok(Store { probe, reader: Some(Arc::new(reader)) })
    }
}

impl Parsed {
    fn version(&self) -> Result<Version, Fault> {
        match self.config.version.as_str() {
            "v1" => Ok(Version::V1),
            "v2" => Ok(Version::V2),
            other => {
                let text = format!("there is no KV version {other:?}. Use v1 or v2.");
                Err(Fault::new(FaultKind::Misconfigured, text).at("spec.provider.vault.version"))
            }
        }
    }

    /// Everything that a token depends on: server and credentials as the block names them, the namespace in which names are
    /// looked up, and the certificates that are shown and trusted.
    fn session_key(&self, host: &dyn Host, trust: &str) -> Result<String, Fault> {
        let VaultConfig { server, namespace, headers, auth, .. } = &self.config;
        let scope = host.scope();
        let user = match self.identity(scope) {
            Identity::Store => &scope.namespace,
            Identity::Namespace => host.namespace(),
        };
        let kind = scope.kind.as_str();
        let key = (server, namespace, headers, auth, kind, user, trust, host.retry_settings());
        serde_json::to_string(&key).map_err(|error| {
            Fault::new(FaultKind::Internal, "the block could not be written down.").with_detail(error.to_string())
        })
    }
}

/// Of a store whose namespaces bring their own credentials, while no namespace is there yet.
struct Untried;

#[async_trait]
impl Probe for Untried {
    async fn validate(&self) -> Validation {
        let text = "the credentials are those of the namespace that uses the store, so they cannot be tried here.";
        Validation::Unknown(Fault::new(FaultKind::Misconfigured, text).at("spec.provider.vault.auth"))
    }
}

/// Asks Vault whether the token is good.
struct TokenProbe {
    session: Arc<Session>,
}

#[async_trait]
impl Probe for TokenProbe {
    async fn validate(&self) -> Validation {
        match self.validated().await {
            Ok(()) => Validation::Ready,
            Err(fault) => Validation::Failed(fault),
        }
    }
}

impl TokenProbe {
    /// Without a login there is nothing to try. A login that works proves itself where a policy keeps its token from asking.
    async fn validated(&self) -> Result<(), Fault> {
        let Some(token) = self.session.token().await? else { return Ok(()) };
        let Err(fault) = self.session.look_up(&token).await else { return Ok(()) };
        if !matches!(fault.kind, FaultKind::Denied | FaultKind::Unauthenticated) {
            return Err(fault);
        }
        match self.session.instead_of(&token).await? {
            Some(new) if new.is_static() => self.session.look_up(&new).await,
            Some(_) => Ok(()),
            None if fault.kind == FaultKind::Denied && !token.is_static() => Ok(()),
            None => Err(fault),
        }
    }
}
