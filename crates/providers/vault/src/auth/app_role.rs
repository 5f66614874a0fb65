//! `auth.appRole`: the ID of a role, and a secret ID.

use eso_core::Fault;
use eso_core::provider::Host;
use serde_json::json;

use super::{Proof, required, secret, text};
use crate::config::AppRoleAuth;

/// What to send. The role's ID stands in the store, else in a Secret.
pub(super) async fn proof(auth: &AppRoleAuth, host: &dyn Host) -> Result<Proof, Fault> {
    let role_field = "spec.provider.vault.auth.appRole.roleRef";
    let role = match auth.role_id.as_deref().filter(|id| !id.is_empty()) {
        Some(id) => id.trim().to_owned(),
        None => text(&required(host, auth.role_ref.as_ref(), role_field).await?, role_field)?.trim().to_owned(),
    };
    let field = "spec.provider.vault.auth.appRole.secretRef";
    let id = secret(host, &auth.secret_ref, field).await?;
    let body = json!({"role_id": role, "secret_id": text(&id, field)?.trim()});
    Ok(Proof {
        path: format!("auth/{}/login", auth.path.trim_matches('/')),
        body,
        field: "spec.provider.vault.auth.appRole",
    })
}
