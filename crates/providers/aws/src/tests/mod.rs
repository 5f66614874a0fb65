//! Against a stand-in for AWS in this process. A real emulator is used elsewhere.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

mod login;
mod mock;
mod reading;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use eso_core::crd::{SecretKeySelector, ServiceAccountSelector};
use eso_core::provider::{
    ApiCall, Host, Locator, MetadataPolicy, Payload, Provider, ServiceAccountFacts, Shape, Store, StoreKind, StoreScope,
};
use eso_core::{Fault, FaultKind, SecretBytes};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::ENTRY;
use mock::Mock;

/// A cluster in memory.
struct Cluster {
    scope: StoreScope,
    namespace: String,
    env: HashMap<&'static str, String>,
    secrets: HashMap<(&'static str, &'static str), &'static str>,
    annotations: BTreeMap<String, String>,
    asked: Mutex<Vec<String>>,
    calls: Mutex<Vec<ApiCall>>,
}

impl Cluster {
    /// A `ClusterSecretStore` that `team` uses; AWS is `mock`, and an access key stands in the environment.
    fn new(mock: &Mock) -> Self {
        let env = [
            ("AWS_SECRETSMANAGER_ENDPOINT", mock.url()),
            ("AWS_STS_ENDPOINT", mock.url()),
            ("AWS_ACCESS_KEY_ID", "AKIAENV".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "env-secret".to_owned()),
        ];
        Self {
            scope: StoreScope { kind: StoreKind::ClusterSecretStore, name: "aws".into(), namespace: String::new() },
            namespace: "team".into(),
            env: HashMap::from(env),
            secrets: HashMap::new(),
            annotations: BTreeMap::new(),
            asked: Mutex::default(),
            calls: Mutex::default(),
        }
    }

    /// Without the access key, but with a projected token in `file`.
    fn with_token(mut self, file: &str) -> Self {
        self.env.remove("AWS_ACCESS_KEY_ID");
        self.env.insert("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_owned());
        self.env.insert("AWS_ROLE_ARN", "arn:aws:iam::1:role/controller".to_owned());
        self.env.insert("AWS_ROLE_SESSION_NAME", "session".to_owned());
        self
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
    fn retry_settings(&self) -> Option<&eso_core::crd::RetrySettings> {
        None
    }

    async fn secret_value(&self, selector: &SecretKeySelector) -> Result<SecretBytes, Fault> {
        let (name, key) = (selector.name.as_deref().unwrap(), selector.key.as_deref().unwrap());
        self.asked.lock().push(format!("{name}/{key}"));
        let found = self.secrets.iter().find(|((one, two), _)| *one == name && *two == key);
        let fault = || Fault::new(FaultKind::Misconfigured, format!("no key {key} in Secret {name}"));
        found.map(|(_, value)| SecretBytes::from(*value)).ok_or_else(fault)
    }
    async fn config_map_value(&self, _: &SecretKeySelector) -> Result<String, Fault> {
        panic!("AWS reads no ConfigMap")
    }
    async fn service_account(&self, _: &ServiceAccountSelector) -> Result<ServiceAccountFacts, Fault> {
        Ok(ServiceAccountFacts {
            namespace: self.namespace.clone(),
            annotations: self.annotations.clone(),
            secrets: vec![],
        })
    }
    async fn service_account_token(
        &self,
        selector: &ServiceAccountSelector,
        audiences: &[String],
        _: Option<std::time::Duration>,
    ) -> Result<SecretBytes, Fault> {
        self.asked.lock().push(format!("token of {} for {}", selector.name, audiences.join("+")));
        Ok(SecretBytes::from("account-token"))
    }
    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
    fn count(&self, call: ApiCall) {
        self.calls.lock().push(call);
    }
}

fn provider() -> Arc<dyn Provider> {
    (ENTRY.build)()
}

fn block(more: Value) -> Value {
    let mut block = json!({"service": "SecretsManager", "region": "us-west-2"});
    for (key, value) in more.as_object().unwrap() {
        block[key] = value.clone();
    }
    block
}

async fn connect(provider: &Arc<dyn Provider>, cluster: Cluster, more: Value) -> Result<Store, Fault> {
    provider.parse(&block(more)).unwrap().connect(Arc::new(cluster)).await
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

fn version(key: &str, version: &str) -> Locator {
    Locator { version: version.into(), ..locator(key) }
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
