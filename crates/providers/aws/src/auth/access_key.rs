//! `auth.secretRef`: an access key that lies in Kubernetes Secrets.

use std::sync::Arc;

use async_trait::async_trait;
use aws_credential_types::Credentials;
use eso_core::crd::SecretKeySelector;
use eso_core::provider::Host;
use eso_core::{Fault, FaultKind};
use eso_provider_kit::login::Source;

use crate::config::AccessKeyAuth;

/// See the module.
pub(crate) struct AccessKey {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) references: AccessKeyAuth,
}

#[async_trait]
impl Source<Credentials> for AccessKey {
    async fn log_in(&self) -> Result<Credentials, Fault> {
        let references = &self.references;
        let secret = self.part("secretAccessKeySecretRef", references.secret_access_key_secret_ref.as_ref()).await?;
        let id = self.part("accessKeyIDSecretRef", references.access_key_id_secret_ref.as_ref()).await?;
        let token = match &references.session_token_secret_ref {
            Some(selector) => Some(self.part("sessionTokenSecretRef", Some(selector)).await?),
            None => None,
        };
        Ok(Credentials::new(id, secret, token, None, "secretRef"))
    }
}

impl AccessKey {
    /// One part, exactly as it lies there: a line feed at its end would count. Faults have the field's path.
    async fn part(&self, field: &str, selector: Option<&SecretKeySelector>) -> Result<String, Fault> {
        let path = format!("spec.provider.aws.auth.secretRef.{field}");
        let selector = selector.ok_or_else(|| {
            Fault::new(FaultKind::Misconfigured, "is required with secretRef: name the Secret and its key.").at(&path)
        })?;
        let value = self.host.secret_value(selector).await.map_err(|fault| match fault.field {
            Some(_) => fault,
            None => fault.at(&path),
        })?;
        let text = value.expose_str().filter(|text| !text.is_empty() && !text.contains(['\n', '\r'])).ok_or_else(|| {
            let name = selector.name.as_deref().unwrap_or_default();
            let key = selector.key.as_deref().unwrap_or_default();
            let text = format!("key \"{key}\" of Secret \"{name}\" is empty, spans lines or is no text. Store it without a line feed.");
            Fault::new(FaultKind::Misconfigured, text).at(&path)
        })?;
        Ok(text.to_owned())
    }
}
