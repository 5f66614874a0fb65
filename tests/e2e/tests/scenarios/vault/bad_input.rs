//! Bad input: each ends in the documented condition, message and event, and heals when its cause is gone.

use eso_e2e::Corner;
use serde_json::json;

use super::{bao, block, creds, put_creds, ready_corner, with_token};
use crate::{one, property, shared};

const FAILED: &str = "could not get secret data from provider";

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_missing_or_wrong_is_told_and_heals() {
    let (bao, corner) = (bao().await, Corner::new(shared().await, "wrongtoken").await.unwrap());
    corner.store(with_token(&bao.url())).await.unwrap();
    let missing = ["unable to create client", "cannot get Kubernetes secret \"creds\"", "auth.tokenSecretRef"];
    corner.wait_store_refused(&missing).await.unwrap();
    put_creds(&corner, json!({"token": "s.made-up-and-wrong"})).await;
    corner.wait_store_refused(&["unable to validate store", "invalid vault credentials"]).await.unwrap();
    put_creds(&corner, json!({"token": bao.reader_token().await.unwrap()})).await;
    corner.wait_store_valid().await.unwrap();
    corner.external_secret("es", property("db", "user")).await.unwrap();
    corner.wait_for_data("es", &[("k", "svc")]).await.unwrap();
    assert!(!corner.everything_visible().await.unwrap().contains("made-up-and-wrong"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_names_its_field_and_heals() {
    let (bao, corner) = (bao().await, Corner::new(shared().await, "badlogin").await.unwrap());
    let path = format!("userpass-{}", corner.namespace);
    bao.call("POST", &format!("sys/auth/{path}"), &json!({"type": "userpass"})).await.unwrap();
    put_creds(&corner, json!({"password": "made-up-for-tests"})).await;
    let auth = json!({"userPass": {"path": path, "username": "joe", "secretRef": creds("password")}});
    corner.store(block(&bao.url(), &json!({ "auth": auth }))).await.unwrap();
    let parts = ["unable to create client", "refused to log in", "HTTP 400", "spec.provider.vault.auth.userPass"];
    corner.wait_store_refused(&parts).await.unwrap();
    bao.reader_policy().await.unwrap();
    let user = json!({"password": "made-up-for-tests", "token_policies": ["reader"]});
    bao.call("POST", &format!("auth/{path}/users/joe"), &user).await.unwrap();
    corner.wait_store_valid().await.unwrap();
    assert!(!corner.everything_visible().await.unwrap().contains("made-up-for-tests"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_to_log_in_that_is_not_built_keeps_its_block_and_is_named() {
    let (bao, corner) = (bao().await, Corner::new(shared().await, "iam").await.unwrap());
    let stored = corner.store(block(&bao.url(), &json!({"auth": {"iam": {"vaultRole": "r"}}}))).await.unwrap();
    assert_eq!(stored.data["spec"]["provider"]["vault"]["auth"]["iam"]["vaultRole"], "r");
    corner.wait_store_refused(&["unable to create client", "spec.provider.vault.auth.iam"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_secrets_properties_and_rights_are_named_and_heal() {
    let bao = bao().await;
    let corner = ready_corner(shared().await, bao, "missing").await;
    let key = corner.namespace.clone();
    corner.external_secret("secret", one(&key)).await.unwrap();
    corner.wait_failed("secret", &[FAILED, "Secret does not exist", &format!("secret/data/{key}")]).await.unwrap();
    corner.external_secret("property", property("db", "nope")).await.unwrap();
    corner.wait_failed("property", &[FAILED, "cannot find secret data for key: \"nope\""]).await.unwrap();
    corner.external_secret("denied", one("denied")).await.unwrap();
    corner.wait_failed("denied", &[FAILED, "cannot read secret data from Vault", "capability read"]).await.unwrap();
    corner.external_secret("outside", one("../sys/mounts")).await.unwrap();
    corner.wait_failed("outside", &[FAILED, "is no path of a secret"]).await.unwrap();
    bao.put(&format!("secret/{key}"), &json!({"a": "b"})).await.unwrap();
    corner.wait_for_data("secret", &[("k", r#"{"a":"b"}"#)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_of_the_other_version_or_none_is_told() {
    let bao = bao().await;
    let corner = ready_corner(shared().await, bao, "engine").await;
    let auth = json!({"tokenSecretRef": creds("token")});
    corner.store(block(&bao.url(), &json!({"auth": auth, "version": "v1"}))).await.unwrap();
    corner.wait_store_valid().await.unwrap();
    corner.external_secret("es", one("db")).await.unwrap();
    corner.wait_failed("es", &[FAILED, "spec.provider.vault.version"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_metadata_and_deleted_secrets() {
    let bao = bao().await;
    let corner = ready_corner(shared().await, bao, "versions").await;
    let key = corner.namespace.clone();
    for value in ["first", "second"] {
        bao.put(&format!("secret/{key}"), &json!({"a": value})).await.unwrap();
    }
    let custom = json!({"custom_metadata": {"team": "blue"}});
    bao.call("POST", &format!("secret/metadata/{key}"), &custom).await.unwrap();
    let entry = |name: &str, more: serde_json::Value| {
        let mut reference = json!({"key": key});
        reference.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"secretKey": name, "remoteRef": reference})
    };
    let data = [
        entry("old", json!({"property": "a", "version": "1"})),
        entry("new", json!({"property": "a"})),
        entry("team", json!({"property": "team", "metadataPolicy": "Fetch"})),
        entry("count", json!({"property": "current_version", "metadataPolicy": "Fetch"})),
    ];
    let spec = json!({"data": data, "target": {"deletionPolicy": "Delete"}});
    corner.external_secret("es", spec).await.unwrap();
    corner.wait_for_data("es", &[("old", "first"), ("new", "second"), ("team", "blue"), ("count", "2")]).await.unwrap();
    let spec = json!({"data": [entry("new", json!({"property": "a"}))], "target": {"deletionPolicy": "Delete"}});
    corner.external_secret("gone", spec).await.unwrap();
    corner.wait_for_data("gone", &[("new", "second")]).await.unwrap();
    bao.call("DELETE", &format!("secret/data/{key}"), &json!({})).await.unwrap();
    corner.force("gone", "1").await.unwrap();
    eso_harness::eventually("the Secret goes with the deleted version", || async {
        anyhow::ensure!(corner.data("gone").await?.is_none(), "it is still there");
        Ok(())
    })
    .await
    .unwrap();
}
