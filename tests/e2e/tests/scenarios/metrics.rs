//! What `/metrics` says, by ESO's names.

use eso_e2e::{Corner, PATIENCE};
use eso_harness::eventually_within;
use serde_json::json;

use crate::{one, shared, shared_operator};

/// The value of a series; `None` when there is none.
fn series(text: &str, start: &str, labels: &[&str]) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(start) && labels.iter().all(|label| line.contains(label)))?;
    line.rsplit(' ').next()?.parse().ok()
}

async fn calls(corner: &Corner<'_>, name: &str) -> f64 {
    let text = shared_operator().await.metrics_text().await.unwrap();
    let labels = [format!("name=\"{name}\""), format!("namespace=\"{}\"", corner.namespace)];
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    series(&text, "externalsecret_sync_calls_total", &labels).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_226_ready_gauges_are_complementary_and_go_with_the_object() {
    let corner = Corner::new(shared().await, "gauges").await.unwrap();
    corner.store(json!({"fake": {"data": [{"key": "a", "value": "v"}]}})).await.unwrap();
    corner.external_secret("es", one("a")).await.unwrap();
    corner.wait_synced("es").await.unwrap();
    let namespace = format!("namespace=\"{}\"", corner.namespace);
    let gauge = async |status: &str| {
        let text = shared_operator().await.metrics_text().await.unwrap();
        let labels = ["condition=\"Ready\"", "name=\"es\"", namespace.as_str(), status];
        series(&text, "externalsecret_status_condition{", &labels)
    };
    let (truth, lie) = ("status=\"True\"", "status=\"False\"");
    eventually_within(PATIENCE, "the gauge says True", || async {
        anyhow::ensure!(gauge(truth).await == Some(1.0) && gauge(lie).await == Some(0.0), "not yet");
        Ok(())
    })
    .await
    .unwrap();
    corner.external_secret("es", one("nope")).await.unwrap();
    corner.wait_failed("es", &["could not get secret data from provider"]).await.unwrap();
    eventually_within(PATIENCE, "the gauge says False", || async {
        anyhow::ensure!(gauge(truth).await == Some(0.0) && gauge(lie).await == Some(1.0), "not yet");
        Ok(())
    })
    .await
    .unwrap();
    corner.delete("es").await.unwrap();
    eventually_within(PATIENCE, "the series are gone", || async {
        anyhow::ensure!(gauge(truth).await.is_none() && gauge(lie).await.is_none(), "not yet");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_16_skipped_turns_are_counted_too() {
    let corner = Corner::new(shared().await, "skipped").await.unwrap();
    let store = json!({
        "apiVersion": "external-secrets.io/v1", "kind": "SecretStore", "metadata": {"name": "st"},
        "spec": {"controller": "somebody-else", "provider": {"fake": {"data": [{"key": "a", "value": "v"}]}}}
    });
    corner.apply(store).await.unwrap();
    corner.external_secret("es", one("a")).await.unwrap();
    eventually_within(PATIENCE, "the skipped turn is counted", || async {
        anyhow::ensure!(calls(&corner, "es").await >= 1.0, "not yet");
        Ok(())
    })
    .await
    .unwrap();
    let object = corner.external_secrets().get("es").await.unwrap();
    assert_eq!(object.status, None, "an object of another class is left alone");
    assert_eq!(object.metadata.finalizers, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_8_a_secret_without_the_managed_label_wakes_nobody() {
    let corner = Corner::new(shared().await, "unmanaged").await.unwrap();
    corner.store(json!({"fake": {"data": [{"key": "a", "value": "v"}]}})).await.unwrap();
    let mut orphan = one("a");
    orphan["target"] = json!({"creationPolicy": "Orphan", "name": "out"});
    corner.external_secret("es", orphan).await.unwrap();
    corner.wait_synced("es").await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let before = calls(&corner, "es").await;
    let other = |value: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "es"}, "stringData": {"k": value}});
    corner.apply(other("one")).await.unwrap();
    corner.apply(other("two")).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!((calls(&corner, "es").await - before).abs() < f64::EPSILON);
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_64_two_stores_of_one_backend_in_one_object_are_two_clients() {
    let corner = Corner::new(shared().await, "twostores").await.unwrap();
    let store = |name: &str| {
        json!({
            "apiVersion": "external-secrets.io/v1", "kind": "SecretStore", "metadata": {"name": name},
            "spec": {"provider": {"fake": {"data": [{"key": "a", "value": name}]}}}
        })
    };
    corner.apply(store("st")).await.unwrap();
    corner.apply(store("other")).await.unwrap();
    let spec = json!({"data": [
        {"secretKey": "one", "remoteRef": {"key": "a"}},
        {"secretKey": "two", "remoteRef": {"key": "a"}, "sourceRef": {"storeRef": {"name": "other"}}},
        {"secretKey": "three", "remoteRef": {"key": "a"}},
    ]});
    corner.external_secret("es", spec).await.unwrap();
    corner.wait_for_data("es", &[("one", "st"), ("three", "st"), ("two", "other")]).await.unwrap();
}
