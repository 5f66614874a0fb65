//! Many who do nothing beside those who do.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::client::{Authority, Client};
use crate::{DAY, Webhook};

pub const PATH: &str = "/validate-external-secrets-io-v1-externalsecret";

pub fn body() -> String {
    let object = json!({
        "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": {"name": "es", "namespace": "ns"},
        "spec": {"secretStoreRef": {"name": "st"}, "data": [{"secretKey": "k", "remoteRef": {"key": "x"}}],
            "target": {"template": {"data": {"a": "{{ .k | upper }}"}}}},
    });
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {"uid": "u", "operation": "CREATE", "object": object},
    })
    .to_string()
}

/// So many admissions, one after another. Gives the longest of the faster 99 in 100.
async fn admissions(client: &mut Client, count: usize) -> Duration {
    let body = body();
    let mut took = Vec::new();
    for _ in 0..count {
        let began = Instant::now();
        let (status, answer) = client.post(PATH, &body).await.unwrap();
        took.push(began.elapsed());
        assert!(status == 200 && answer.contains("\"allowed\":true"), "{status} {answer}");
    }
    took.sort_unstable();
    took[count * 99 / 100]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_idle_connections_and_slow_headers_leave_good_traffic_unharmed_within_64_mib() {
    let webhook = Webhook::ready(DAY, &[]).await;
    let config = webhook.authority.trusting(&[]);
    let mut good = Client::connect(webhook.port, &config).await.unwrap();
    let rest = webhook.memory("VmRSS:");
    let alone = admissions(&mut good, 500).await;
    let mut idle = Vec::new();
    for _ in 0..1000 {
        let mut client = Client::connect(webhook.port, &config).await.unwrap();
        // One request each, so that they count as resting between two of the API server's.
        assert_eq!(client.post(PATH, &body()).await.unwrap().0, 200);
        idle.push(client);
    }
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut client = Client::connect(webhook.port, &config).await.unwrap();
        client.stream.write_all(b"POST / HTTP/1.1\r\nho").await.unwrap();
        client.stream.flush().await.unwrap();
        slow.push(client);
    }
    let beside = admissions(&mut good, 500).await;
    let (now, peak) = (webhook.memory("VmRSS:"), webhook.memory("VmHWM:"));
    println!(
        "at rest {rest:.1} MiB, with 1,100 connections {now:.1} MiB, peak {peak:.1} MiB; p99 {alone:?}, then {beside:?}"
    );
    assert!(peak < 64.0, "{peak:.1} MiB");
    assert!(beside < Duration::from_millis(100), "{beside:?}");
    for client in &mut slow {
        let ended = tokio::time::timeout(Duration::from_secs(10), client.answer()).await.expect("it was cut off");
        assert!(ended.is_err());
    }
    for client in &mut idle {
        assert_eq!(client.post(PATH, &body()).await.unwrap().0, 200, "resting connections are kept");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_changes_in_its_files_is_shown_and_no_connection_is_refused() {
    let webhook = Webhook::ready(DAY, &[]).await;
    let new = Authority::new();
    let both = webhook.authority.trusting(&[&new]);
    let mut standing = Client::connect(webhook.port, &both).await.unwrap();
    new.write(webhook.folder.path(), DAY);
    let began = Instant::now();
    let only_new = new.trusting(&[]);
    while Client::connect(webhook.port, &only_new).await.is_err() {
        Client::connect(webhook.port, &both).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(10), "the new certificate is not shown");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    admissions(&mut standing, 10).await;
}
