//! Targets of other kinds than Secret.

use eso_e2e::{Corner, PATIENCE};
use eso_harness::cluster::{NAMESPACE, SERVICE_ACCOUNT};
use eso_harness::eventually_within;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::shared;

/// What the chart's `genericTargets.resources` asks for.
async fn may_write_config_maps(corner: &Corner<'_>) {
    let api = "rbac.authorization.k8s.io/v1";
    let rule = json!({"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create", "update", "delete"]});
    let name = json!({"name": "generic-targets"});
    corner.apply(json!({"apiVersion": api, "kind": "ClusterRole", "metadata": name, "rules": [rule]})).await.unwrap();
    let reference = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "generic-targets"});
    let account = json!({"kind": "ServiceAccount", "name": SERVICE_ACCOUNT, "namespace": NAMESPACE});
    let binding = json!({"apiVersion": api, "kind": "ClusterRoleBinding", "metadata": name, "roleRef": reference, "subjects": [account]});
    corner.apply(binding).await.unwrap();
}

async fn wait_for_config_map(api: &Api<ConfigMap>, name: &str, data: &Value) {
    eventually_within(PATIENCE, &format!("ConfigMap {name} holds what it should"), || async {
        let found = json!(api.get(name).await?.data);
        anyhow::ensure!(found == *data, "it holds {found}");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_144_150_a_config_map_is_written_and_foreign_edits_are_undone_promptly() {
    let corner = Corner::new(shared().await, "generic").await.unwrap();
    may_write_config_maps(&corner).await;
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", r#"{"host":"db.example.org","port":"5432"}"#).await.unwrap();
    let target = json!({"name": "app", "manifest": {"apiVersion": "v1", "kind": "ConfigMap"}});
    let spec = json!({"dataFrom": [{"extract": {"key": key}}], "target": target});
    corner.external_secret("es", spec).await.unwrap();
    let config_maps: Api<ConfigMap> = Api::namespaced(corner.client.clone(), &corner.namespace);
    let expected = json!({"host": "db.example.org", "port": "5432"});
    wait_for_config_map(&config_maps, "app", &expected).await;
    corner.wait_resource_synced("es").await.unwrap();
    let edit = json!({"data": {"host": "edited", "more": "x"}});
    config_maps.patch("app", &PatchParams::default(), &Patch::Merge(&edit)).await.unwrap();
    wait_for_config_map(&config_maps, "app", &expected).await;
    config_maps.delete("app", &DeleteParams::default()).await.unwrap();
    wait_for_config_map(&config_maps, "app", &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_controller_may_not_write_or_the_server_refuses_is_told_without_a_value() {
    let corner = Corner::new(shared().await, "generic-refused").await.unwrap();
    may_write_config_maps(&corner).await;
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "canary-generic-value").await.unwrap();
    let spec = |api_version: &str, kind: &str, template: Value| {
        let target = json!({"manifest": {"apiVersion": api_version, "kind": kind}, "template": template});
        json!({"data": [{"secretKey": "k", "remoteRef": {"key": key}}], "target": target})
    };
    let plain = json!({"data": {"k": "{{ .k }}"}});
    corner.external_secret("denied", spec("apps/v1", "Deployment", plain.clone())).await.unwrap();
    corner.wait_resource_failed("denied", &["could not get target resource", "RBAC"]).await.unwrap();
    corner.external_secret("unknown", spec("example.org/v1", "Widget", plain.clone())).await.unwrap();
    corner.wait_resource_failed("unknown", &["could not get target resource", "Widget"]).await.unwrap();
    corner.external_secret("cluster-wide", spec("v1", "Namespace", plain)).await.unwrap();
    corner.wait_resource_failed("cluster-wide", &["could not get target resource", "whole cluster"]).await.unwrap();
    let bad_key = json!({"data": {"not/a/key": "{{ .k }}"}});
    corner.external_secret("invalid", spec("v1", "ConfigMap", bad_key)).await.unwrap();
    corner.wait_resource_failed("invalid", &["could not update secret", "422"]).await.unwrap();
    assert!(!corner.everything_visible().await.unwrap().contains("canary-generic-value"));
}
