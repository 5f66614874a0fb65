//! One store's requests to its Vault server.

use std::sync::Arc;
use std::time::Duration;

use eso_core::provider::{ApiCall, CallResult, Host};
use eso_core::{Fault, FaultKind, SecretBytes};
use eso_provider_kit::guard::{self, Failed, Retry};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::Value;
use url::Url;

use crate::config::VaultConfig;
use crate::fault::{Asked, Failure, Purpose, again, answered, detail, fault, unanswered};
use crate::replication::States;

/// Label of the call counter.
const METRIC: &str = "HashiCorp/Vault";

/// Longest answer that is read.
const LONGEST: usize = 32 * 1024 * 1024;

const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");
const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const INDEX: HeaderName = HeaderName::from_static("x-vault-index");

/// See the module.
pub(crate) struct Client {
    http: Arc<reqwest::Client>,
    server: Url,
    /// Sent with every request: the store's own ones, and those of the protocol.
    headers: HeaderMap,
    namespace: Option<HeaderValue>,
    auth_namespace: Option<HeaderValue>,
    states: Option<States>,
    retry: Retry,
    host: Arc<dyn Host>,
}

/// A request.
pub(crate) struct Request<'a> {
    pub(crate) purpose: Purpose,
    /// Below `/v1/`.
    pub(crate) path: &'a str,
    /// Version of the secret; empty for the current one.
    pub(crate) version: &'a str,
    pub(crate) token: Option<&'a HeaderValue>,
    pub(crate) body: Option<&'a Value>,
}

impl Client {
    /// Connects to nothing yet.
    ///
    /// Faults: Misconfigured, with the field.
    pub(crate) fn new(config: &VaultConfig, http: Arc<reqwest::Client>, host: Arc<dyn Host>) -> Result<Self, Fault> {
        // ESO leaves HashiCorp's own retries on unless the store says otherwise, and then takes a number of retries, not of tries.
        let retry = Retry::of(host.retry_settings(), |retries| {
            u32::try_from(retries.unwrap_or_default()).unwrap_or_default().saturating_add(1)
        })?;
        let namespace = namespace("namespace", config.namespace.as_deref())?;
        let of_auth = config.auth.as_ref().and_then(|auth| auth.namespace.as_deref());
        let auth_namespace = self::namespace("auth.namespace", of_auth)?.or_else(|| namespace.clone());
        let consistent = config.read_your_writes == Some(true) || config.forward_inconsistent == Some(true);
        Ok(Self {
            http,
            server: server(&config.server)?,
            headers: headers(config)?,
            namespace,
            auth_namespace,
            states: consistent.then(States::default),
            retry,
            host,
        })
    }

    /// Sends a request. An answer 404 to a read that has data or warnings comes back as it is, as in ESO.
    pub(crate) async fn send(&self, request: &Request<'_>) -> Result<SecretBytes, Fault> {
        let asked = Asked { purpose: request.purpose, path: request.path.to_owned() };
        guard::send(self.retry, || async {
            let answer = self.once(request).await;
            self.host.count(ApiCall { provider: METRIC, call: request.call(), result: CallResult::from(&answer) });
            answer.map_err(|(failure, foreign)| {
                let mut fault = fault(&failure, &asked, &self.name());
                fault.detail = foreign.or(fault.detail);
                Failed { again: again(&failure), fault }
            })
        })
        .await
    }

    /// Host and port of the server, for people.
    pub(crate) fn name(&self) -> String {
        let host = self.server.host_str().unwrap_or_default();
        self.server.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The cluster that the store lives in.
    pub(crate) fn host(&self) -> &Arc<dyn Host> {
        &self.host
    }

    async fn once(&self, request: &Request<'_>) -> Result<SecretBytes, (Failure, Option<String>)> {
        let unanswered = |error: reqwest::Error| (unanswered(&error), Some(detail(error)));
        let mut builder = self.http.request(request.method(), self.url(request)).headers(self.headers.clone());
        let namespace = match request.purpose {
            Purpose::Read => self.namespace.as_ref(),
            Purpose::Login(_) | Purpose::Lookup | Purpose::Revoke => self.auth_namespace.as_ref(),
        };
        let known = self.states.iter().flat_map(States::headers).filter_map(|state| HeaderValue::try_from(state).ok());
        builder = known.fold(builder, |builder, state| builder.header(INDEX, state));
        for (name, value) in [(NAMESPACE, namespace), (TOKEN, request.token)] {
            if let Some(value) = value {
                builder = builder.header(name, value);
            }
        }
        if let Some(body) = request.body {
            builder = builder.header("content-type", "application/json").body(body.to_string());
        }
        let response = builder.send().await.map_err(unanswered)?;
        let status = response.status();
        let header = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
        let retry_after = header(RETRY_AFTER).and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
        if let (Some(states), Some(state)) = (&self.states, header(INDEX)) {
            states.record(state);
        }
        let body = body(response).await.map_err(unanswered)?;
        let body = body.ok_or((Failure::Garbage { status: status.as_u16() }, None))?;
        if status.is_success() || (status == 404 && request.purpose == Purpose::Read && has_content(body.expose())) {
            return Ok(body);
        }
        Err((answered(status.as_u16(), body.expose(), retry_after), None))
    }

    /// Each part of the path is escaped, so that no key changes what is asked for.
    fn url(&self, request: &Request<'_>) -> Url {
        let mut url = self.server.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("v1").extend(request.path.split('/'));
        }
        if !request.version.is_empty() {
            url.query_pairs_mut().append_pair("version", request.version);
        }
        url
    }
}

impl Request<'_> {
    fn method(&self) -> Method {
        match self.purpose {
            Purpose::Read | Purpose::Lookup => Method::GET,
            Purpose::Login(_) | Purpose::Revoke => Method::PUT,
        }
    }

    /// Label of the call counter.
    fn call(&self) -> &'static str {
        match self.purpose {
            Purpose::Login(_) => "Login",
            Purpose::Lookup => "LookupSelf",
            Purpose::Read => "ReadSecretData",
            Purpose::Revoke => "RevokeSelf",
        }
    }
}

/// All of an answer; `None` when it is endless.
async fn body(mut response: reqwest::Response) -> Result<Option<SecretBytes>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST {
            return Ok(None);
        }
    }
    Ok(Some(SecretBytes::new(body)))
}

/// Whether an answer 404 is more than "there is nothing": a deleted version comes with its metadata, a wrong path with a warning.
fn has_content(body: &[u8]) -> bool {
    let Ok(answer) = serde_json::from_slice::<Value>(body) else { return false };
    let filled = |name: &str| match answer.get(name) {
        Some(Value::Object(members)) => !members.is_empty(),
        Some(Value::Array(elements)) => !elements.is_empty(),
        _ => false,
    };
    filled("data") || filled("warnings")
}

fn wrong(field: &str, text: &str) -> Fault {
    Fault::new(FaultKind::Misconfigured, text).at(format!("spec.provider.vault.{field}"))
}

fn server(text: &str) -> Result<Url, Fault> {
    let url = Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let mut url =
        url.ok_or_else(|| wrong("server", "is no URL of a server, such as https://vault.example.com:8200."))?;
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

fn namespace(field: &str, namespace: Option<&str>) -> Result<Option<HeaderValue>, Fault> {
    let value = namespace.filter(|namespace| !namespace.is_empty()).map(HeaderValue::from_str).transpose();
    value.map_err(|_| wrong(field, "is no name of a namespace: it cannot be sent in a header."))
}

fn headers(config: &VaultConfig) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    for (name, value) in config.headers.iter().flatten() {
        let field = format!("headers.{name}");
        let name = HeaderName::try_from(name).map_err(|_| wrong(&field, "is no name of a header."))?;
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong(&field, "is no value of a header."))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    headers.insert("x-vault-request", HeaderValue::from_static("true"));
    if config.read_your_writes == Some(true) && config.forward_inconsistent == Some(true) {
        headers.insert("x-vault-inconsistent", HeaderValue::from_static("forward-active-node"));
    }
    Ok(headers)
}
