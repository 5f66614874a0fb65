//! AWS's Security Token Service: credentials for a role.

use std::sync::Arc;
use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_sts::types::{self, Tag};
use eso_core::{Fault, FaultKind};

use crate::auth::{Login, Provide};
use crate::fault::Asked;
use crate::guard;

const SERVICE: &str = "AWS STS";

/// A client of STS in one region.
pub(crate) struct Sts {
    client: aws_sdk_sts::Client,
    region: String,
}

/// What [`Sts::assume_role`] asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Assumption {
    /// ARN of the role.
    pub(crate) role: String,
    /// What the role's trust policy may ask for.
    pub(crate) external_id: Option<String>,
    /// Session tags.
    pub(crate) tags: Vec<(String, String)>,
    /// Keys of the session tags that stay on.
    pub(crate) transitive: Vec<String>,
}

/// A token, and what it can be exchanged for.
pub(crate) struct WebIdentity<'a> {
    /// ARN of the role.
    pub(crate) role: &'a str,
    /// Name of the session, as it shows up in AWS's own logs.
    pub(crate) session: &'a str,
    /// The token.
    pub(crate) token: &'a str,
    /// What the token is, as `the token of ServiceAccount "ns/name"`.
    pub(crate) proof: String,
}

impl Sts {
    /// `endpoint` stands in for the region's own. Without a login only web identities can be exchanged.
    pub(crate) fn new(config: &SdkConfig, endpoint: Option<&str>, login: Option<Arc<Login>>) -> Self {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let mut builder = aws_sdk_sts::config::Builder::from(config);
        if let Some(endpoint) = endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        if let Some(login) = login {
            builder = builder.credentials_provider(Provide(login));
        }
        Self { client: aws_sdk_sts::Client::from_conf(builder.build()), region }
    }

    /// `AssumeRole`, with the default life of a session.
    pub(crate) async fn assume_role(&self, wanted: &Assumption) -> Result<Credentials, Fault> {
        let asked = Asked {
            service: SERVICE,
            operation: "AssumeRole",
            subject: format!("role {:?}", wanted.role),
            region: &self.region,
            proof: "the credentials that shall assume the role".to_owned(),
            remedy: "The identity before it needs the permission sts:AssumeRole (and sts:TagSession for session tags), and the \
                     role's trust policy must name that identity, and the external ID where there is one.",
        };
        let mut tags = Vec::new();
        for (key, value) in &wanted.tags {
            tags.extend(Tag::builder().key(key).value(value).build().ok());
        }
        let answer = guard::send(&asked, guard::Retry::Usual, || {
            self.client
                .assume_role()
                .role_arn(&wanted.role)
                .role_session_name(session_name())
                .set_external_id(wanted.external_id.clone())
                .set_tags((!tags.is_empty()).then(|| tags.clone()))
                .set_transitive_tag_keys((!wanted.transitive.is_empty()).then(|| wanted.transitive.clone()))
                .send()
        });
        credentials(answer.await?.credentials, &asked)
    }

    /// `AssumeRoleWithWebIdentity`, with the default life of a session.
    pub(crate) async fn exchange(&self, identity: WebIdentity<'_>) -> Result<Credentials, Fault> {
        let asked = Asked {
            service: SERVICE,
            operation: "AssumeRoleWithWebIdentity",
            subject: format!("role {:?}", identity.role),
            region: &self.region,
            proof: identity.proof,
            remedy: "The role's trust policy must allow sts:AssumeRoleWithWebIdentity for the token's issuer, subject and \
                     audience, and the account needs that issuer as an IAM OIDC provider.",
        };
        let answer = guard::send(&asked, guard::Retry::Usual, || {
            self.client
                .assume_role_with_web_identity()
                .role_arn(identity.role)
                .role_session_name(identity.session)
                .web_identity_token(identity.token)
                .send()
        });
        credentials(answer.await?.credentials, &asked)
    }
}

fn credentials(answered: Option<types::Credentials>, asked: &Asked<'_>) -> Result<Credentials, Fault> {
    let answered = answered.ok_or_else(|| {
        let text = format!("{SERVICE} in {} answered {} without credentials.", asked.region, asked.operation);
        Fault::new(FaultKind::Unavailable, text)
    })?;
    let expiry = SystemTime::try_from(answered.expiration).ok();
    let token = Some(answered.session_token);
    Ok(Credentials::new(answered.access_key_id, answered.secret_access_key, token, expiry, "sts"))
}

/// A name that differs each time.
pub(crate) fn session_name() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("external-secrets-{}", since.as_nanos())
}
