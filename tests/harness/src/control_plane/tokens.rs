//! `ServiceAccounts` and their tokens.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::PostParams;
use kube::{Api, Resource};
use serde_json::{Value, json};

use super::{ControlPlane, ISSUER};
use crate::kubeconfig::{self, Credentials};

/// Kubernetes gives out tokens for no less than ten minutes.
pub const SHORTEST_TOKEN: Duration = Duration::from_mins(10);

impl ControlPlane {
    /// The `iss` of every token.
    pub const fn issuer(&self) -> &'static str {
        ISSUER
    }

    /// The keys that tokens are signed with, as the API server publishes them at `/openid/v1/jwks`.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub async fn jwks(&self) -> anyhow::Result<Value> {
        let request = http::Request::get("/openid/v1/jwks").body(Vec::new())?;
        let text = self
            .access
            .admin_client()
            .request_text(request)
            .await
            .context("the API server does not give its published keys")?;
        serde_json::from_str(&text).context("the published keys are not JSON")
    }

    /// Makes a namespace and a `ServiceAccount` in it where they are missing.
    ///
    /// # Errors
    /// When the API server refuses.
    pub async fn ensure_service_account(&self, namespace: &str, name: &str) -> anyhow::Result<()> {
        create_if_missing(&Api::<Namespace>::all(self.access.admin_client()), named(namespace)).await?;
        create_if_missing(&Api::<ServiceAccount>::namespaced(self.access.admin_client(), namespace), named(name)).await
    }

    /// A token from the `TokenRequest` API for one audience (empty: the API server itself). The `ServiceAccount` is made if it is
    /// missing. `ttl` is at least [`SHORTEST_TOKEN`].
    ///
    /// # Errors
    /// When the API server refuses.
    pub async fn service_account_token(
        &self,
        namespace: &str,
        name: &str,
        audience: &str,
        ttl: Duration,
    ) -> anyhow::Result<String> {
        self.ensure_service_account(namespace, name).await?;
        let audiences = if audience.is_empty() { Vec::new() } else { vec![audience.to_owned()] };
        let seconds = i64::try_from(ttl.as_secs()).context("ttl is too long")?;
        let spec = TokenRequestSpec { audiences, expiration_seconds: Some(seconds), ..TokenRequestSpec::default() };
        let request = TokenRequest { spec, ..TokenRequest::default() };
        let accounts = Api::<ServiceAccount>::namespaced(self.access.admin_client(), namespace);
        let answer = accounts.create_token_request(name, &PostParams::default(), &request).await;
        let answer = answer.with_context(|| format!("no token for the ServiceAccount {namespace}/{name}"))?;
        Ok(answer.status.context("the API server answered without a token")?.token)
    }

    /// Writes a kubeconfig to `path`, and beside it a token file (`<path>.token`) that it names, with which a program acts as that
    /// `ServiceAccount`: under exactly the rights that it has been given. The token lasts a day.
    ///
    /// # Errors
    /// When there is no token, or a file cannot be written.
    pub async fn kubeconfig_for_service_account(&self, namespace: &str, name: &str, path: &Path) -> anyhow::Result<()> {
        let token = self.service_account_token(namespace, name, "", Duration::from_hours(24)).await?;
        let mut token_path = path.as_os_str().to_owned();
        token_path.push(".token");
        let token_path = Path::new(&token_path);
        kubeconfig::write_private(token_path, &token)?;
        let config = kubeconfig::kubeconfig(&self.url(), &self.ca(), &Credentials::TokenFile(token_path));
        kubeconfig::write_private(path, &config.to_string())
    }

    /// A client that acts as a `ServiceAccount`, which is made if it is missing.
    ///
    /// # Errors
    /// When there is no token.
    pub async fn client_for_service_account(&self, namespace: &str, name: &str) -> anyhow::Result<kube::Client> {
        let path = self.dir().join(format!("{namespace}.{name}.kubeconfig"));
        self.kubeconfig_for_service_account(namespace, name, &path).await?;
        let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        kubeconfig::client(&serde_json::from_str(&text)?).await
    }

    /// Signs any claims with the cluster's own key: for tokens that no API server would give out, such as expired ones.
    ///
    /// # Errors
    /// When the published keys cannot be read (the token names its key as they do).
    pub async fn sign_claims(&self, claims: &Value) -> anyhow::Result<String> {
        let jwks = self.jwks().await?;
        let kid = jwks.pointer("/keys/0/kid").and_then(Value::as_str).context("the published keys name no key id")?;
        sign(&self.setup.service_account_key, kid, claims)
    }
}

/// A JWT (RS256). A forger can name a key id that is not his.
pub(crate) fn sign(key: &rcgen::KeyPair, kid: &str, claims: &Value) -> anyhow::Result<String> {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(kid.to_owned());
    let key = EncodingKey::from_rsa_pem(key.serialize_pem().as_bytes()).context("not an RSA key")?;
    jsonwebtoken::encode(&header, claims, &key).context("the claims cannot be signed")
}

/// A token with the claims and the key id of `token`, but signed with a key of our own: what a forger can do.
///
/// # Errors
/// When `token` is not a JWT.
pub fn forge(token: &str) -> anyhow::Result<String> {
    let header = jsonwebtoken::decode_header(token).context("not a JWT")?;
    let claims = claims(token)?;
    sign(&crate::pki::rsa_key()?, header.kid.as_deref().unwrap_or_default(), &claims)
}

/// The claims of a JWT, unverified.
///
/// # Errors
/// When `token` is not a JWT.
pub fn claims(token: &str) -> anyhow::Result<Value> {
    let payload = token.split('.').nth(1).context("not a JWT")?;
    let bytes = URL_SAFE_NO_PAD.decode(payload).context("not a JWT")?;
    serde_json::from_slice(&bytes).context("not a JWT")
}

fn named<K: Resource + serde::de::DeserializeOwned>(name: &str) -> anyhow::Result<K> {
    Ok(serde_json::from_value(json!({ "metadata": { "name": name } }))?)
}

async fn create_if_missing<K>(api: &Api<K>, object: anyhow::Result<K>) -> anyhow::Result<()>
where
    K: Clone + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
{
    match api.create(&PostParams::default(), &object?).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
        Err(error) => Err(error).context("the API server refuses an object that the harness needs"),
    }
}
