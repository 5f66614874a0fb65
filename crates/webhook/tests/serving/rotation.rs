//! 500 admissions a second while the certificate changes, by the overlap that the cert-controller keeps.

use std::time::{Duration, Instant};

use rustls::ClientConfig;
use serde_json::json;

use crate::client::{Authority, Client};
use crate::{STORES, review, store, usual};

/// Admissions per second.
const RATE: u32 = 500;

/// How many connections the API server would use.
const CONNECTIONS: u32 = 10;

/// `ESO_LOAD_SECONDS`, or ten.
fn seconds() -> u32 {
    std::env::var("ESO_LOAD_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10)
}

/// Sends its share of admissions, with a new connection every second. Gives how long each took.
async fn admissions(port: u16, config: ClientConfig, body: String, seconds: u32) -> Vec<Duration> {
    let mut took = Vec::new();
    let share = RATE / CONNECTIONS;
    let mut tick = tokio::time::interval(Duration::from_secs(1) / share);
    for _ in 0..seconds {
        let mut client = Client::connect(port, &config).await.expect("the certificate is trusted");
        for _ in 0..share {
            tick.tick().await;
            let began = Instant::now();
            let (status, answer) = client.post(STORES.path(), &body).await.expect("the connection stands");
            took.push(began.elapsed());
            assert!(status == 200 && answer.contains("\"allowed\":true"), "{status} {answer}");
        }
    }
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_admission_fails_while_the_certificate_changes_under_load() {
    let running = usual().await;
    let new = Authority::new();
    let body = review("v1", &store(json!({"aws": {"service": "SecretsManager", "region": "eu-west-1"}})));
    // As the API server during a rotation: it trusts both.
    let config = running.authority.trusting(&[&new]);
    let load: Vec<_> = (0..CONNECTIONS)
        .map(|_| tokio::spawn(admissions(running.port, config.clone(), body.clone(), seconds())))
        .collect();
    for step in 0..seconds() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        running.shown.set(if step % 2 == 0 { new.leaf() } else { running.authority.leaf() });
    }
    let mut took = Vec::new();
    for connection in load {
        took.extend(connection.await.unwrap());
    }
    took.sort_unstable();
    assert_eq!(took.len(), usize::try_from(RATE * seconds()).unwrap());
    let p = |share: usize| took[took.len() * share / 100].as_secs_f64() * 1000.0;
    println!("{} admissions, p50 {:.2} ms, p99 {:.2} ms", took.len(), p(50), p(99));
}
