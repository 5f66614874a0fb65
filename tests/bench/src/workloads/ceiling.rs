//! What the API server can take from a client that does nothing else.

use std::time::Instant;

use anyhow::Context as _;
use bytes::Bytes;
use http::Method;
use serde_json::json;
use tokio::sync::Mutex;

use crate::api_client::{ApiServer, Connection, resource_version};
use crate::objects::{self, NAMESPACES, bytes, external_secrets_path, name, namespace};
use crate::report::{Ceiling, CeilingAt};
use crate::stage::Stage;
use crate::usage::own_cpu_seconds;

/// Connections, and how many operations of each kind are measured with them.
const STEPS: [(usize, usize); 3] = [(1, 600), (8, 1500), (32, 2000)];
/// Operations before the first measurement: a fresh API server is slower.
const WARM_UP: usize = 300;

/// Measures at each number of connections: POST of a Secret, PUT of an `ExternalSecret`'s status, and the three writes that the
/// sync of a new object needs, one after the other.
///
/// # Errors
/// When the API server refuses something.
pub(crate) async fn ceiling(stage: &Stage) -> anyhow::Result<Ceiling> {
    let api = &stage.api;
    objects::create_store(api).await?;
    let most = STEPS.iter().map(|(_, count)| *count).max().unwrap_or_default();
    objects::create_external_secrets(api, most).await?;
    let statuses = Statuses::new(api, most).await?;
    api.spread(8, WARM_UP, async |connection, number| post_secret(connection, "warm", number).await).await?;
    let mut by_connections = Vec::new();
    for (connections, count) in STEPS {
        by_connections.push(step(stage, &statuses, connections, count).await?);
    }
    Ok(Ceiling { workload: "ceiling", by_connections })
}

async fn step(stage: &Stage, statuses: &Statuses, connections: usize, count: usize) -> anyhow::Result<CeilingAt> {
    let api = &stage.api;
    let prefix = format!("post-{connections}");
    let posts = Timed::run(count, async || {
        api.spread(connections, count, async |connection, number| post_secret(connection, &prefix, number).await).await
    })
    .await?;
    let puts = Timed::run(count, async || {
        api.spread(connections, count, async |connection, number| statuses.put(connection, number).await).await
    })
    .await?;
    let objects = count / 2;
    let prefix = format!("sync-{connections}");
    let (server_before, own_before) = (stage.plane.api_server_usage().await?.cpu_seconds, own_cpu_seconds());
    let syncs = Timed::run(objects, async || {
        api.spread(connections, objects, async |connection, number| {
            post_secret(connection, &prefix, number).await?;
            statuses.put(connection, number).await?;
            post_event(connection, &prefix, number).await
        })
        .await
    })
    .await?;
    let server = stage.plane.api_server_usage().await?.cpu_seconds - server_before;
    let per_thousand = |seconds: f64| seconds * 1000.0 / objects_f64(objects);
    Ok(CeilingAt {
        connections,
        operations: count,
        post_secret_per_second: posts,
        put_status_per_second: puts,
        objects_per_second: syncs,
        api_server_cpu_seconds_per_1000_objects: per_thousand(server),
        client_cpu_seconds_per_1000_objects: per_thousand(own_cpu_seconds() - own_before),
    })
}

struct Timed;

impl Timed {
    /// Operations per second.
    async fn run(count: usize, work: impl AsyncFnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
        let began = Instant::now();
        work().await?;
        Ok(objects_f64(count) / began.elapsed().as_secs_f64())
    }
}

fn objects_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

async fn post_secret(connection: &mut Connection, prefix: &str, number: usize) -> anyhow::Result<()> {
    let namespace = namespace(number);
    let body = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": format!("{prefix}-{number}"),
            "labels": {
                "reconcile.external-secrets.io/managed": "true",
                "reconcile.external-secrets.io/created-by": "0123456789abcdef0123456789abcdef0123456789abcdef01234567",
            },
            "annotations": { "reconcile.external-secrets.io/data-hash": "0123456789abcdef0123456789abcdef0123456789abcdef01234567" },
            "ownerReferences": [{
                "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "name": name(number), "blockOwnerDeletion": true,
                "controller": true, "uid": "00000000-0000-4000-8000-000000000000",
            }],
        },
        "data": { "value": "dGhlIHZhbHVlIG9mIGJlbmNoL2FwcC0wMDAwMDA=" },
        "type": "Opaque",
    });
    connection.call(Method::POST, &format!("/api/v1/namespaces/{namespace}/secrets"), bytes(&body)).await.map(drop)
}

async fn post_event(connection: &mut Connection, prefix: &str, number: usize) -> anyhow::Result<()> {
    let namespace = namespace(number);
    let body = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": { "name": format!("{prefix}-{number}") },
        "involvedObject": {
            "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "name": name(number), "namespace": namespace,
        },
        "reason": "Created", "message": "secret created", "type": "Normal", "count": 1,
        "source": { "component": "external-secrets" },
        "firstTimestamp": "2025-01-01T00:00:00Z", "lastTimestamp": "2025-01-01T00:00:00Z",
    });
    connection.call(Method::POST, &format!("/api/v1/namespaces/{namespace}/events"), bytes(&body)).await.map(drop)
}

/// The objects whose status is written, with the resource version of each: a PUT has to name it.
struct Statuses {
    versions: Vec<Mutex<String>>,
}

impl Statuses {
    async fn new(api: &ApiServer, count: usize) -> anyhow::Result<Self> {
        let statuses = Self { versions: (0..count).map(|_| Mutex::default()).collect() };
        api.spread(NAMESPACES, count, async |connection, number| {
            let path = format!("{}/{}", external_secrets_path(&namespace(number)), name(number));
            let object = connection.call(Method::GET, &path, Bytes::new()).await?;
            let slot = statuses.versions.get(number).context("there is no such object")?;
            slot.lock().await.push_str(resource_version(&object).context("an object has no resource version")?);
            Ok(())
        })
        .await?;
        Ok(statuses)
    }

    async fn put(&self, connection: &mut Connection, number: usize) -> anyhow::Result<()> {
        let mut version = self.versions.get(number).context("there is no such object")?.lock().await;
        let (name, namespace) = (name(number), namespace(number));
        let body = json!({
            "apiVersion": "external-secrets.io/v1",
            "kind": "ExternalSecret",
            "metadata": { "name": name, "namespace": namespace, "resourceVersion": *version },
            "spec": {},
            "status": {
                "binding": { "name": name },
                "conditions": [{
                    "lastTransitionTime": "2025-01-01T00:00:00Z", "message": "secret synced", "reason": "SecretSynced",
                    "status": "True", "type": "Ready",
                }],
                "refreshTime": "2025-01-01T00:00:00Z",
                // Another one each time, so that each PUT is a write.
                "syncedResourceVersion": *version,
            },
        });
        let path = format!("{}/{name}/status", external_secrets_path(&namespace));
        let answer = connection.call(Method::PUT, &path, bytes(&body)).await?;
        version.clear();
        version.push_str(resource_version(&answer).context("an object has no resource version")?);
        Ok(())
    }
}
