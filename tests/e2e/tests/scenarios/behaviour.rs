//! How an `ExternalSecret` behaves over its life, beyond what the recorded worlds show.

use std::time::Duration;

use eso_e2e::{Corner, PATIENCE};
use eso_harness::eventually_within;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;

use crate::{one, shared};

#[tokio::test(flavor = "multi_thread")]
async fn parity_102_115_a_deleted_owner_secret_comes_back_at_once() {
    let corner = Corner::new(shared().await, "deleted").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    corner.external_secret("es", one(&key)).await.unwrap();
    corner.wait_for_data("es", &[("k", "v")]).await.unwrap();
    corner.wait_event("es", "Created", &["secret created"]).await.unwrap();
    corner.secrets().delete("es", &DeleteParams::default()).await.unwrap();
    corner.wait_for_data("es", &[("k", "v")]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_secret_is_put_right_and_foreign_labels_stay() {
    let corner = Corner::new(shared().await, "edited").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    corner.external_secret("es", one(&key)).await.unwrap();
    corner.wait_for_data("es", &[("k", "v")]).await.unwrap();
    let edit = json!({"stringData": {"k": "edited", "extra": "x"}, "metadata": {"labels": {"mine": "stays"}}});
    corner.secrets().patch("es", &PatchParams::default(), &Patch::Merge(&edit)).await.unwrap();
    corner.wait_for_data("es", &[("k", "v")]).await.unwrap();
    let labels = corner.secrets().get("es").await.unwrap().metadata.labels.unwrap();
    assert_eq!(labels["mine"], "stays");
    corner.wait_event("es", "Updated", &["secret updated"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_loses_its_managed_label_gets_it_back() {
    let corner = Corner::new(shared().await, "unlabelled").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    corner.external_secret("es", one(&key)).await.unwrap();
    corner.wait_for_data("es", &[("k", "v")]).await.unwrap();
    let label = "reconcile.external-secrets.io/managed";
    let edit = json!({"metadata": {"labels": {label: null}}});
    corner.secrets().patch("es", &PatchParams::default(), &Patch::Merge(&edit)).await.unwrap();
    eventually_within(PATIENCE, "the label is back", || async {
        let labels = corner.secrets().get("es").await?.metadata.labels.unwrap_or_default();
        anyhow::ensure!(labels.get(label).map(String::as_str) == Some("true"), "it is not");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_17_a_changed_store_disturbs_nobody_who_is_in_step() {
    let corner = Corner::new(shared().await, "storechange").await.unwrap();
    let fake = |value: &str| json!({"fake": {"data": [{"key": "a", "value": value}]}});
    corner.store(fake("one")).await.unwrap();
    corner.external_secret("es", one("a")).await.unwrap();
    corner.wait_for_data("es", &[("k", "one")]).await.unwrap();
    corner.store(fake("two")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(corner.data("es").await.unwrap().unwrap()["k"], "one");
    corner.force("es", "1").await.unwrap();
    corner.wait_for_data("es", &[("k", "two")]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_26_a_changed_value_arrives_when_the_interval_is_over() {
    let corner = Corner::new(shared().await, "interval").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "before").await.unwrap();
    let mut spec = one(&key);
    spec["refreshInterval"] = json!("2s");
    corner.external_secret("es", spec).await.unwrap();
    corner.wait_for_data("es", &[("k", "before")]).await.unwrap();
    let body = json!({"SecretId": key, "SecretString": "after"});
    corner.cluster.moto().secrets_manager("PutSecretValue", &body).await.unwrap();
    corner.wait_for_data("es", &[("k", "after")]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_stages_and_arns_select_what_aws_says() {
    let corner = Corner::new(shared().await, "versions").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "first").await.unwrap();
    let put = json!({"SecretId": key, "SecretString": "second"});
    let answer = corner.cluster.moto().secrets_manager("PutSecretValue", &put).await.unwrap();
    let (arn, version) = (answer["ARN"].as_str().unwrap(), answer["VersionId"].as_str().unwrap());
    let spec = json!({"data": [
        {"secretKey": "current", "remoteRef": {"key": key}},
        {"secretKey": "previous", "remoteRef": {"key": key, "version": "AWSPREVIOUS"}},
        {"secretKey": "by-id", "remoteRef": {"key": key, "version": format!("uuid/{version}")}},
        {"secretKey": "by-arn", "remoteRef": {"key": arn}},
    ]});
    corner.external_secret("es", spec).await.unwrap();
    let wanted = [("by-arn", "second"), ("by-id", "second"), ("current", "second"), ("previous", "first")];
    corner.wait_for_data("es", &wanted).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_read_with_metadata_policy_fetch() {
    let corner = Corner::new(shared().await, "tags").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = format!("{}/tagged", corner.namespace);
    let tags = json!([{"Key": "team", "Value": "red"}, {"Key": "app", "Value": "x"}]);
    let body = json!({"Name": key, "SecretString": "v", "Tags": tags});
    corner.cluster.moto().secrets_manager("CreateSecret", &body).await.unwrap();
    let spec = json!({"data": [
        {"secretKey": "all", "remoteRef": {"key": key, "metadataPolicy": "Fetch"}},
        {"secretKey": "one", "remoteRef": {"key": key, "metadataPolicy": "Fetch", "property": "team"}},
    ]});
    corner.external_secret("es", spec).await.unwrap();
    corner.wait_for_data("es", &[("all", r#"{"app":"x","team":"red"}"#), ("one", "red")]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_230_omitted_strategy_fields_stay_absent_in_stored_objects() {
    let corner = Corner::new(shared().await, "absent").await.unwrap();
    let stored = corner.external_secret("es", one("a")).await.unwrap();
    let remote = &stored.data["spec"]["data"][0]["remoteRef"];
    assert_eq!(*remote, json!({"key": "a"}));
    assert_eq!(stored.data["spec"]["target"], json!({"creationPolicy": "Owner", "deletionPolicy": "Retain"}));
    assert_eq!(stored.data["spec"]["refreshInterval"], "1h");
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_136_138_deleting_takes_owner_secrets_along_and_leaves_orphans() {
    let corner = Corner::new(shared().await, "deletion").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    corner.external_secret("owner", one(&key)).await.unwrap();
    let mut orphan = one(&key);
    orphan["target"] = json!({"creationPolicy": "Orphan"});
    corner.external_secret("orphan", orphan).await.unwrap();
    corner.wait_for_data("owner", &[("k", "v")]).await.unwrap();
    corner.wait_for_data("orphan", &[("k", "v")]).await.unwrap();
    corner.delete("owner").await.unwrap();
    corner.delete("orphan").await.unwrap();
    eventually_within(PATIENCE, "the garbage collector took the owner's Secret", || async {
        anyhow::ensure!(corner.data("owner").await?.is_none(), "it is still there");
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(corner.data("orphan").await.unwrap().unwrap()["k"], "v");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finalizer_that_eso_left_does_not_hold_up_deletion() {
    let corner = Corner::new(shared().await, "finalizer").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    corner.external_secret("es", one(&key)).await.unwrap();
    corner.wait_synced("es").await.unwrap();
    let left = json!({"metadata": {"finalizers": ["externalsecrets.external-secrets.io/externalsecret-cleanup"]}});
    corner.external_secrets().patch("es", &PatchParams::default(), &Patch::Merge(&left)).await.unwrap();
    corner.delete("es").await.unwrap();
}
