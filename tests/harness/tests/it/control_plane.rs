//! The API server is a real one, with RBAC and a service-account issuer.

use std::time::Duration;

use eso_harness::control_plane::{ISSUER, SHORTEST_TOKEN, claims};
use eso_harness::{Cluster, ControlPlane, Options, Part, ensure, eventually};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::{Api, Client};
use serde_json::json;

fn config_map(name: &str, owner: Option<(&str, &str)>) -> ConfigMap {
    let owners: Vec<_> = owner
        .map(|(name, uid)| json!({ "apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": uid }))
        .into_iter()
        .collect();
    serde_json::from_value(json!({ "metadata": { "name": name, "ownerReferences": owners } })).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_programs_are_of_the_stated_version() {
    let cluster = Cluster::shared().await.unwrap();
    let versions = cluster.plane().kubectl_ok(&["version", "--output=json"]).await.unwrap();
    let versions: serde_json::Value = serde_json::from_str(&versions).unwrap();
    assert!(versions.pointer("/serverVersion/gitVersion").is_some(), "{versions}");
    if std::env::var_os("KUBEBUILDER_ASSETS").is_none() {
        assert_eq!(versions["serverVersion"]["gitVersion"], versions["clientVersion"]["gitVersion"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_without_rights_is_denied_and_one_with_rights_is_not() {
    let cluster = Cluster::shared().await.unwrap();
    let nobody = cluster.plane().client_for_service_account("rbac", "nobody").await.unwrap();
    let denied = Api::<Secret>::namespaced(nobody, "rbac").list(&ListParams::default()).await.unwrap_err();
    let kube::Error::Api(status) = denied else { panic!("{denied}") };
    assert_eq!(status.code, 403);
    assert!(status.message.contains("system:serviceaccount:rbac:nobody"), "{}", status.message);
    let operator = cluster.plane().client_for_service_account("external-secrets", "external-secrets").await.unwrap();
    Api::<Secret>::namespaced(operator.clone(), "rbac").list(&ListParams::default()).await.unwrap();
    let too_much = Api::<Namespace>::all(operator).delete("rbac", &DeleteParams::default()).await.unwrap_err();
    assert!(too_much.to_string().contains("forbidden"), "{too_much}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requested_token_names_issuer_subject_and_audience() {
    let cluster = Cluster::shared().await.unwrap();
    let token =
        cluster.plane().service_account_token("tokens", "robot", "sts.amazonaws.com", SHORTEST_TOKEN).await.unwrap();
    let claims = claims(&token).unwrap();
    assert_eq!(claims["iss"], ISSUER);
    assert_eq!(claims["sub"], "system:serviceaccount:tokens:robot");
    assert_eq!(claims["aud"], json!(["sts.amazonaws.com"]));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    let keys = cluster.plane().jwks().await.unwrap();
    assert_eq!(keys["keys"][0]["alg"], "RS256");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_garbage_collector_removes_what_a_deleted_owner_leaves() {
    let cluster = Cluster::shared().await.unwrap();
    let maps = Api::<ConfigMap>::namespaced(cluster.admin_client(), "default");
    let owner = maps.create(&PostParams::default(), &config_map("owner", None)).await.unwrap();
    let uid = owner.metadata.uid.unwrap();
    maps.create(&PostParams::default(), &config_map("owned", Some(("owner", &uid)))).await.unwrap();
    maps.delete("owner", &DeleteParams::default()).await.unwrap();
    eventually("the owned ConfigMap goes", || async {
        anyhow::ensure!(maps.get_opt("owned").await?.is_none(), "it is there");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_server_counts_requests_by_verb_and_resource() {
    let cluster = Cluster::shared().await.unwrap();
    let before = cluster.plane().metrics().await.unwrap();
    let maps = Api::<ConfigMap>::namespaced(cluster.admin_client(), "default");
    for name in ["counted-1", "counted-2", "counted-3"] {
        maps.create(&PostParams::default(), &config_map(name, None)).await.unwrap();
    }
    let added = cluster.plane().metrics().await.unwrap().since(&before);
    assert!(added.get("POST", "configmaps") >= 3, "{added:?}");
    assert!(added.writes() >= 3, "{added:?}");
    let usage = cluster.plane().api_server_usage().await.unwrap();
    assert!(
        usage.cpu_seconds > 0.1 && usage.rss_bytes > 50_000_000 && usage.peak_rss_bytes >= usage.rss_bytes,
        "{usage:?}"
    );
}

async fn put(client: &Client, name: &str) {
    Api::<ConfigMap>::namespaced(client.clone(), "default")
        .create(&PostParams::default(), &config_map(name, None))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_server_keeps_its_port_and_its_data_over_a_restart() {
    let installed = ensure(&[Part::ControlPlane]).await.unwrap();
    let plane = ControlPlane::start(&installed, Options::default()).await.unwrap();
    let folder = plane.dir().to_path_buf();
    let client = plane.admin_client();
    put(&client, "before-stop").await;
    plane.stop_api_server().await.unwrap();
    assert!(Api::<ConfigMap>::default_namespaced(client.clone()).get("before-stop").await.is_err());
    plane.start_api_server().await.unwrap();
    put(&client, "before-kill").await;
    plane.kill_api_server().await.unwrap();
    plane.start_api_server().await.unwrap();
    let maps = Api::<ConfigMap>::namespaced(client, "default");
    maps.get("before-stop").await.unwrap();
    maps.get("before-kill").await.unwrap();
    drop(plane);
    assert_eq!(folder.exists(), std::env::var_os("ESO_HARNESS_KEEP").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_may_read_is_its_own_rbac_and_nothing_of_the_admin() {
    let cluster = Cluster::shared().await.unwrap();
    let config = std::fs::read_to_string(cluster.operator_kubeconfig()).unwrap();
    assert!(config.contains("tokenFile") && !config.contains("client-key-data"));
    for (name, value) in cluster.operator_env() {
        assert!(
            !["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].contains(&name.as_str()),
            "{name}={value}"
        );
    }
    let limit = Duration::from_secs(10);
    let started = std::time::Instant::now();
    cluster.renew_web_identity_token().await.unwrap();
    assert!(started.elapsed() < limit);
}
