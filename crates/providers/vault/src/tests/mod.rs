//! Against a stand-in for Vault in this process. A real server is used elsewhere.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic
#![allow(clippy::wildcard_imports)] // these files are one test, cut into pieces

mod login;
mod mock;
mod reading;
mod tls;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use eso_core::crd::{RetrySettings, SecretKeySelector, ServiceAccountSelector};
use eso_core::provider::{
    ApiCall, CallResult, Host, Locator, MetadataPolicy, Payload, Provider, ServiceAccountFacts, Shape, Store,
    StoreKind, StoreScope, Validation,
};
use eso_core::{Fault, FaultKind, SecretBytes};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::ENTRY;
use mock::Mock;

/// A cluster in memory. Clones share what they wrote down.
#[derive(Clone)]
struct Cluster {
    scope: StoreScope,
    namespace: String,
    secrets: Arc<Mutex<HashMap<String, String>>>,
    account_secrets: Vec<String>,
    no_tokens: Option<Fault>,
    retry: Option<RetrySettings>,
    late: Arc<Mutex<Duration>>,
    asked: Arc<Mutex<Vec<String>>>,
    calls: Arc<Mutex<Vec<ApiCall>>>,
}

impl Cluster {
    /// A `SecretStore` in `team`, where these Secrets lie: `name/key` and value.
    fn new(secrets: &[(&str, &str)]) -> Self {
        let secrets = secrets.iter().map(|(place, value)| ((*place).to_owned(), (*value).to_owned())).collect();
        Self {
            scope: StoreScope { kind: StoreKind::SecretStore, name: "st".into(), namespace: "team".into() },
            namespace: "team".into(),
            secrets: Arc::new(Mutex::new(secrets)),
            account_secrets: Vec::new(),
            no_tokens: None,
            retry: None,
            late: Arc::default(),
            asked: Arc::default(),
            calls: Arc::default(),
        }
    }

    /// The same for a `ClusterSecretStore` that `namespace` uses.
    fn cluster_wide(mut self, namespace: &str) -> Self {
        self.scope = StoreScope { kind: StoreKind::ClusterSecretStore, name: "st".into(), namespace: String::new() };
        namespace.clone_into(&mut self.namespace);
        self
    }

    fn calls(&self, call: &str) -> (usize, usize) {
        let calls = self.calls.lock();
        let mine = calls.iter().filter(|it| it.call == call && it.provider == "HashiCorp/Vault");
        let good = mine.clone().filter(|it| it.result == CallResult::Success).count();
        (good, mine.count() - good)
    }

    fn pass(&self, time: Duration) {
        *self.late.lock() += time;
    }
}

#[async_trait]
impl Host for Cluster {
    fn scope(&self) -> &StoreScope {
        &self.scope
    }
    fn namespace(&self) -> &str {
        &self.namespace
    }
    fn retry_settings(&self) -> Option<&RetrySettings> {
        self.retry.as_ref()
    }

    async fn secret_value(&self, selector: &SecretKeySelector) -> Result<SecretBytes, Fault> {
        let (name, key) = (selector.name.clone().unwrap_or_default(), selector.key.clone().unwrap_or_default());
        let place = format!("{name}/{key}");
        self.asked.lock().push(place.clone());
        let found = self.secrets.lock().get(&place).map(|value| SecretBytes::from(value.as_str()));
        let text =
            format!("cannot get Kubernetes secret \"{name}\" from namespace \"team\": secrets \"{name}\" not found");
        found.ok_or_else(|| Fault::new(FaultKind::Misconfigured, text))
    }
    async fn config_map_value(&self, selector: &SecretKeySelector) -> Result<String, Fault> {
        let value = self.secret_value(selector).await?;
        Ok(value.expose_str().unwrap().to_owned())
    }
    async fn service_account(&self, _: &ServiceAccountSelector) -> Result<ServiceAccountFacts, Fault> {
        let secrets = self.account_secrets.clone();
        Ok(ServiceAccountFacts { namespace: "team".into(), annotations: std::collections::BTreeMap::new(), secrets })
    }
    async fn service_account_token(
        &self,
        selector: &ServiceAccountSelector,
        audiences: &[String],
        life: Option<Duration>,
    ) -> Result<SecretBytes, Fault> {
        let seconds = life.unwrap_or_default().as_secs();
        self.asked.lock().push(format!("token of {} for {} over {seconds} s", selector.name, audiences.join("+")));
        self.no_tokens.clone().map_or_else(|| Ok(SecretBytes::from("account-token")), Err)
    }
    fn env(&self, _: &str) -> Option<String> {
        None
    }
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now() + *self.late.lock()
    }
    fn count(&self, call: ApiCall) {
        self.calls.lock().push(call);
    }
}

fn provider() -> Arc<dyn Provider> {
    (ENTRY.build)()
}

fn block(server: &str, more: Value) -> Value {
    let mut block = json!({"server": server, "path": "secret"});
    for (key, value) in more.as_object().unwrap() {
        block[key] = value.clone();
    }
    block
}

/// With the token `good`, from a Secret.
fn with_token() -> Value {
    json!({"auth": {"tokenSecretRef": {"name": "vault", "key": "token"}}})
}

fn cluster() -> Cluster {
    Cluster::new(&[("vault/token", "good")])
}

async fn connect(mock: &Mock, cluster: &Cluster, more: Value) -> Result<Store, Fault> {
    connect_with(&provider(), mock, cluster, more).await
}

async fn connect_with(
    provider: &Arc<dyn Provider>,
    mock: &Mock,
    cluster: &Cluster,
    more: Value,
) -> Result<Store, Fault> {
    provider.parse(&block(&mock.url(), more)).unwrap().connect(Arc::new(cluster.clone())).await
}

fn locator(key: &str) -> Locator {
    Locator {
        key: key.into(),
        version: String::new(),
        property: String::new(),
        metadata: MetadataPolicy::None,
        shape: Shape::Value,
    }
}

fn property(key: &str, property: &str) -> Locator {
    Locator { property: property.into(), ..locator(key) }
}

async fn read(store: &Store, locators: &[Locator]) -> Vec<Result<String, Fault>> {
    let text = |payload: Payload| match payload {
        Payload::Value(value) => String::from_utf8_lossy(value.expose()).into_owned(),
        Payload::Map(map) => {
            let pairs = map.iter().map(|(key, value)| format!("{key}={}", value.expose_str().unwrap()));
            pairs.collect::<Vec<_>>().join(",")
        }
    };
    let answers = store.reader.as_ref().unwrap().read(locators).await;
    answers.into_iter().map(|answer| answer.map(text)).collect()
}

async fn read_one(store: &Store, locator: Locator) -> Result<String, Fault> {
    read(store, &[locator]).await.remove(0)
}

/// The answer of version 2 with this value.
fn version_2(data: &Value) -> (u16, String) {
    (200, json!({"data": {"data": data, "metadata": {"version": 1}}}).to_string())
}

/// The answer to a login.
fn granted(token: &str, seconds: u64) -> (u16, String) {
    let auth = json!({"client_token": token, "lease_duration": seconds, "renewable": true, "token_type": "service"});
    (200, json!({"auth": auth}).to_string())
}

fn refused(status: u16, error: &str) -> (u16, String) {
    let errors = if error.is_empty() { json!([]) } else { json!([error]) };
    (status, json!({"errors": errors}).to_string())
}

/// What a token without a permission is told.
const POLICY: &str = "1 error occurred:\n\t* permission denied\n\n";
