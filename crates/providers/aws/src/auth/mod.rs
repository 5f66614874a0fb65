//! Whose credentials a store uses. One file per way to log in.

mod access_key;
mod assumed_role;
mod environment;
mod service_account;
mod session_tags;

use std::sync::Arc;
use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials};
use eso_core::crd::{SecretKeySelector, ServiceAccountSelector};
use eso_core::provider::Host;
use eso_core::{Fault, FaultKind};
use eso_provider_kit::login::{self, Clock, Source};
use eso_provider_kit::namespaces::resolved;
use tokio::sync::OnceCell;

use crate::config::AwsConfig;
use crate::sts::{Assumption, Sts};
use access_key::AccessKey;
use assumed_role::AssumedRole;
use environment::Environment;
use service_account::ServiceAccountToken;

/// A login to AWS.
pub(crate) type Login = login::Login<Credentials>;

/// A login, as the SDK's clients use it.
pub(crate) struct Provide(pub(crate) Arc<Login>);

impl std::fmt::Debug for Provide {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Provide")
    }
}

impl ProvideCredentials for Provide {
    fn provide_credentials<'a>(&'a self) -> provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        provider::future::ProvideCredentials::new(async {
            self.0.credentials().await.map_err(CredentialsError::provider_error)
        })
    }
}

/// An identity: whoever has the same one may use the same credentials, and nobody else.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Identity {
    /// The controller's own.
    Environment { region: String, endpoint: Option<String> },
    /// A `ServiceAccount`, with the audiences of its token.
    ServiceAccount { region: String, endpoint: Option<String>, namespace: String, name: String, audiences: Vec<String> },
    /// Places of an access key's parts: namespace, name and key.
    AccessKey(Vec<(String, String, String)>),
    /// A role that another identity assumes.
    Role { region: String, endpoint: Option<String>, before: Box<Identity>, wanted: Assumption },
}

/// All logins of the process, by identity.
#[derive(Default)]
pub(crate) struct Logins(login::Logins<Identity, Credentials>);

/// What a login is made from.
pub(crate) struct Place<'a> {
    pub(crate) config: &'a AwsConfig,
    pub(crate) host: &'a Arc<dyn Host>,
    pub(crate) sdk: &'a SdkConfig,
}

impl Logins {
    /// The login of the store, shared with all that have the same identity. Nobody logs in yet.
    ///
    /// Faults: Misconfigured, with the field.
    pub(crate) fn of(&self, place: &Place<'_>) -> Result<Arc<Login>, Fault> {
        let (mut identity, mut login) = self.base(place)?;
        for wanted in roles(place) {
            let (region, endpoint) = (place.config.region.clone(), place.endpoint());
            let before = Box::new(identity);
            identity = Identity::Role { region, endpoint, before, wanted: wanted.clone() };
            login = self.shared(&identity, place, || {
                let sts = place.sts(Some(Arc::clone(&login)));
                Box::new(AssumedRole { sts, before: Arc::clone(&login), wanted })
            });
        }
        Ok(login)
    }

    /// What stands before all roles: `jwt`, else `secretRef`, else the controller's own.
    fn base(&self, place: &Place<'_>) -> Result<(Identity, Arc<Login>), Fault> {
        let host = || Arc::clone(place.host);
        let (region, endpoint) = (place.config.region.clone(), place.endpoint());
        let auth = place.config.auth.as_ref();
        if let Some(jwt) = auth.and_then(|auth| auth.jwt.as_ref()) {
            let selector = jwt.service_account_ref.clone().ok_or_else(|| {
                let text = "is required with jwt: name the ServiceAccount that AWS trusts.";
                Fault::new(FaultKind::Misconfigured, text).at("spec.provider.aws.auth.jwt.serviceAccountRef")
            })?;
            let ServiceAccountSelector { name, audiences, .. } = selector.clone();
            let namespace = place.namespace(selector.namespace.as_deref());
            let audiences = audiences.unwrap_or_default();
            let identity = Identity::ServiceAccount { region, endpoint, namespace, name, audiences };
            let source = || -> Box<dyn Source<Credentials>> {
                Box::new(ServiceAccountToken { host: host(), selector, sts: place.sts(None) })
            };
            let login = self.shared(&identity, place, source);
            return Ok((identity, login));
        }
        if let Some(references) = auth.and_then(|auth| auth.secret_ref.clone()) {
            let place_of = |(field, selector): (&str, &SecretKeySelector)| {
                let (name, key) = (selector.name.as_deref(), selector.key.as_deref());
                let name = format!("{field} {}", name.unwrap_or_default());
                (place.namespace(selector.namespace.as_deref()), name, key.unwrap_or_default().to_owned())
            };
            let identity = Identity::AccessKey(references.references().map(place_of).collect());
            let login = self.shared(&identity, place, || Box::new(AccessKey { host: host(), references }));
            return Ok((identity, login));
        }
        let identity = Identity::Environment { region: region.clone(), endpoint };
        let login = self.shared(&identity, place, || {
            Box::new(Environment { host: host(), sts: place.sts(None), region, chain: OnceCell::new() })
        });
        Ok((identity, login))
    }

    fn shared(
        &self,
        identity: &Identity,
        place: &Place<'_>,
        source: impl FnOnce() -> Box<dyn Source<Credentials>>,
    ) -> Arc<Login> {
        self.0.shared(identity, || {
            let host = Arc::clone(place.host);
            let clock: Clock = Arc::new(move || SystemTime::from(host.now()));
            Login::new(source(), clock, Credentials::expiry)
        })
    }
}

impl Place<'_> {
    fn endpoint(&self) -> Option<String> {
        self.host.env("AWS_STS_ENDPOINT")
    }

    fn sts(&self, login: Option<Arc<Login>>) -> Sts {
        Sts::new(self.sdk, self.endpoint().as_deref(), login)
    }

    fn namespace(&self, named: Option<&str>) -> String {
        resolved(self.host.scope(), named, self.host.namespace()).to_owned()
    }
}

/// The roles to assume, in order. External ID and session tags go with the last, `role`, only.
fn roles(place: &Place<'_>) -> Vec<Assumption> {
    let config = place.config;
    let plain = |role: &String| Assumption { role: role.clone(), external_id: None, tags: vec![], transitive: vec![] };
    let mut roles: Vec<Assumption> = config.additional_roles.iter().flatten().map(plain).collect();
    if let Some(role) = config.role.as_ref().filter(|role| !role.is_empty()) {
        roles.push(Assumption {
            external_id: config.external_id.clone().filter(|id| !id.is_empty()),
            tags: session_tags::session_tags(config, place.host.scope(), place.host.namespace()),
            transitive: config.transitive_tag_keys.clone().unwrap_or_default(),
            ..plain(role)
        });
    }
    roles
}
