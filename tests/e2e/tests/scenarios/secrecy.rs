//! A canary value is found in the Secret and nowhere else.

use std::time::Duration;

use eso_e2e::Corner;
use eso_harness::{Cluster, ClusterOptions};
use serde_json::json;

use crate::{one, property};

#[tokio::test(flavor = "multi_thread")]
async fn no_canary_shows_up_in_logs_at_trace_level_events_status_or_metrics() {
    const CANARY: &str = "canary-4f1c9a7e";
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let operator = cluster.start_operator(&["--loglevel=trace", "--client-qps=0"]).await.unwrap();
    let corner = Corner::new(&cluster, "canary").await.unwrap();
    corner.aws_store().await.unwrap();
    let plain = corner.in_aws("plain", CANARY).await.unwrap();
    let object =
        corner.in_aws("object", &json!({"p": CANARY, "broken": format!("{CANARY}\u{0}")}).to_string()).await.unwrap();
    corner.external_secret("good", one(&plain)).await.unwrap();
    corner.external_secret("part", property(&object, "p")).await.unwrap();
    corner.external_secret("map", json!({"dataFrom": [{"extract": {"key": object}}]})).await.unwrap();
    corner.external_secret("not-json", property(&plain, "p")).await.unwrap();
    corner.external_secret("no-property", property(&object, "q")).await.unwrap();
    let decoded = json!({"data": [{"secretKey": "k", "remoteRef": {"key": plain, "decodingStrategy": "Base64"}}]});
    corner.external_secret("not-base64", decoded).await.unwrap();
    let nul = json!({"dataFrom": [{"extract": {"key": object, "nullBytePolicy": "Fail"}}]});
    corner.external_secret("nul", nul).await.unwrap();
    for good in ["good", "part", "map"] {
        corner.wait_synced(good).await.unwrap();
    }
    for bad in ["not-json", "no-property", "not-base64", "nul"] {
        corner.wait_failed(bad, &["could not get secret data from provider"]).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(corner.data("good").await.unwrap().unwrap()["k"], CANARY);
    let token = std::fs::read_to_string(cluster.web_identity_token_path()).unwrap();
    let seen = [corner.everything_visible().await.unwrap(), operator.metrics_text().await.unwrap(), operator.log()];
    let canary_in_base64 = serde_json::to_value(k8s_openapi::ByteString(CANARY.as_bytes().to_vec())).unwrap();
    for (place, text) in ["objects and events", "metrics", "log"].iter().zip(&seen) {
        assert!(!text.is_empty(), "{place}");
        for secret in [CANARY, canary_in_base64.as_str().unwrap(), token.trim()] {
            assert!(!text.contains(secret), "{place} show a secret");
        }
    }
    assert!(seen[2].contains("ExternalSecret") || seen[2].lines().count() > 5, "the log says something at all");
}
