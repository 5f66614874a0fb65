//! The server as the API server meets it: TLS, bounds, defects, a certificate that changes under load.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // tests fail loudly

mod bounds;
#[allow(dead_code)] // shared with the tests of the process
mod client;
mod tls;

use std::sync::Arc;

use eso_core::provider::StoreKind;
use eso_registry::Registry;
use eso_runtime::metrics::{ExtendedLabels, Metrics};
use eso_runtime::tls::{Http2, MinVersion, Shown, Suites, server_config};
use eso_webhook::admission::{Judge, Kind};
use eso_webhook::handler::Judges;
use eso_webhook::metrics::AdmissionMetrics;
use eso_webhook::server::Server;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use client::{Authority, Client};

/// A running server, with the real rules unless others are given.
struct Running {
    port: u16,
    authority: Authority,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

fn rules() -> Judges {
    let judge = Judge { registry: Registry::new(), left: "{{".to_owned(), right: "}}".to_owned() };
    Arc::new(move |kind, request| judge.judge(kind, request))
}

async fn start(judges: Judges, least: MinVersion, http2: Http2) -> Running {
    eso_runtime::client::install_crypto();
    let (authority, shown) = (Authority::new(), Shown::default());
    shown.set(authority.leaf());
    let tls = server_config(shown, least, &Suites::default(), http2).unwrap();
    let server = Server::bind(0, tls).await.unwrap();
    let port = server.port().unwrap();
    let metrics = Arc::new(Metrics::new(ExtendedLabels::Off));
    let stop = CancellationToken::new();
    let task = tokio::spawn(server.serve(judges, AdmissionMetrics::new(&metrics), stop.clone()));
    Running { port, authority, metrics, stop, task }
}

async fn usual() -> Running {
    start(rules(), MinVersion::Tls12, Http2::Off).await
}

impl Running {
    async fn client(&self) -> Client {
        Client::connect(self.port, &self.authority.trusting(&[])).await.unwrap()
    }
}

fn store(provider: Value) -> Value {
    json!({
        "apiVersion": "external-secrets.io/v1", "kind": "SecretStore",
        "metadata": {"name": "st", "namespace": "ns"}, "spec": {"provider": provider},
    })
}

fn review(version: &str, object: &Value) -> String {
    json!({
        "apiVersion": format!("admission.k8s.io/{version}"), "kind": "AdmissionReview",
        "request": {"uid": "some-uid", "operation": "CREATE", "object": object, "oldObject": null, "dryRun": false},
    })
    .to_string()
}

const STORES: Kind = Kind::Store(StoreKind::SecretStore);

#[tokio::test]
async fn both_versions_of_the_review_are_answered_in_kind() {
    let running = usual().await;
    let mut client = running.client().await;
    for version in ["v1", "v1beta1"] {
        let good = store(json!({"fake": {"data": [{"key": "a", "value": "b"}]}}));
        let (status, answer) = client.post(STORES.path(), &review(version, &good)).await.unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(status, 200);
        assert_eq!(answer["apiVersion"], format!("admission.k8s.io/{version}"));
        assert_eq!(answer["kind"], "AdmissionReview");
        assert_eq!(answer["response"]["uid"], "some-uid");
        assert_eq!(answer["response"]["allowed"], true);
        assert_eq!(answer["response"]["warnings"].as_array().unwrap().len(), 1, "{answer}");
        let bad = store(json!({"aws": {"service": "Nope", "region": "eu-west-1"}}));
        let (_, answer) = client.post(STORES.path(), &review(version, &bad)).await.unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["response"]["allowed"], false);
        assert_eq!(answer["response"]["status"]["code"], 403);
        assert_eq!(answer["response"]["status"]["reason"], "Forbidden");
        let message = answer["response"]["status"]["message"].as_str().unwrap();
        assert!(message.starts_with("spec.provider.aws.service: unknown AWS Provider Service: Nope"), "{message}");
    }
}

#[tokio::test]
async fn the_three_paths_are_served_and_no_other() {
    let running = usual().await;
    let mut client = running.client().await;
    for kind in Kind::ALL {
        let text = json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {"uid": "u", "operation": "DELETE", "object": null},
        });
        assert_eq!(client.post(kind.path(), &text.to_string()).await.unwrap().0, 200, "{kind:?}");
        assert_eq!(client.request("GET", kind.path(), "application/json", "").await.unwrap().0, 405);
    }
    assert_eq!(client.post("/validate-external-secrets-io-v1beta1-secretstore", "{}").await.unwrap().0, 404);
    assert_eq!(client.post("/convert", "{}").await.unwrap().0, 404);
}

#[tokio::test]
async fn what_is_no_review_is_told_so() {
    let running = usual().await;
    let mut client = running.client().await;
    for (body, status) in [
        ("", 400),
        ("nonsense", 400),
        ("{}", 400),
        (
            r#"{"apiVersion":"admission.k8s.io/v2","kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE"}}"#,
            400,
        ),
        (r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}"#, 400),
    ] {
        assert_eq!(client.post(STORES.path(), body).await.unwrap().0, status, "{body}");
    }
    assert_eq!(client.request("POST", STORES.path(), "text/plain", "{}").await.unwrap().0, 415);
    let charset = client.request("POST", STORES.path(), "application/json; charset=utf-8", "{}").await.unwrap();
    assert_eq!(charset.0, 400, "the content type is well");
}

#[tokio::test]
async fn admissions_are_counted_by_path_and_code() {
    let running = usual().await;
    let mut client = running.client().await;
    let good = store(json!({"fake": {"data": []}}));
    client.post(STORES.path(), &review("v1", &good)).await.unwrap();
    client.post(STORES.path(), "nonsense").await.unwrap();
    let text = running.metrics.encode();
    let path = STORES.path();
    for line in [
        format!("controller_runtime_webhook_requests_total{{code=\"200\",webhook=\"{path}\"}} 1"),
        format!("controller_runtime_webhook_requests_total{{code=\"400\",webhook=\"{path}\"}} 1"),
        format!("controller_runtime_webhook_requests_in_flight{{webhook=\"{path}\"}} 0"),
        format!("controller_runtime_webhook_latency_seconds_count{{webhook=\"{path}\"}} 2"),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
    }
}

#[tokio::test]
async fn asked_to_stop_it_answers_what_is_in_work_and_takes_no_more() {
    let running = usual().await;
    let mut client = running.client().await;
    let body = review("v1", &store(json!({"fake": {"data": []}})));
    client.begin(("POST", STORES.path()), "application/json", &body, body.len() - 1).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    running.stop.cancel();
    client.finish(&body, body.len() - 1).await.unwrap();
    assert_eq!(client.answer().await.unwrap().0, 200);
    running.task.await.unwrap();
    assert!(Client::connect(running.port, &running.authority.trusting(&[])).await.is_err());
}
