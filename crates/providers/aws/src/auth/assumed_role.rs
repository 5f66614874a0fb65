//! A role that the credentials of another login assume.

use async_trait::async_trait;
use aws_credential_types::Credentials;
use eso_core::{Fault, FaultKind};
use eso_provider_kit::login::{Refusal, Source};
use std::sync::Arc;

use super::Login;
use crate::sts::{Assumption, Sts};

/// See the module.
pub(crate) struct AssumedRole {
    pub(crate) sts: Sts,
    /// Whose credentials `sts` uses.
    pub(crate) before: Arc<Login>,
    pub(crate) wanted: Assumption,
}

#[async_trait]
impl Source<Credentials> for AssumedRole {
    async fn log_in(&self) -> Result<Credentials, Fault> {
        self.before.credentials().await?;
        let answer = self.sts.assume_role(&self.wanted).await;
        if answer.as_ref().is_err_and(|fault| fault.kind == FaultKind::Unauthenticated) {
            self.before.refused(Refusal::Likely, |_| true);
        }
        answer
    }
}
