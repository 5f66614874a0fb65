//! `auth.jwt.serviceAccountRef`: a fresh token of a `ServiceAccount`, exchanged for credentials of the role in its annotation.

use std::sync::Arc;

use async_trait::async_trait;
use aws_credential_types::Credentials;
use eso_core::crd::ServiceAccountSelector;
use eso_core::provider::{Host, ServiceAccountFacts};
use eso_core::{Fault, FaultKind};
use eso_provider_kit::login::Source;

use crate::sts::{Sts, WebIdentity};

/// Annotations that EKS defines, and the audience without one.
const ROLE: &str = "eks.amazonaws.com/role-arn";
const AUDIENCE: &str = "eks.amazonaws.com/audience";
const DEFAULT_AUDIENCE: &str = "sts.amazonaws.com";

/// The session's name in AWS's logs, as ESO has it.
const SESSION: &str = "external-secrets-provider-aws";

/// See the module.
pub(crate) struct ServiceAccountToken {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) selector: ServiceAccountSelector,
    pub(crate) sts: Sts,
}

#[async_trait]
impl Source<Credentials> for ServiceAccountToken {
    async fn log_in(&self) -> Result<Credentials, Fault> {
        let name = &self.selector.name;
        let facts = self.host.service_account(&self.selector).await?;
        let ServiceAccountFacts { namespace, annotations, .. } = &facts;
        let role = annotations.get(ROLE).filter(|role| !role.is_empty()).ok_or_else(|| {
            let text = format!(
                "an IAM role must be associated with ServiceAccount \"{name}\" in namespace \"{namespace}\": set its annotation \
                 {ROLE} to the role's ARN."
            );
            Fault::new(FaultKind::Misconfigured, text).at("spec.provider.aws.auth.jwt.serviceAccountRef")
        })?;
        let audiences = audiences(&facts, &self.selector);
        let token = self.host.service_account_token(&self.selector, &audiences, None).await?;
        let token = token.expose_str().unwrap_or_default();
        let proof = format!("the token of ServiceAccount \"{namespace}/{name}\"");
        self.sts.exchange(WebIdentity { role, session: SESSION, token, proof }).await
    }
}

/// The annotated audience, else AWS's own, then those of the store.
fn audiences(facts: &ServiceAccountFacts, selector: &ServiceAccountSelector) -> Vec<String> {
    let annotated = facts.annotations.get(AUDIENCE).filter(|audience| !audience.is_empty());
    let first = annotated.cloned().unwrap_or_else(|| DEFAULT_AUDIENCE.to_owned());
    std::iter::once(first).chain(selector.audiences.iter().flatten().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use eso_core::crd::ServiceAccountSelector;
    use eso_core::provider::ServiceAccountFacts;

    use super::{AUDIENCE, audiences};

    #[test]
    fn a_04_annotated_or_default_audience_comes_first_then_the_stores() {
        let facts = |audience: Option<&str>| ServiceAccountFacts {
            namespace: "ns".into(),
            secrets: Vec::new(),
            annotations: audience.map(|audience| (AUDIENCE.to_owned(), audience.to_owned())).into_iter().collect(),
        };
        let selector = ServiceAccountSelector { audiences: Some(vec!["x".into(), "y".into()]), ..Default::default() };
        assert_eq!(audiences(&facts(None), &selector), ["sts.amazonaws.com", "x", "y"]);
        assert_eq!(audiences(&facts(Some("")), &selector), ["sts.amazonaws.com", "x", "y"]);
        assert_eq!(audiences(&facts(Some("mine")), &selector), ["mine", "x", "y"]);
    }
}
