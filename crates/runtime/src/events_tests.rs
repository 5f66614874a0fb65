#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use kube::Client;
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::Value;

use super::{EventKind, EventRef, Recorder, dropped_total};

/// Method, path and body of what was asked.
type Asked = Arc<Mutex<Vec<(String, String, Value)>>>;

/// A server that answers PATCH with `patch_code`, and everything with a delay.
fn server(patch_code: u16, delay: Duration) -> (Recorder, Asked) {
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    let service = tower::service_fn(move |request: Request<Body>| {
        let log = Arc::clone(&log);
        async move {
            let (parts, body) = request.into_parts();
            let body: Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
            log.lock().push((parts.method.to_string(), parts.uri.path().to_owned(), body));
            tokio::time::sleep(delay).await;
            let (code, text) = match (parts.method.as_str(), patch_code) {
                ("PATCH", 404) => {
                    (404, r#"{"kind":"Status","status":"Failure","message":"","reason":"NotFound","code":404}"#)
                }
                _ => (201, r#"{"kind":"Event","apiVersion":"v1","metadata":{},"involvedObject":{}}"#),
            };
            Ok::<_, tower::BoxError>(Response::builder().status(code).body(Full::new(Bytes::from(text))).unwrap())
        }
    });
    (Recorder::new(Client::new(service, "default")), asked)
}

fn about(namespace: &str, name: &str) -> EventRef {
    EventRef {
        api_version: "external-secrets.io/v1".to_owned(),
        kind: "ExternalSecret".to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        uid: format!("uid-{namespace}-{name}"),
        resource_version: "7".to_owned(),
    }
}

const LIMIT: Duration = Duration::from_secs(2);

#[tokio::test(start_paused = true)]
async fn an_event_has_all_the_fields_that_eso_fills() {
    let (recorder, asked) = server(200, Duration::ZERO);
    recorder.publish(about("team", "db"), EventKind::Warning, "UpdateFailed", "what went wrong", "external-secrets");
    recorder.flush(LIMIT).await;
    let asked = asked.lock();
    let (method, path, body) = &asked[0];
    assert_eq!((method.as_str(), path.as_str()), ("POST", "/api/v1/namespaces/team/events"));
    let name = body["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("db.") && name.len() == "db.".len() + 16, "{name}");
    assert_eq!(body["metadata"]["namespace"], "team");
    assert_eq!(body["type"], "Warning");
    assert_eq!(body["reason"], "UpdateFailed");
    assert_eq!(body["message"], "what went wrong");
    assert_eq!(body["count"], 1);
    assert_eq!(body["source"]["component"], "external-secrets");
    assert_eq!(body["reportingComponent"], "external-secrets");
    assert_eq!(body["firstTimestamp"], body["lastTimestamp"]);
    assert_eq!(body["firstTimestamp"].as_str().unwrap().len(), "2026-01-01T00:00:00Z".len());
    let object = &body["involvedObject"];
    assert_eq!(object["apiVersion"], "external-secrets.io/v1");
    assert_eq!(object["kind"], "ExternalSecret");
    assert_eq!(object["namespace"], "team");
    assert_eq!(object["name"], "db");
    assert_eq!(object["uid"], "uid-team-db");
    assert_eq!(object["resourceVersion"], "7");
}

#[tokio::test(start_paused = true)]
async fn events_of_cluster_wide_objects_go_to_the_namespace_default() {
    let (recorder, asked) = server(200, Duration::ZERO);
    recorder.publish(about("", "aws"), EventKind::Normal, "Valid", "store validated", "cluster-secret-store");
    recorder.flush(LIMIT).await;
    let asked = asked.lock();
    assert_eq!(asked[0].1, "/api/v1/namespaces/default/events");
    assert!(asked[0].2["involvedObject"].get("namespace").is_none());
}

#[tokio::test(start_paused = true)]
async fn an_object_that_fails_again_and_again_costs_one_create_and_few_patches() {
    let (recorder, asked) = server(200, Duration::ZERO);
    for _ in 0..600 {
        recorder.publish(about("team", "db"), EventKind::Warning, "UpdateFailed", "same", "external-secrets");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    recorder.flush(LIMIT).await;
    let asked = asked.lock();
    let methods: Vec<&str> = asked.iter().map(|(method, ..)| method.as_str()).collect();
    assert_eq!(methods, ["POST", "PATCH", "PATCH"]);
    let name = asked[0].2["metadata"]["name"].as_str().unwrap();
    assert_eq!(asked[1].1, format!("/api/v1/namespaces/team/events/{name}"));
    assert_eq!((&asked[1].2["count"], &asked[2].2["count"]), (&Value::from(2), &Value::from(302)));
    assert!(asked[1].2["lastTimestamp"].is_string());
}

#[tokio::test(start_paused = true)]
async fn events_that_differ_in_anything_are_different_events() {
    let (recorder, asked) = server(200, Duration::ZERO);
    recorder.publish(about("a", "x"), EventKind::Warning, "R", "m", "c");
    recorder.publish(about("b", "x"), EventKind::Warning, "R", "m", "c");
    recorder.publish(about("a", "x"), EventKind::Normal, "R", "m", "c");
    recorder.publish(about("a", "x"), EventKind::Warning, "S", "m", "c");
    recorder.publish(about("a", "x"), EventKind::Warning, "R", "n", "c");
    recorder.publish(about("a", "x"), EventKind::Warning, "R", "m", "d");
    recorder.flush(LIMIT).await;
    assert_eq!(asked.lock().iter().filter(|(method, ..)| method == "POST").count(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_repeat_of_an_event_that_the_server_forgot_is_written_anew_with_its_count() {
    let (recorder, asked) = server(404, Duration::ZERO);
    for _ in 0..2 {
        recorder.publish(about("team", "db"), EventKind::Warning, "UpdateFailed", "same", "external-secrets");
        recorder.flush(LIMIT).await;
    }
    let asked = asked.lock();
    let methods: Vec<&str> = asked.iter().map(|(method, ..)| method.as_str()).collect();
    assert_eq!(methods, ["POST", "PATCH", "POST"]);
    assert_eq!(asked[2].2["count"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_long_message_is_cut_between_characters() {
    let (recorder, asked) = server(200, Duration::ZERO);
    recorder.publish(about("team", "db"), EventKind::Warning, "R", &"é".repeat(600), "c");
    recorder.publish(about("team", "db"), EventKind::Warning, "R", &format!("x{}", "é".repeat(600)), "c");
    recorder.flush(LIMIT).await;
    let mut lengths: Vec<usize> =
        asked.lock().iter().map(|(.., body)| body["message"].as_str().unwrap().len()).collect();
    lengths.sort_unstable();
    assert_eq!(lengths, [1023, 1024]);
}

#[tokio::test(start_paused = true)]
async fn a_long_object_name_still_gives_a_valid_event_name() {
    let (recorder, asked) = server(200, Duration::ZERO);
    recorder.publish(
        about("team", &format!("{}.{}", "a".repeat(235), "b".repeat(17))),
        EventKind::Normal,
        "R",
        "m",
        "c",
    );
    recorder.flush(LIMIT).await;
    let name = asked.lock()[0].2["metadata"]["name"].as_str().unwrap().to_owned();
    assert!(name.len() <= 253 && !name.contains(".."), "{name}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_costs_the_oldest_events_and_not_the_caller() {
    let (recorder, asked) = server(200, Duration::from_hours(1));
    let before = dropped_total().get();
    for number in 0..10_000 {
        recorder.publish(about("team", &number.to_string()), EventKind::Normal, "R", "m", "c");
    }
    let began = tokio::time::Instant::now();
    recorder.flush(LIMIT).await;
    assert_eq!(began.elapsed(), LIMIT);
    assert_eq!(asked.lock().len(), 4, "four are under way");
    assert!(dropped_total().get() - before > 5000);
}

#[tokio::test(start_paused = true)]
async fn who_catches_up_before_each_piece_of_work_loses_no_event_in_a_burst() {
    let (recorder, asked) = server(200, Duration::from_millis(10));
    for number in 0..10_000 {
        recorder.catch_up().await;
        recorder.publish(about("team", &number.to_string()), EventKind::Normal, "R", "m", "c");
    }
    recorder.flush(Duration::from_mins(1)).await;
    assert_eq!(asked.lock().len(), 10_000);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_no_events_slows_work_and_does_not_stop_it() {
    let (recorder, _) = server(200, Duration::from_hours(1));
    for number in 0..1000 {
        recorder.publish(about("team", &number.to_string()), EventKind::Normal, "R", "m", "c");
    }
    let began = tokio::time::Instant::now();
    recorder.catch_up().await;
    assert_eq!(began.elapsed(), super::LONGEST_HOLD);
}
