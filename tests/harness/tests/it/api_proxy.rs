//! Between an operator and the API server.

use std::time::Duration;

use eso_harness::{ApiProxy, Cluster};
use futures::{Stream, StreamExt as _};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, DeleteParams, ListParams, PostParams, WatchEvent, WatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::json;

const NAMESPACE: &str = "api-proxy";

/// A proxy of the test's own and Secrets seen through it by the operator's `ServiceAccount`.
async fn through_proxy(file: &str) -> (ApiProxy, Api<Secret>, Api<Secret>) {
    let cluster = Cluster::shared().await.unwrap();
    cluster.plane().ensure_service_account(NAMESPACE, "none").await.unwrap();
    let proxy = ApiProxy::start(cluster.plane()).await.unwrap();
    let path = cluster.dir().join(file);
    let name = "external-secrets";
    proxy.kubeconfig_for_service_account(cluster.plane(), name, name, &path).await.unwrap();
    let parsed = Kubeconfig::read_from(&path).unwrap();
    let mut config = kube::Config::from_custom_kubeconfig(parsed, &KubeConfigOptions::default()).await.unwrap();
    config.default_retry = false;
    let client = kube::Client::try_from(config).unwrap();
    (proxy, Api::namespaced(client, NAMESPACE), Api::namespaced(cluster.admin_client(), NAMESPACE))
}

fn secret(name: &str) -> Secret {
    serde_json::from_value(json!({ "metadata": { "name": name } })).unwrap()
}

async fn watch(secrets: &Api<Secret>, name: &str) -> impl Stream<Item = kube::Result<WatchEvent<Secret>>> + use<> {
    let selected = WatchParams::default().fields(&format!("metadata.name={name}")).timeout(50);
    let version = secrets.list(&ListParams::default().limit(1)).await.unwrap().metadata.resource_version.unwrap();
    secrets.watch(&selected, &version).await.unwrap().boxed()
}

async fn next<T>(events: &mut (impl Stream<Item = kube::Result<T>> + Unpin)) -> Option<Option<kube::Result<T>>> {
    tokio::time::timeout(Duration::from_secs(2), events.next()).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_verb_and_resource_and_identities_pass_through() {
    let (proxy, secrets, _) = through_proxy("counts").await;
    secrets.create(&PostParams::default(), &secret("counted")).await.unwrap();
    secrets.get("counted").await.unwrap();
    secrets.get_opt("absent").await.unwrap();
    secrets.list(&ListParams::default()).await.unwrap();
    let calls = proxy.calls();
    assert_eq!((calls.get("POST", "secrets"), calls.get("GET", "secrets"), calls.get("LIST", "secrets")), (1, 2, 1));
    assert_eq!(calls.writes(), 1);
    assert!((1..=2).contains(&proxy.connections()), "{}", proxy.connections());
    proxy.reset_calls();
    assert_eq!(proxy.calls().iter().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_streams_through() {
    let (proxy, secrets, admin) = through_proxy("streams").await;
    let mut events = watch(&secrets, "streamed").await;
    admin.create(&PostParams::default(), &secret("streamed")).await.unwrap();
    assert!(matches!(next(&mut events).await, Some(Some(Ok(WatchEvent::Added(_))))));
    assert_eq!(proxy.calls().get("WATCH", "secrets"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_muted_watch_falls_silent_while_requests_go_on_and_new_watches_work_once_unmuted() {
    let (proxy, secrets, admin) = through_proxy("mutes").await;
    let mut old = watch(&secrets, "muted").await;
    admin.create(&PostParams::default(), &secret("muted")).await.unwrap();
    assert!(matches!(next(&mut old).await, Some(Some(Ok(WatchEvent::Added(_))))));
    proxy.mute_watches();
    let mut young = watch(&secrets, "muted").await;
    admin.delete("muted", &DeleteParams::default()).await.unwrap();
    assert!(next(&mut old).await.is_none(), "an open watch said something");
    assert!(next(&mut young).await.is_none(), "a new watch said something");
    secrets.list(&ListParams::default()).await.unwrap();
    proxy.unmute_watches();
    let mut fresh = watch(&secrets, "muted").await;
    admin.create(&PostParams::default(), &secret("muted")).await.unwrap();
    assert!(matches!(next(&mut fresh).await, Some(Some(Ok(WatchEvent::Added(_))))));
    assert!(next(&mut old).await.is_none(), "a silenced watch woke up");
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_connections_end_watches_and_new_ones_are_accepted() {
    let (proxy, secrets, _) = through_proxy("cuts").await;
    let mut events = watch(&secrets, "cut").await;
    let before = proxy.connections();
    proxy.cut_connections();
    assert!(matches!(next(&mut events).await, Some(None | Some(Err(_)))), "the watch lives on");
    // The client may first take a connection from its pool that was cut too.
    let _ = secrets.list(&ListParams::default()).await;
    secrets.list(&ListParams::default()).await.unwrap();
    assert!(proxy.connections() > before);
}
