//! Vault misbehaves: the object says what happened, keeps its Secret, and heals by itself.

use std::time::Duration;

use eso_e2e::Corner;
use eso_harness::{Cluster, ClusterOptions};
use serde_json::json;

use super::{block, creds, own_bao, put_creds, ready_corner};
use crate::property;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_sealed_down_or_hanging_is_told_keeps_the_secret_and_heals() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let bao = own_bao().await;
    let _operator = cluster.start_operator(&["--concurrent=4", "--client-qps=0"]).await.unwrap();
    let corner = ready_corner(&cluster, &bao, "faults").await;
    bao.put("secret/x", &json!({"a": "v0"})).await.unwrap();
    corner.external_secret("es", property("x", "a")).await.unwrap();
    corner.wait_for_data("es", &[("k", "v0")]).await.unwrap();
    for (number, (fault, told)) in
        [("seal", "is sealed"), ("down", "could not be reached"), ("hang", "did not answer within 10 s")]
            .into_iter()
            .enumerate()
    {
        let (before, after) = (format!("v{number}"), format!("v{}", number + 1));
        bao.put("secret/x", &json!({ "a": after })).await.unwrap();
        match fault {
            "seal" => bao.seal().await.unwrap(),
            "down" => bao.stop(),
            _ => bao.hang().unwrap(),
        }
        corner.force("es", &after).await.unwrap();
        let parts = ["could not get secret data from provider", "cannot read secret data from Vault", told];
        corner.wait_failed("es", &parts).await.unwrap();
        assert_eq!(corner.data("es").await.unwrap().unwrap()["k"], before, "{fault}: the Secret is as it was");
        match fault {
            "seal" => bao.unseal().await.unwrap(),
            "down" => bao.restart().await.unwrap(),
            _ => bao.go_on().unwrap(),
        }
        corner.wait_for_data("es", &[("k", &after)]).await.unwrap();
        corner.wait_synced("es").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_login_serves_many_objects_a_revoked_token_leads_to_one_more_and_nothing_secret_shows() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let bao = own_bao().await;
    bao.reader_policy().await.unwrap();
    bao.call("POST", "sys/auth/approle", &json!({"type": "approle"})).await.unwrap();
    let role = json!({"token_policies": ["reader"], "token_ttl": "1h"});
    bao.call("POST", "auth/approle/role/reader", &role).await.unwrap();
    let id = bao.call("GET", "auth/approle/role/reader/role-id", &json!({})).await.unwrap();
    let secret = bao.call("POST", "auth/approle/role/reader/secret-id", &json!({})).await.unwrap();
    let secret_id = secret["data"]["secret_id"].as_str().unwrap().to_owned();
    let operator = cluster.start_operator(&["--concurrent=4", "--client-qps=0", "--loglevel=trace"]).await.unwrap();
    let corner = Corner::new(&cluster, "logins").await.unwrap();
    put_creds(&corner, json!({"secret": secret_id})).await;
    let auth = json!({"appRole": {"roleId": id["data"]["role_id"], "secretRef": creds("secret")}});
    corner.store(block(&bao.url(), &json!({ "auth": auth }))).await.unwrap();
    bao.put("secret/x", &json!({"a": "canary-77aa"})).await.unwrap();
    for number in 0..5 {
        corner.external_secret(&format!("es{number}"), property("x", "a")).await.unwrap();
    }
    for number in 0..5 {
        corner.wait_for_data(&format!("es{number}"), &[("k", "canary-77aa")]).await.unwrap();
    }
    assert_eq!(logins(&operator.metrics_text().await.unwrap()), Some("1"));
    bao.call("PUT", "sys/leases/revoke-prefix/auth/approle", &json!({"sync": true})).await.unwrap();
    bao.put("secret/x", &json!({"a": "canary-88bb"})).await.unwrap();
    for number in 0..5 {
        corner.force(&format!("es{number}"), "1").await.unwrap();
    }
    for number in 0..5 {
        corner.wait_for_data(&format!("es{number}"), &[("k", "canary-88bb")]).await.unwrap();
    }
    let metrics = operator.metrics_text().await.unwrap();
    assert_eq!(logins(&metrics), Some("2"));
    let visible = corner.everything_visible().await.unwrap();
    assert!(!visible.contains("UpdateFailed"), "nobody noticed");
    tokio::time::sleep(Duration::from_secs(1)).await;
    for text in [&visible, &metrics, &operator.log()] {
        for word in ["canary-77aa", "canary-88bb", &secret_id, "\"client_token\""] {
            assert!(!text.contains(word), "{word} shows");
        }
    }
}

/// Number of logins that worked, as the metrics show it.
fn logins(metrics: &str) -> Option<&str> {
    let labels = [r#"provider="HashiCorp/Vault""#, r#"call="Login""#, r#"status="success""#];
    let is_ours = |line: &&str| {
        line.starts_with("externalsecret_provider_api_calls_count") && labels.iter().all(|label| line.contains(label))
    };
    metrics.lines().find(is_ours)?.rsplit(' ').next()
}
