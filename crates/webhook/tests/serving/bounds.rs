//! Too much, too slow, and defects.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eso_runtime::tls::{Http2, MinVersion};
use eso_webhook::admission::Kind;
use eso_webhook::review::{Request, Verdict};
use serde_json::json;

use crate::{STORES, review, start, store, usual};

#[tokio::test]
async fn a_body_of_three_mebibytes_passes_and_one_byte_more_does_not() {
    let running = usual().await;
    let body = review("v1", &store(json!({"fake": {"data": []}})));
    let padded = |length: usize| format!("{body}{}", " ".repeat(length - body.len()));
    let fits = running.client().await.post(STORES.path(), &padded(3 << 20)).await.unwrap();
    assert_eq!(fits.0, 200);
    let too_long = running.client().await.post(STORES.path(), &padded((3 << 20) + 1)).await;
    // The server need not read to the end what it refuses, so the connection may end before the answer is read.
    assert!(too_long.as_ref().is_err() || too_long.as_ref().is_ok_and(|(status, _)| *status == 413), "{too_long:?}");
}

#[tokio::test]
async fn a_panic_in_one_request_is_a_500_and_nothing_else_happens() {
    let crash = Arc::new(AtomicBool::new(true));
    let next = Arc::clone(&crash);
    let judges = Arc::new(move |_: Kind, _: &Request<'_>| {
        assert!(!next.swap(false, Ordering::Relaxed), "a defect, on purpose");
        Verdict::PASS
    });
    let running = start(judges, MinVersion::Tls12, Http2::Off).await;
    let body = review("v1", &store(json!({})));
    let mut client = running.client().await;
    let (status, text) = client.post(STORES.path(), &body).await.unwrap();
    assert_eq!(status, 500);
    assert!(!text.contains("on purpose"), "{text}");
    assert_eq!(client.post(STORES.path(), &body).await.unwrap().0, 200, "the same connection");
    assert_eq!(running.client().await.post(STORES.path(), &body).await.unwrap().0, 200);
}

#[tokio::test]
async fn two_hundred_are_in_flight_and_one_more_is_answered_429() {
    let running = usual().await;
    let body = review("v1", &store(json!({"fake": {"data": []}})));
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut client = running.client().await;
        client.begin(("POST", STORES.path()), "application/json", &body, body.len() - 1).await.unwrap();
        slow.push(client);
    }
    let line = format!("controller_runtime_webhook_requests_in_flight{{webhook=\"{}\"}} 200", STORES.path());
    while !running.metrics.encode().lines().any(|found| found == line) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(running.client().await.post(STORES.path(), &body).await.unwrap().0, 429);
    for client in &mut slow {
        client.finish(&body, body.len() - 1).await.unwrap();
        assert_eq!(client.answer().await.unwrap().0, 200);
    }
    assert_eq!(running.client().await.post(STORES.path(), &body).await.unwrap().0, 200);
}
