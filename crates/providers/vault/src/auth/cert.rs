//! `auth.cert`: a client certificate that Vault knows. It is shown on the connection, for the login and ever after.

use eso_core::Fault;
use eso_core::provider::Host;
use serde_json::json;

use super::{Proof, required, with_key};
use crate::config::CertAuth;
use crate::network::ClientCertificate;

/// What to send.
pub(super) fn proof(auth: &CertAuth) -> Proof {
    let body = match auth.vault_role.as_deref().filter(|role| !role.is_empty()) {
        Some(role) => json!({ "name": role }),
        None => json!({}),
    };
    Proof { path: format!("auth/{}/login", auth.path.trim_matches('/')), body, field: "spec.provider.vault.auth.cert" }
}

/// What to show.
pub(super) async fn certificate(auth: &CertAuth, host: &dyn Host) -> Result<ClientCertificate, Fault> {
    let field = "spec.provider.vault.auth.cert.clientCert";
    let selector = auth.client_cert.as_ref().map(|selector| with_key(selector, "tls.crt"));
    let certificate = required(host, selector.as_ref(), field).await?;
    let selector = auth.secret_ref.as_ref().map(|selector| with_key(selector, "tls.key"));
    let key = required(host, selector.as_ref(), "spec.provider.vault.auth.cert.secretRef").await?;
    Ok(ClientCertificate { certificate, key, field })
}
