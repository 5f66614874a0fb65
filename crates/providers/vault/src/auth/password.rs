//! `auth.userPass` and `auth.ldap`: a user with a password, of Vault's own or of a directory.

use eso_core::Fault;
use eso_core::crd::SecretKeySelector;
use eso_core::provider::Host;
use serde_json::json;

use super::{Proof, required, text};
use crate::config::{LdapAuth, UserPassAuth};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Password {
    path: String,
    username: String,
    reference: Option<SecretKeySelector>,
    /// Path of the block's field, and of its reference.
    fields: (&'static str, &'static str),
}

impl From<LdapAuth> for Password {
    fn from(LdapAuth { path, username, secret_ref }: LdapAuth) -> Self {
        let fields = ("spec.provider.vault.auth.ldap", "spec.provider.vault.auth.ldap.secretRef");
        Self { path, username, reference: secret_ref, fields }
    }
}

impl From<UserPassAuth> for Password {
    fn from(UserPassAuth { path, username, secret_ref }: UserPassAuth) -> Self {
        let fields = ("spec.provider.vault.auth.userPass", "spec.provider.vault.auth.userPass.secretRef");
        Self { path, username, reference: secret_ref, fields }
    }
}

impl Password {
    /// What to send. The password counts as it lies there.
    pub(super) async fn proof(&self, host: &dyn Host) -> Result<Proof, Fault> {
        let (field, reference) = self.fields;
        let password = required(host, self.reference.as_ref(), reference).await?;
        let body = json!({"password": text(&password, reference)?});
        Ok(Proof { path: format!("auth/{}/login/{}", self.path.trim_matches('/'), self.username.trim()), body, field })
    }
}
