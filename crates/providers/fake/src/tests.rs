#![allow(clippy::unwrap_used, clippy::panic)] // a test that fails may panic

use std::sync::Arc;

use async_trait::async_trait;
use eso_core::crd::{SecretKeySelector, ServiceAccountSelector};
use eso_core::provider::{
    ApiCall, Config, Host, Locator, MetadataPolicy, Payload, ServiceAccountFacts, Shape, Store, StoreKind, StoreScope,
    Validation,
};
use eso_core::{Fault, FaultKind, SecretBytes};
use serde_json::{Value, json};

use crate::ENTRY;

/// A cluster that nobody may ask anything.
struct NoHost(StoreScope);

#[async_trait]
impl Host for NoHost {
    fn scope(&self) -> &StoreScope {
        &self.0
    }
    fn namespace(&self) -> &str {
        &self.0.namespace
    }
    fn retry_settings(&self) -> Option<&eso_core::crd::RetrySettings> {
        None
    }

    async fn secret_value(&self, _: &SecretKeySelector) -> Result<SecretBytes, Fault> {
        panic!("the fake reads no Secret")
    }
    async fn config_map_value(&self, _: &SecretKeySelector) -> Result<String, Fault> {
        panic!("the fake reads no ConfigMap")
    }
    async fn service_account(&self, _: &ServiceAccountSelector) -> Result<ServiceAccountFacts, Fault> {
        panic!("the fake reads no ServiceAccount")
    }
    async fn service_account_token(
        &self,
        _: &ServiceAccountSelector,
        _: &[String],
        _: Option<std::time::Duration>,
    ) -> Result<SecretBytes, Fault> {
        panic!("the fake asks for no token")
    }
    fn env(&self, _: &str) -> Option<String> {
        None
    }
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
    fn count(&self, call: ApiCall) {
        panic!("the fake counts no calls, but {call:?}")
    }
}

fn scope() -> StoreScope {
    StoreScope { kind: StoreKind::SecretStore, name: "st".into(), namespace: "ns".into() }
}

fn config(block: &Value) -> Box<dyn Config> {
    (ENTRY.build)().parse(block).unwrap()
}

async fn store(block: Value) -> Store {
    config(&block).connect(Arc::new(NoHost(scope()))).await.unwrap()
}

fn locator(key: &str, version: &str, property: &str, shape: Shape) -> Locator {
    let (key, version, property) = (key.into(), version.into(), property.into());
    Locator { key, version, property, metadata: MetadataPolicy::None, shape }
}

async fn read(store: &Store, locator: Locator) -> Result<Payload, Fault> {
    store.reader.as_ref().unwrap().read(&[locator]).await.remove(0)
}

async fn text(store: &Store, key: &str, version: &str, property: &str) -> Result<String, Fault> {
    match read(store, locator(key, version, property, Shape::Value)).await? {
        Payload::Value(value) => Ok(value.expose_str().unwrap().to_owned()),
        Payload::Map(_) => panic!("a value was asked for"),
    }
}

fn sample() -> Value {
    json!({"data": [
        {"key": "db", "value": r#"{"user":"svc","n":{"a":[1,2]},"none":null,"a.b":"dotted"}"#},
        {"key": "plain", "value": "hello"},
        {"key": "foo", "value": "one", "version": "1"},
        {"key": "foo", "value": "two", "version": "2"},
        {"key": "foo", "value": "two again", "version": "2"},
    ]})
}

#[tokio::test]
async fn f_01_key_and_version_must_both_be_the_same() {
    let store = store(sample()).await;
    assert_eq!(text(&store, "foo", "1", "").await.unwrap(), "one");
    assert_eq!(text(&store, "foo", "2", "").await.unwrap(), "two again");
    for (key, version) in [("foo", ""), ("foo", "3"), ("foo1", ""), ("fo", "o1"), ("plain", "1")] {
        assert_eq!(text(&store, key, version, "").await.unwrap_err().kind, FaultKind::NotFound, "{key} {version}");
    }
}

#[tokio::test]
async fn f_02_missing_key_and_missing_property_both_count_as_missing() {
    let store = store(sample()).await;
    for (key, property) in [("nope", ""), ("db", "nope"), ("plain", "x"), ("db", "a.b")] {
        let fault = text(&store, key, "", property).await.unwrap_err();
        assert_eq!((fault.kind, fault.public().as_str()), (FaultKind::NotFound, "Secret does not exist"), "{key}");
    }
    assert_eq!(text(&store, "db", "", "user").await.unwrap(), "svc");
    assert_eq!(text(&store, "db", "", "n.a.1").await.unwrap(), "2");
    assert_eq!(text(&store, "db", "", "none").await.unwrap(), "");
}

#[tokio::test]
async fn metadata_policy_fetch_gives_the_value_as_in_eso() {
    let store = store(sample()).await;
    let locator = Locator { metadata: MetadataPolicy::Fetch, ..locator("plain", "", "", Shape::Value) };
    assert_eq!(read(&store, locator).await.unwrap(), Payload::Value("hello".into()));
}

#[tokio::test]
async fn map_takes_the_property_first() {
    let store = store(sample()).await;
    let expected = [("a".to_owned(), SecretBytes::from("[1,2]"))].into_iter().collect();
    assert_eq!(read(&store, locator("db", "", "n", Shape::Map)).await.unwrap(), Payload::Map(expected));
    let fault = read(&store, locator("plain", "", "", Shape::Map)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid);
    assert!(!fault.to_string().contains("hello"), "{fault}");
}

#[tokio::test]
async fn f_05_validation_result_decides() {
    let with = |result: i64| json!({"data": [], "validationResult": result});
    assert_eq!(store(json!({"data": []})).await.probe.validate().await, Validation::Ready);
    assert_eq!(store(with(0)).await.probe.validate().await, Validation::Ready);
    assert!(matches!(store(with(1)).await.probe.validate().await, Validation::Unknown(_)));
    assert!(matches!(store(with(2)).await.probe.validate().await, Validation::Failed(_)));
}

#[test]
fn f_05_entries_need_key_and_value() {
    let block = json!({"data": [{"key": "a", "value": "b"}, {"key": "", "value": ""}]});
    let faults: Vec<String> = config(&block).check(&scope()).iter().map(Fault::public).collect();
    let expected = [
        "spec.provider.fake.data[1].key: key must be set in data 1",
        "spec.provider.fake.data[1].value: value must be set in data 1",
    ];
    assert_eq!(faults, expected);
    assert!(config(&json!({"data": []})).check(&scope()).is_empty());
}

#[test]
fn block_of_the_wrong_form_is_refused_by_path() {
    let fault = (ENTRY.build)().parse(&json!({"data": [{"key": "a"}]})).err().unwrap();
    assert_eq!(fault.public(), "spec.provider.fake.data[0].value: is required.");
}
