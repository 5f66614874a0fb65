//! Start and end.

use std::time::Duration;

use crate::client::Client;
use crate::{DAY, Webhook};

#[tokio::test]
async fn parity_217_a_certificate_that_ends_within_the_lookahead_ends_the_webhook_with_0() {
    let mut webhook = Webhook::ready(DAY * 30, &["--check-interval=200ms"]).await;
    assert_eq!(webhook.exit_code(Duration::from_secs(20)).await, Some(0));
    let mut lasting = Webhook::ready(DAY * 91, &["--check-interval=200ms"]).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(lasting.child.try_wait().unwrap().is_none(), "90 days are left");
}

#[tokio::test]
async fn parity_218_a_certificate_that_ends_within_an_hour_is_not_ready_and_one_that_comes_later_is_taken() {
    let webhook = Webhook::start(Duration::from_mins(50), &[]);
    webhook.answers("/healthz", 200).await;
    let (status, text) = webhook.health("/readyz").await;
    assert_eq!(status, 503);
    assert!(text.contains("tls.crt does not hold"), "{text}");
    webhook.authority.write(webhook.folder.path(), DAY);
    webhook.answers("/readyz", 200).await;
    Client::connect(webhook.port, &webhook.authority.trusting(&[])).await.unwrap();
}

#[tokio::test]
async fn files_that_are_emptied_change_what_is_ready_and_not_what_is_served() {
    let webhook = Webhook::ready(DAY, &[]).await;
    for name in ["ca.crt", "tls.crt", "tls.key"] {
        std::fs::write(webhook.folder.path().join(name), "").unwrap();
    }
    assert_eq!(webhook.health("/readyz").await.0, 503);
    assert_eq!(webhook.health("/healthz").await.0, 200);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    Client::connect(webhook.port, &webhook.authority.trusting(&[])).await.unwrap();
}
