//! 500 admissions a second while the certificate changes, by the overlap that the cert-controller keeps.

use std::time::{Duration, Instant};

use rustls::ClientConfig;

use crate::client::{Authority, Client};
use crate::load::{PATH, body};
use crate::{DAY, Webhook};

/// Admissions per second.
const RATE: u32 = 500;

/// How many connections the API server would use.
const CONNECTIONS: u32 = 10;

/// `ESO_LOAD_SECONDS`, or ten.
fn seconds() -> u32 {
    std::env::var("ESO_LOAD_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10)
}

/// Sends its share of admissions, with a new connection every second. Gives how long each took.
async fn admissions(port: u16, config: ClientConfig) -> Vec<Duration> {
    let (mut took, body) = (Vec::new(), body());
    let share = RATE / CONNECTIONS;
    let mut tick = tokio::time::interval(Duration::from_secs(1) / share);
    for _ in 0..seconds() {
        let mut client = Client::connect(port, &config).await.expect("the certificate is trusted");
        for _ in 0..share {
            tick.tick().await;
            let began = Instant::now();
            let (status, answer) = client.post(PATH, &body).await.expect("the connection stands");
            took.push(began.elapsed());
            assert!(status == 200 && answer.contains("\"allowed\":true"), "{status} {answer}");
        }
    }
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_admission_fails_while_the_certificate_changes_under_load() {
    let webhook = Webhook::ready(DAY, &[]).await;
    let (old, new) = (&webhook.authority, Authority::new());
    // As the API server during a rotation: it trusts both.
    let config = old.trusting(&[&new]);
    let load: Vec<_> = (0..CONNECTIONS).map(|_| tokio::spawn(admissions(webhook.port, config.clone()))).collect();
    for step in 0..seconds() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if step % 2 == 0 { &new } else { old }.write(webhook.folder.path(), DAY);
    }
    let mut took = Vec::new();
    for connection in load {
        took.extend(connection.await.unwrap());
    }
    took.sort_unstable();
    assert_eq!(took.len(), usize::try_from(RATE * seconds()).unwrap());
    let seen = |share: usize| took[took.len() * share / 100].as_secs_f64() * 1000.0;
    let metrics = webhook.get(webhook.metrics, "/metrics").await.1;
    let line = format!("controller_runtime_webhook_latency_seconds_bucket{{webhook=\"{PATH}\",le=\"0.002\"}} ");
    let quick: usize = metrics.lines().find_map(|found| found.strip_prefix(&line)).unwrap().parse().unwrap();
    println!(
        "{} admissions; a client sees p50 {:.2} ms, p99 {:.2} ms; {:.2} % are answered within 2 ms; {:.1} MiB",
        took.len(),
        seen(50),
        seen(99),
        100.0 * quick as f64 / took.len() as f64,
        webhook.memory("VmRSS:"),
    );
}
