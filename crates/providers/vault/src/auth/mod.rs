//! How a store logs in. One file per way.

mod app_role;
mod cert;
mod jwt;
mod kubernetes;
mod password;
mod session;

use eso_core::crd::SecretKeySelector;
use eso_core::provider::Host;
use eso_core::{Fault, FaultKind, SecretBytes};
use serde_json::Value;

use crate::config::{AppRoleAuth, CertAuth, JwtAuth, KubernetesAuth, VaultConfig};
use crate::network::{ClientCertificate, Tls};
use password::Password;

pub(crate) use session::{Session, Sessions};

/// The way that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// No token at all.
    None,
    /// A token in a Secret.
    Token(SecretKeySelector),
    AppRole(AppRoleAuth),
    Kubernetes(KubernetesAuth),
    /// LDAP and Userpass.
    Password(Password),
    Jwt(JwtAuth),
    Cert(CertAuth),
}

/// A request that logs in.
pub(crate) struct Proof {
    /// Path below `/v1/`.
    pub(crate) path: String,
    pub(crate) body: Value,
    /// Path of the block's field.
    pub(crate) field: &'static str,
}

impl Way {
    /// The first way that is set, in ESO's order.
    ///
    /// Faults: Misconfigured when there is none; Unsupported, with the field, for those that this version does not have.
    pub(crate) fn of(config: &VaultConfig) -> Result<Self, Fault> {
        let Some(auth) = config.auth.clone() else { return Ok(Self::None) };
        let unsupported = |field: &str| {
            let text = "this version cannot log in this way. It has tokenSecretRef, appRole, kubernetes, ldap, userPass, jwt and cert.";
            Err(Fault::new(FaultKind::Unsupported, text).at(format!("spec.provider.vault.auth.{field}")))
        };
        let known = auth
            .token_secret_ref
            .map(Self::Token)
            .or_else(|| auth.app_role.map(Self::AppRole))
            .or_else(|| auth.kubernetes.map(Self::Kubernetes))
            .or_else(|| auth.ldap.map(|ldap| Self::Password(Password::from(ldap))))
            .or_else(|| auth.user_pass.map(|user_pass| Self::Password(Password::from(user_pass))))
            .or_else(|| auth.jwt.map(Self::Jwt))
            .or_else(|| auth.cert.map(Self::Cert));
        match known {
            Some(way) => Ok(way),
            None if auth.iam.is_some() => unsupported("iam"),
            None if auth.gcp.is_some() => unsupported("gcp"),
            None => {
                let text = "no valid auth method: set one, such as appRole or kubernetes, or remove auth.";
                Err(Fault::new(FaultKind::Misconfigured, text).at("spec.provider.vault.auth"))
            }
        }
    }

    /// What to send to log in; `None` for the ways that need no request.
    pub(crate) async fn proof(&self, host: &dyn Host) -> Result<Option<Proof>, Fault> {
        match self {
            Self::None | Self::Token(_) => Ok(None),
            Self::AppRole(auth) => app_role::proof(auth, host).await.map(Some),
            Self::Kubernetes(auth) => kubernetes::proof(auth, host).await.map(Some),
            Self::Password(auth) => auth.proof(host).await.map(Some),
            Self::Jwt(auth) => jwt::proof(auth, host).await.map(Some),
            Self::Cert(auth) => Ok(Some(cert::proof(auth))),
        }
    }
}

/// What `config` says about TLS, read from the cluster. With the way `cert` its own certificate is shown.
pub(crate) async fn tls(config: &VaultConfig, way: &Way, host: &dyn Host) -> Result<Tls, Fault> {
    let wanted = eso_provider_kit::ca::Wanted {
        bundle: config.ca_bundle.as_deref(),
        provider: config.ca_provider.as_ref(),
        path: "spec.provider.vault",
    };
    let roots = eso_provider_kit::ca::certificates(&wanted, host).await?;
    let roots = roots.into_iter().map(|certificate| certificate.to_vec()).collect();
    let identity = match (way, &config.tls) {
        (Way::Cert(auth), _) => Some(cert::certificate(auth, host).await?),
        (_, Some(tls)) => match (&tls.cert_secret_ref, &tls.key_secret_ref) {
            (Some(certificate), Some(key)) => {
                let field = "spec.provider.vault.tls.certSecretRef";
                let certificate = secret(host, &with_key(certificate, "tls.crt"), field).await?;
                let key = secret(host, &with_key(key, "tls.key"), "spec.provider.vault.tls.keySecretRef").await?;
                Some(ClientCertificate { certificate, key, field })
            }
            _ => None,
        },
        _ => None,
    };
    Ok(Tls { roots, identity })
}

/// The selector, with a key if it names none.
fn with_key(selector: &SecretKeySelector, key: &str) -> SecretKeySelector {
    let mut selector = selector.clone();
    selector.key.get_or_insert_with(|| key.to_owned());
    selector
}

/// The value behind a reference. ESO's words come first in its faults, because alerts match on them; the field comes after.
async fn secret(host: &dyn Host, selector: &SecretKeySelector, field: &str) -> Result<SecretBytes, Fault> {
    host.secret_value(selector).await.map_err(|fault| named(fault, field))
}

/// The same for a required reference.
async fn required(host: &dyn Host, selector: Option<&SecretKeySelector>, field: &str) -> Result<SecretBytes, Fault> {
    let missing = || Fault::new(FaultKind::Misconfigured, "is required: name a Secret and its key.").at(field);
    secret(host, selector.ok_or_else(missing)?, field).await
}

fn named(mut fault: Fault, field: &str) -> Fault {
    if fault.field.is_none() {
        fault.message = format!("{}: see {field}", fault.message);
    }
    fault
}

/// A secret as text.
fn text<'a>(value: &'a SecretBytes, field: &str) -> Result<&'a str, Fault> {
    value.expose_str().ok_or_else(|| {
        Fault::new(FaultKind::Misconfigured, "leads to bytes that are no text. Store it as text.").at(field)
    })
}
