#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use kube::Client;
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::{Action, Lease, LeaseSettings, Observed, decide};

fn settings(identity: &str) -> LeaseSettings {
    LeaseSettings { identity: identity.to_owned(), ..LeaseSettings::new("default", "external-secrets-controller") }
}

fn observed(holder: &str, since: Instant) -> Observed {
    Observed { holder: holder.to_owned(), duration: Duration::from_secs(15), version: "1".to_owned(), since }
}

#[test]
fn a_lease_is_created_taken_renewed_or_left_alone() {
    let (us, now) = (settings("us"), Instant::now());
    let at = |seconds| now + Duration::from_secs(seconds);
    assert_eq!(decide(None, &us, now), Action::Create);
    assert_eq!(decide(Some(&observed("", now)), &us, now), Action::Take);
    assert_eq!(decide(Some(&observed("us", now)), &us, at(1000)), Action::Renew);
    assert_eq!(decide(Some(&observed("them", now)), &us, at(14)), Action::Wait);
    assert_eq!(decide(Some(&observed("them", now)), &us, at(15)), Action::Take);
}

#[test]
fn an_unchanged_lease_grows_old_by_our_own_clock_and_a_renewed_one_is_young() {
    let now = Instant::now();
    let lease = |version: &str| {
        serde_json::from_value(json!({"metadata": {"resourceVersion": version}, "spec": {
            "holderIdentity": "them", "leaseDurationSeconds": 15,
            // A clock that is years off changes nothing.
            "renewTime": "1999-01-01T00:00:00.000000Z"}}))
        .unwrap()
    };
    let later = now + Duration::from_secs(14);
    let first = Observed::from_lease(&lease("1"), None, now);
    assert_eq!(Observed::from_lease(&lease("1"), Some(&first), later).since, now);
    assert_eq!(Observed::from_lease(&lease("2"), Some(&first), later).since, later);
}

#[test]
fn timings_that_do_not_fit_are_refused() {
    assert!(settings("us").check().is_ok());
    let wrong = LeaseSettings { renew_deadline: Duration::from_secs(15), ..settings("us") };
    assert!(wrong.check().unwrap_err().message.contains("retry period"));
    assert!(LeaseSettings { retry_period: Duration::ZERO, ..settings("us") }.check().is_err());
}

/// An API server with one Lease, which checks resource versions.
#[derive(Clone, Default)]
struct Server {
    lease: Arc<Mutex<Option<Value>>>,
    dead: Arc<AtomicBool>,
}

impl Server {
    fn client(&self) -> Client {
        let server = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let server = server.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                if server.dead.load(Ordering::SeqCst) {
                    std::future::pending::<()>().await;
                }
                let (code, answer) = server.answer(parts.method.as_str(), serde_json::from_slice(&body).ok());
                let body = Full::new(Bytes::from(answer.to_string()));
                Ok::<_, tower::BoxError>(Response::builder().status(code).body(body).unwrap())
            }
        });
        Client::new(service, "default")
    }

    fn answer(&self, method: &str, sent: Option<Value>) -> (u16, Value) {
        let failure = |code: u16, reason: &str| {
            (code, json!({"kind": "Status", "status": "Failure", "message": "", "reason": reason, "code": code}))
        };
        let mut lease = self.lease.lock();
        let version = |lease: &Value| lease["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
        let next = match (method, &*lease) {
            ("GET", None) => return failure(404, "NotFound"),
            ("GET", Some(lease)) => return (200, lease.clone()),
            ("POST", None) => 1,
            ("POST", Some(_)) => return failure(409, "AlreadyExists"),
            ("PUT", Some(present)) if version(present) == version(sent.as_ref().unwrap()) => {
                version(present).parse::<u32>().unwrap() + 1
            }
            _ => return failure(409, "Conflict"),
        };
        let mut written = sent.unwrap();
        written["metadata"]["resourceVersion"] = next.to_string().into();
        *lease = Some(written.clone());
        (200, written)
    }

    fn spec(&self) -> Value {
        self.lease.lock().as_ref().unwrap()["spec"].clone()
    }
}

async fn acquired(server: &Server, identity: &str) -> Lease {
    Lease::acquire(server.client(), settings(identity), CancellationToken::new()).await.unwrap().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_held_lease_is_renewed_and_keeps_others_waiting() {
    let server = Server::default();
    let lease = acquired(&server, "us").await;
    assert_eq!((&server.spec()["holderIdentity"], &server.spec()["leaseDurationSeconds"]), (&json!("us"), &json!(15)));
    let acquire_time = server.spec()["acquireTime"].clone();
    assert!(timeout(Duration::from_mins(5), acquired(&server, "them")).await.is_err());
    assert!(!lease.lost().is_cancelled());
    assert_eq!(server.spec()["acquireTime"], acquire_time);
    assert_eq!(server.spec()["leaseTransitions"], 0);
}

#[tokio::test(start_paused = true)]
async fn a_dead_holders_lease_is_taken_over_after_its_duration() {
    let server = Server::default();
    drop(acquired(&server, "dead").await);
    let began = Instant::now();
    let _lease = acquired(&server, "us").await;
    let took = began.elapsed().as_secs_f64();
    assert!((15.0..19.0).contains(&took), "{took}");
    assert_eq!((&server.spec()["holderIdentity"], &server.spec()["leaseTransitions"]), (&json!("us"), &json!(1)));
}

#[tokio::test(start_paused = true)]
async fn a_released_lease_is_free_at_once() {
    let server = Server::default();
    acquired(&server, "first").await.release().await;
    assert_eq!(server.spec()["holderIdentity"], "");
    let began = Instant::now();
    acquired(&server, "second").await;
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_cannot_renew_stops_before_others_may_begin() {
    let server = Server::default();
    let lease = acquired(&server, "us").await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    server.dead.store(true, Ordering::SeqCst);
    let began = Instant::now();
    lease.lost().cancelled().await;
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(7) && took <= Duration::from_secs(12), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_somebody_else_took_is_lost_at_the_next_renewal() {
    let server = Server::default();
    let lease = acquired(&server, "us").await;
    if let Some(lease) = server.lease.lock().as_mut() {
        lease["spec"]["holderIdentity"] = "them".into();
        lease["metadata"]["resourceVersion"] = "77".into();
    }
    let began = Instant::now();
    lease.lost().cancelled().await;
    assert!(began.elapsed() <= Duration::from_secs(3));
    lease.release().await;
    assert_eq!(server.spec()["holderIdentity"], "them");
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_stop_token() {
    let server = Server::default();
    let _held = acquired(&server, "them").await;
    let stop = CancellationToken::new();
    let waiting = tokio::spawn(Lease::acquire(server.client(), settings("us"), stop.clone()));
    tokio::time::sleep(Duration::from_secs(5)).await;
    stop.cancel();
    assert!(timeout(Duration::from_secs(1), waiting).await.unwrap().unwrap().unwrap().is_none());
}
