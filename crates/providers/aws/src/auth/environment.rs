//! The controller's own credentials, where a store brings none.
//!
//! The order of the Go SDK: an access key in the environment, the web identity token of `AWS_WEB_IDENTITY_TOKEN_FILE`, then the
//! SDK's chain: shared files, container credentials (EKS Pod Identity), instance metadata.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use aws_config::Region;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::DisplayErrorContext;
use eso_core::provider::Host;
use eso_core::{Fault, FaultKind};
use eso_provider_kit::login::Source;
use tokio::sync::OnceCell;

use crate::sts::{Sts, WebIdentity, session_name};

const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ROLE: &str = "AWS_ROLE_ARN";
const SESSION: &str = "AWS_ROLE_SESSION_NAME";

/// See the module.
pub(crate) struct Environment {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) sts: Sts,
    pub(crate) region: String,
    pub(crate) chain: OnceCell<DefaultCredentialsChain>,
}

#[async_trait]
impl Source<Credentials> for Environment {
    async fn log_in(&self) -> Result<Credentials, Fault> {
        let env = |name: &str| self.host.env(name);
        if let (Some(id), Some(secret)) = (env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY")) {
            return Ok(Credentials::new(id, secret, env("AWS_SESSION_TOKEN"), None, "environment"));
        }
        match env(TOKEN_FILE) {
            Some(file) => self.web_identity(&file).await,
            None => self.chain().await,
        }
    }
}

impl Environment {
    async fn web_identity(&self, file: &str) -> Result<Credentials, Fault> {
        let role = self.host.env(ROLE).ok_or_else(|| {
            let text =
                format!("{TOKEN_FILE} is set, but {ROLE} is not. Set it to the ARN of the controller's IAM role.");
            Fault::new(FaultKind::Unauthenticated, text)
        })?;
        let token = token(file).await?;
        let session = self.host.env(SESSION).unwrap_or_else(session_name);
        let proof = format!("the web identity token in file {file:?} ({TOKEN_FILE})");
        self.sts.exchange(WebIdentity { role: &role, session: &session, token: &token, proof }).await
    }

    async fn chain(&self) -> Result<Credentials, Fault> {
        let chain = self.chain.get_or_init(|| async {
            let region = Some(Region::new(self.region.clone()));
            let config = ProviderConfig::without_region().with_region(region.clone());
            DefaultCredentialsChain::builder().configure(config).region(region).build().await
        });
        chain.await.provide_credentials().await.map_err(|error| chain_fault(&error))
    }
}

/// The token in `file`. It is read anew each time, because the kubelet exchanges it.
async fn token(file: &str) -> Result<String, Fault> {
    let fault = |problem: &str| {
        let text = format!(
            "AWS login failed: the file {file:?} that {TOKEN_FILE} names {problem}. The pod needs a projected ServiceAccount \
             token there."
        );
        Fault::new(FaultKind::Unauthenticated, text)
    };
    let text = tokio::fs::read_to_string(Path::new(file)).await.map_err(|error| {
        let problem = match error.kind() {
            std::io::ErrorKind::NotFound => "does not exist",
            std::io::ErrorKind::PermissionDenied => "may not be read by the controller",
            std::io::ErrorKind::InvalidData => "holds no text",
            _ => "cannot be read",
        };
        fault(problem).with_detail(error.to_string())
    })?;
    let token = text.trim();
    if token.is_empty() { Err(fault("is empty")) } else { Ok(token.to_owned()) }
}

fn chain_fault(error: &CredentialsError) -> Fault {
    let fault = match error {
        CredentialsError::CredentialsNotLoaded(_) => {
            let text = format!(
                "no AWS credentials found: the store has no auth, and neither the controller's environment ({TOKEN_FILE} and \
                 {ROLE}, or an access key), nor shared files, nor EKS Pod Identity, nor the node gave any."
            );
            Fault::new(FaultKind::Unauthenticated, text)
        }
        CredentialsError::ProviderTimedOut(_) => {
            let text = "the source of the controller's AWS credentials did not answer in time.";
            Fault::new(FaultKind::Unavailable, text)
        }
        CredentialsError::InvalidConfiguration(_) => {
            let text = "the controller's AWS settings (environment or shared files) cannot be understood.";
            Fault::new(FaultKind::Misconfigured, text)
        }
        // The last link of the chain, the node, fails in many ways where there is no AWS around.
        _ => {
            let text = format!(
                "no AWS credentials could be got: the store has no auth, the controller's environment names no token ({TOKEN_FILE} \
                 and {ROLE}) and no access key, and what remains (shared files, EKS Pod Identity, the node) failed."
            );
            Fault::new(FaultKind::Unauthenticated, text)
        }
    };
    fault.with_detail(DisplayErrorContext(error).to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test that fails may panic

    use eso_core::FaultKind;

    use super::token;

    #[tokio::test]
    async fn token_file_is_trimmed_and_its_troubles_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("good"), "abc\n").unwrap();
        std::fs::write(path("empty"), " \n").unwrap();
        std::fs::write(path("binary"), [0xff, 0xfe]).unwrap();
        assert_eq!(token(&path("good")).await.unwrap(), "abc");
        for (name, problem) in [("absent", "does not exist"), ("empty", "is empty"), ("binary", "holds no text")] {
            let fault = token(&path(name)).await.unwrap_err();
            assert_eq!(fault.kind, FaultKind::Unauthenticated);
            assert!(fault.message.contains(&path(name)) && fault.message.contains(problem), "{fault}");
            assert!(fault.message.contains("AWS_WEB_IDENTITY_TOKEN_FILE"), "{fault}");
        }
    }
}
