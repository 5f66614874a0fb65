//! Tokens: one per identity, renewed in time, given back when nobody uses them any more.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use eso_core::{Fault, FaultKind, SecretBytes};
use eso_provider_kit::login::{Clock, Login, Logins, Refusal, Source};
use reqwest::header::HeaderValue;
use serde::Deserialize;

use super::{Way, secret};
use crate::client::{Client, Request};
use crate::fault::Purpose;

/// After this time a login is made anew even if its token never ends.
const LONGEST_LIFE: Duration = Duration::from_hours(24);

/// All logins of the process. The key says everything that they depend on.
pub(crate) type Sessions = Logins<String, Arc<Token>>;

/// A token, as a header. One that a login gave is revoked when it is dropped.
pub(crate) struct Token {
    header: HeaderValue,
    end: Option<SystemTime>,
    /// Who revokes it; none for tokens that are somebody else's, or cannot be revoked.
    revoker: Option<Arc<Client>>,
}

/// How a store comes to its token.
pub(crate) struct Session {
    /// None where requests carry no token.
    login: Option<Arc<Login<Arc<Token>>>>,
    client: Arc<Client>,
}

/// What a login answers, as far as it matters.
#[derive(Deserialize)]
struct Answer {
    auth: Option<Granted>,
}

#[derive(Deserialize)]
struct Granted {
    client_token: String,
    #[serde(default)]
    lease_duration: u64,
    #[serde(default)]
    token_type: String,
}

struct LogIn {
    way: Way,
    client: Arc<Client>,
}

impl Session {
    /// The session of the identity called `key`. Nobody logs in yet.
    pub(crate) fn new(sessions: &Sessions, key: &str, way: Way, client: &Arc<Client>) -> Self {
        let login = (way != Way::None).then(|| {
            sessions.shared(&key.to_owned(), || {
                let host = Arc::clone(client.host());
                let clock: Clock = Arc::new(move || SystemTime::from(host.now()));
                Login::new(Box::new(LogIn { way, client: Arc::clone(client) }), clock, |token: &Arc<Token>| token.end)
            })
        });
        Self { login, client: Arc::clone(client) }
    }

    /// A token that holds; `None` where none is needed.
    pub(crate) async fn token(&self) -> Result<Option<Arc<Token>>, Fault> {
        match &self.login {
            Some(login) => login.credentials().await.map(Some),
            None => Ok(None),
        }
    }

    /// Asks Vault whether a token is good.
    pub(crate) async fn look_up(&self, token: &Token) -> Result<(), Fault> {
        let path = "auth/token/lookup-self";
        let request = Request { purpose: Purpose::Lookup, path, version: "", token: Some(&token.header), body: None };
        self.client.send(&request).await.map(drop)
    }

    /// After Vault denied something to `token`: another token, if that one may be of no use any more.
    pub(crate) async fn instead_of(&self, token: &Arc<Token>) -> Result<Option<Arc<Token>>, Fault> {
        let Some(login) = &self.login else { return Ok(None) };
        let refusal = match self.look_up(token).await {
            Err(fault) if fault.kind == FaultKind::Unauthenticated => Refusal::Certain,
            Err(fault) if fault.kind == FaultKind::Denied => Refusal::Likely,
            _ => return Ok(None),
        };
        login.refused(refusal, |held| Arc::ptr_eq(held, token));
        let new = login.credentials().await?;
        Ok((!Arc::ptr_eq(&new, token)).then_some(new))
    }
}

impl Token {
    /// Whether it lay in a Secret: then having it proves nothing.
    pub(crate) fn is_static(&self) -> bool {
        self.end.is_none()
    }

    /// The value of the header `X-Vault-Token`.
    pub(crate) fn header(&self) -> &HeaderValue {
        &self.header
    }

    fn new(text: &str, end: Option<SystemTime>, revoker: Option<Arc<Client>>) -> Result<Self, Fault> {
        let mut header =
            HeaderValue::from_str(text.trim()).ok().filter(|header| !header.is_empty()).ok_or_else(|| {
                let text =
                    "the Vault token is empty or has characters that no token has. Store the token and nothing else.";
                Fault::new(FaultKind::Misconfigured, text)
            })?;
        header.set_sensitive(true);
        Ok(Self { header, end, revoker })
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        let (Some(client), Ok(runtime)) = (self.revoker.take(), tokio::runtime::Handle::try_current()) else { return };
        let header = self.header.clone();
        runtime.spawn(async move {
            let path = "auth/token/revoke-self";
            let request = Request { purpose: Purpose::Revoke, path, version: "", token: Some(&header), body: None };
            if let Err(fault) = client.send(&request).await {
                tracing::debug!(%fault, "a Vault token that nobody uses any more could not be revoked; it ends by itself");
            }
        });
    }
}

#[async_trait]
impl Source<Arc<Token>> for LogIn {
    async fn log_in(&self) -> Result<Arc<Token>, Fault> {
        let host = self.client.host();
        if let Way::Token(selector) = &self.way {
            let field = "spec.provider.vault.auth.tokenSecretRef";
            let value = secret(host.as_ref(), selector, field).await?;
            let token = Token::new(value.expose_str().unwrap_or_default(), None, None);
            return token.map(Arc::new).map_err(|fault| fault.at(field));
        }
        let proof = self
            .way
            .proof(host.as_ref())
            .await?
            .ok_or_else(|| Fault::new(FaultKind::Internal, "a login was asked for that needs none."))?;
        let purpose = Purpose::Login(proof.field);
        let request = Request { purpose, path: &proof.path, version: "", token: None, body: Some(&proof.body) };
        let body = self.client.send(&request).await?;
        self.granted(&body, proof.field).map(Arc::new)
    }
}

impl LogIn {
    fn granted(&self, body: &SecretBytes, field: &str) -> Result<Token, Fault> {
        let server = self.client.name();
        let answer: Option<Answer> = serde_json::from_slice(body.expose()).ok();
        let granted = answer.and_then(|answer| answer.auth).filter(|auth| !auth.client_token.is_empty());
        let granted = granted.ok_or_else(|| {
            let text = format!(
                "Vault at {server} answered the login without a token. Logins in several steps are not supported."
            );
            Fault::new(FaultKind::Unauthenticated, text).at(field)
        })?;
        let life = match granted.lease_duration {
            0 => LONGEST_LIFE,
            seconds => Duration::from_secs(seconds).min(LONGEST_LIFE),
        };
        let end = SystemTime::from(self.client.host().now()) + life;
        let revoker = (granted.token_type != "batch").then(|| Arc::clone(&self.client));
        let text = SecretBytes::from(granted.client_token);
        Token::new(text.expose_str().unwrap_or_default(), Some(end), revoker)
    }
}
