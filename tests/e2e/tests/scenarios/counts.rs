//! Work is counted, not timed: writes to the API server, calls and connections to AWS.

use std::time::Duration;

use eso_e2e::Corner;
use eso_harness::{Cluster, ClusterOptions, eventually};
use serde_json::json;

use crate::one;

const FLAGS: [&str; 2] = ["--concurrent=8", "--client-qps=0"];

async fn cluster() -> Cluster {
    Cluster::start(ClusterOptions::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_sync_is_three_writes_and_one_call_and_then_nothing() {
    let cluster = cluster().await;
    let _operator = cluster.start_operator(&FLAGS).await.unwrap();
    let corner = Corner::new(&cluster, "cold").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    corner.wait_store_valid().await.unwrap();
    settle().await;
    cluster.api_proxy().reset_calls();
    cluster.aws().reset_calls();
    corner.external_secret("es", one(&key)).await.unwrap();
    corner.wait_synced("es").await.unwrap();
    settle().await;
    let calls = cluster.api_proxy().calls();
    assert_eq!(calls.get("POST", "secrets"), 1);
    assert_eq!(calls.get("PUT", "externalsecrets/status"), 1);
    assert_eq!(calls.get("POST", "events"), 1);
    assert_eq!(calls.writes(), 3, "{calls:?}");
    let actions: Vec<String> = cluster.aws().calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["GetSecretValue"]);
    cluster.api_proxy().reset_calls();
    cluster.aws().reset_calls();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(cluster.api_proxy().calls().writes(), 0, "in step, nothing is written");
    assert_eq!(cluster.aws().calls(), [], "in step, nothing is asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_objects_take_one_login_a_handful_of_connections_and_survive_a_restart_without_a_write() {
    const OBJECTS: usize = 50;
    let cluster = cluster().await;
    let operator = cluster.start_operator(&FLAGS).await.unwrap();
    let corner = Corner::new(&cluster, "many").await.unwrap();
    corner.aws_store().await.unwrap();
    corner.wait_store_valid().await.unwrap();
    for number in 0..OBJECTS {
        let key = corner.in_aws(&number.to_string(), "v").await.unwrap();
        corner.external_secret(&format!("es-{number}"), one(&key)).await.unwrap();
    }
    all_synced(&corner, OBJECTS).await;
    settle().await;
    assert_eq!(cluster.aws().count("AssumeRoleWithWebIdentity"), 1, "one login for one identity");
    assert_eq!(cluster.aws().count("GetSecretValue"), OBJECTS);
    assert!(cluster.aws().connections() <= 9, "{} connections", cluster.aws().connections());
    assert!(operator.stop(Duration::from_secs(20)).await.unwrap().success());
    cluster.api_proxy().reset_calls();
    cluster.aws().reset_calls();
    let _again = cluster.start_operator(&FLAGS).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let calls = cluster.api_proxy().calls();
    assert_eq!(calls.writes(), 0, "{calls:?}");
    assert_eq!(cluster.aws().count("GetSecretValue"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_one_secret_are_read_with_one_call() {
    let cluster = cluster().await;
    let _operator = cluster.start_operator(&FLAGS).await.unwrap();
    let corner = Corner::new(&cluster, "shared-key").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", r#"{"x":"1","y":"2"}"#).await.unwrap();
    let entry = |name: &str| json!({"secretKey": name, "remoteRef": {"key": key, "property": name}});
    let spec = json!({"data": [entry("x"), entry("y")], "dataFrom": [{"extract": {"key": key}}]});
    corner.external_secret("es", spec).await.unwrap();
    corner.wait_for_data("es", &[("x", "1"), ("y", "2")]).await.unwrap();
    assert_eq!(cluster.aws().count("GetSecretValue"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_42_114_a_refresh_that_finds_nothing_new_writes_the_status_and_no_secret() {
    let cluster = cluster().await;
    let _operator = cluster.start_operator(&FLAGS).await.unwrap();
    let corner = Corner::new(&cluster, "steady").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    corner.external_secret("es", one(&key)).await.unwrap();
    corner.wait_synced("es").await.unwrap();
    settle().await;
    cluster.api_proxy().reset_calls();
    corner.force("es", "1").await.unwrap();
    eventually("the annotation was acted on", || async {
        anyhow::ensure!(cluster.api_proxy().calls().get("PUT", "externalsecrets/status") == 1, "not yet");
        Ok(())
    })
    .await
    .unwrap();
    settle().await;
    let calls = cluster.api_proxy().calls();
    // Annotations are copied to the Secret, so this one changes; a second look changes nothing.
    assert_eq!(calls.get("PUT", "secrets"), 1, "{calls:?}");
    cluster.api_proxy().reset_calls();
    let stamp = json!({"status": {"refreshTime": "2020-01-01T00:00:00Z"}});
    let params = kube::api::PatchParams::default();
    corner.external_secrets().patch_status("es", &params, &kube::api::Patch::Merge(&stamp)).await.unwrap();
    settle().await;
    assert_eq!(cluster.api_proxy().calls().writes(), 0, "a change of status alone makes nothing due");
}

async fn settle() {
    tokio::time::sleep(Duration::from_millis(1500)).await;
}

async fn all_synced(corner: &Corner<'_>, objects: usize) {
    eventually("every object is synced", || async {
        let list = corner.external_secrets().list(&kube::api::ListParams::default()).await?;
        let ready =
            list.items.iter().filter(|it| it.status.iter().flat_map(|it| &it.conditions).any(|it| it.status == "True"));
        let ready = ready.count();
        anyhow::ensure!(ready == objects, "{ready} of {objects}");
        Ok(())
    })
    .await
    .unwrap();
}
