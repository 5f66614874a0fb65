//! The webhook and the cert-controller.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use eso_harness::admission::{Admission as Installed, WEBHOOK};
use eso_harness::cluster::NAMESPACE;
use eso_harness::{ControlPlane, Operator, Options};
use http::Method;
use serde_json::json;

use crate::api_client::{ApiServer, Connection};
use crate::args::BenchArgs;
use crate::objects::bytes;
use crate::report::Admission;
use crate::usage::Memory;

/// How long both do nothing before their memory is measured.
const REST_SECONDS: u64 = 10;
/// How long the load lasts.
const LOAD_SECONDS: u32 = 20;
/// Admissions per second, over all connections.
const RATE: u32 = 500;
/// As many as an API server would use.
const CONNECTIONS: u32 = 10;

const PATH: &str = "/validate-external-secrets-io-v1-externalsecret";

/// Starts both on a fresh API server, measures them at rest, then the webhook under load.
///
/// # Errors
/// When one does not become ready, or an admission fails.
pub(crate) async fn admission(parts: &eso_harness::Installed, args: &BenchArgs) -> anyhow::Result<Admission> {
    let plane = ControlPlane::start(parts, Options::default()).await?;
    let installed = Installed::install(&plane, args.profile()).await?;
    let (certs, cert_controller_ready) = ready(installed.cert_controller(&[])?).await?;
    let authority = installed.certificates().join("ca.crt");
    let authority =
        eso_harness::eventually("the certificate is in its files", || async { Ok(std::fs::read(&authority)?) }).await?;
    let (webhook, webhook_ready) = ready(installed.webhook()?).await?;
    tokio::time::sleep(Duration::from_secs(REST_SECONDS)).await;
    let (certs_at_rest, webhook_at_rest) = (memory(&certs)?, memory(&webhook)?);
    let cpu = webhook.cpu_seconds()?;
    let client = ApiServer::new(&json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "webhook",
        "clusters": [{"name": "webhook", "cluster": {
            "server": format!("https://127.0.0.1:{}", installed.port()),
            "tls-server-name": format!("{WEBHOOK}.{NAMESPACE}.svc"),
            "certificate-authority-data": k8s_openapi::ByteString(authority),
        }}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "webhook", "context": {"cluster": "webhook", "user": "nobody"}}],
    }))
    .await?;
    let mut took = load(&client).await?;
    took.sort_unstable();
    let share = |of: usize| took.get(took.len() * of / 100).copied().unwrap_or_default().as_secs_f64() * 1000.0;
    Ok(Admission {
        workload: "admission",
        cert_controller_ready_seconds: cert_controller_ready.as_secs_f64(),
        webhook_ready_seconds: webhook_ready.as_secs_f64(),
        rest_seconds: REST_SECONDS,
        cert_controller_at_rest: certs_at_rest,
        webhook_at_rest,
        webhook_after_load: memory(&webhook)?,
        admissions: took.len(),
        admissions_per_second: RATE,
        p50_milliseconds: share(50),
        p99_milliseconds: share(99),
        share_within_2_milliseconds: quick(&webhook.metrics_text().await?)
            .context("the webhook counts no latencies")?,
        webhook_cpu_seconds: webhook.cpu_seconds()? - cpu,
    })
}

async fn ready(operator: Operator) -> anyhow::Result<(Operator, Duration)> {
    let began = Instant::now();
    operator.wait_ready().await?;
    Ok((operator, began.elapsed()))
}

fn memory(operator: &Operator) -> anyhow::Result<Memory> {
    Memory::of(operator.process().pid())
}

/// How long each admission took.
async fn load(client: &ApiServer) -> anyhow::Result<Vec<Duration>> {
    let connections = (0..CONNECTIONS).map(async |_| admissions(client.connect().await?).await);
    let took = futures::future::try_join_all(connections).await?;
    Ok(took.into_iter().flatten().collect())
}

async fn admissions(mut connection: Connection) -> anyhow::Result<Vec<Duration>> {
    let review = review();
    let mut took = Vec::new();
    let mut tick = tokio::time::interval(Duration::from_secs(1) * CONNECTIONS / RATE);
    for _ in 0..LOAD_SECONDS * RATE / CONNECTIONS {
        tick.tick().await;
        let began = Instant::now();
        let answer = connection.call(Method::POST, PATH, review.clone()).await?;
        took.push(began.elapsed());
        anyhow::ensure!(String::from_utf8_lossy(&answer).contains("\"allowed\":true"), "an admission is refused");
    }
    Ok(took)
}

fn review() -> Bytes {
    bytes(&json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {"uid": "u", "operation": "CREATE", "object": {
            "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": {"name": "es", "namespace": "ns"},
            "spec": {
                "secretStoreRef": {"name": "st"}, "data": [{"secretKey": "k", "remoteRef": {"key": "x"}}],
                "target": {"template": {"data": {"a": "{{ .k | upper }}"}}},
            },
        }},
    }))
}

/// The share of admissions in the histogram's bucket of 2 ms.
fn quick(metrics: &str) -> Option<f64> {
    let name = format!("controller_runtime_webhook_latency_seconds_bucket{{webhook=\"{PATH}\",le=");
    let value = |le: &str| -> Option<f64> {
        let line = metrics.lines().find(|line| line.starts_with(&format!("{name}\"{le}\"}}")))?;
        line.rsplit_once(' ')?.1.parse().ok()
    };
    Some(value("0.002")? / value("+Inf")?)
}
