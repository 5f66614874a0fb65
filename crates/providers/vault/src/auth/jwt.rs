//! `auth.jwt`: a JSON web token, from a Secret or fresh from a `ServiceAccount`.

use std::time::Duration;

use eso_core::provider::Host;
use eso_core::{Fault, FaultKind};
use serde_json::json;

use super::{Proof, named, secret, text};
use crate::config::{AccountToken, JwtAuth};

/// Audience of a fresh token where the store names none.
const AUDIENCE: &str = "vault";
/// Its life.
const LIFE: Duration = Duration::from_mins(10);

/// What to send.
pub(super) async fn proof(auth: &JwtAuth, host: &dyn Host) -> Result<Proof, Fault> {
    let field = "spec.provider.vault.auth.jwt.secretRef";
    let token = match (&auth.secret_ref, &auth.kubernetes_service_account_token) {
        (Some(selector), _) => secret(host, selector, field).await?,
        (None, Some(token)) => {
            let life = token.expiration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
            let life = life.map_or(LIFE, Duration::from_secs);
            let fresh = host.service_account_token(&token.service_account_ref, &audiences(token), Some(life)).await;
            let field = "spec.provider.vault.auth.jwt.kubernetesServiceAccountToken";
            fresh.map_err(|fault| named(fault, field))?
        }
        (None, None) => {
            let text = "neither `secretRef` nor `kubernetesServiceAccountToken` was supplied. Set one of them.";
            return Err(Fault::new(FaultKind::Misconfigured, text).at("spec.provider.vault.auth.jwt"));
        }
    };
    let role = auth.role.as_deref().unwrap_or_default().trim();
    let body = json!({"role": role, "jwt": text(&token, field)?.trim()});
    Ok(Proof {
        path: format!("auth/{}/login", auth.path.trim_matches('/')),
        body,
        field: "spec.provider.vault.auth.jwt",
    })
}

/// Those of the `ServiceAccount`'s reference, then those of the field, which are `vault` when it is left out.
fn audiences(token: &AccountToken) -> Vec<String> {
    let own = token.audiences.clone().unwrap_or_else(|| vec![AUDIENCE.to_owned()]);
    token.service_account_ref.audiences.iter().flatten().cloned().chain(own).collect()
}

#[cfg(test)]
mod tests {
    use eso_core::crd::ServiceAccountSelector;

    use super::{AccountToken, audiences};

    #[test]
    fn v_17_vault_is_the_audience_unless_the_field_names_others_or_none() {
        let of = |named: &[&str], field: Option<&[&str]>| {
            let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
            let service_account_ref = ServiceAccountSelector { audiences: Some(list(named)), ..Default::default() };
            audiences(&AccountToken { service_account_ref, audiences: field.map(list), ..Default::default() })
        };
        assert_eq!(of(&[], None), ["vault"]);
        assert_eq!(of(&["a"], None), ["a", "vault"]);
        assert_eq!(of(&["a"], Some(&["b"])), ["a", "b"]);
        assert_eq!(of(&["a"], Some(&[])), ["a"]);
    }
}
