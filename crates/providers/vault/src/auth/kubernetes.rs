//! `auth.kubernetes`: the token of a `ServiceAccount`, which Vault has reviewed by the API server.

use std::time::Duration;

use eso_core::crd::{SecretKeySelector, ServiceAccountSelector};
use eso_core::provider::Host;
use eso_core::{Fault, FaultKind, SecretBytes};
use serde_json::json;

use super::{Proof, named, secret, text, with_key};
use crate::config::KubernetesAuth;

/// Life of a fresh token. It is used at once.
const LIFE: Duration = Duration::from_mins(10);

/// Where the kubelet puts the controller's own token.
const TOKEN_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// What to send.
pub(super) async fn proof(auth: &KubernetesAuth, host: &dyn Host) -> Result<Proof, Fault> {
    let field = "spec.provider.vault.auth.kubernetes.secretRef";
    let token = match (&auth.service_account_ref, &auth.secret_ref) {
        (Some(selector), _) => of_account(selector, host).await?,
        (None, Some(selector)) => secret(host, &with_key(selector, "token"), field).await?,
        (None, None) => own(TOKEN_FILE).await?,
    };
    let body = json!({"jwt": text(&token, field)?.trim(), "role": auth.role.trim()});
    Ok(Proof {
        path: format!("auth/{}/login", auth.mount_path.trim_matches('/')),
        body,
        field: "spec.provider.vault.auth.kubernetes",
    })
}

/// A fresh token, else one of those that clusters of old kept in Secrets.
async fn of_account(selector: &ServiceAccountSelector, host: &dyn Host) -> Result<SecretBytes, Fault> {
    let audiences = selector.audiences.clone().unwrap_or_default();
    let fault = match host.service_account_token(selector, &audiences, Some(LIFE)).await {
        Ok(token) => return Ok(token),
        Err(fault) => fault,
    };
    if let Ok(facts) = host.service_account(selector).await {
        for name in facts.secrets {
            let namespace = Some(facts.namespace.clone());
            let place = SecretKeySelector { name: Some(name), namespace, key: Some("token".to_owned()) };
            if let Ok(token) = host.secret_value(&place).await {
                return Ok(token);
            }
        }
    }
    Err(named(fault, "spec.provider.vault.auth.kubernetes.serviceAccountRef"))
}

/// The controller's own token. It is read anew each time, because the kubelet exchanges it.
async fn own(file: &str) -> Result<SecretBytes, Fault> {
    tokio::fs::read(file).await.map(SecretBytes::new).map_err(|error| {
        let text = format!(
            "the controller's own token cannot be read from {file:?}. Name a serviceAccountRef or a secretRef, or mount the \
             token."
        );
        let fault = Fault::new(FaultKind::Misconfigured, text).at("spec.provider.vault.auth.kubernetes");
        fault.with_detail(error.to_string())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test that fails may panic

    use super::own;

    #[tokio::test]
    async fn the_controllers_own_token_is_read_and_a_missing_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let path = path.to_str().unwrap();
        assert!(own(path).await.unwrap_err().message.contains(path));
        std::fs::write(path, "abc").unwrap();
        assert_eq!(own(path).await.unwrap().expose(), b"abc");
    }
}
