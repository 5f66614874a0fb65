//! Tells when objects become Ready, by one watch of all `ExternalSecrets` on a connection of its own.
//!
//! This is what disturbs least. The API server turns each event into JSON once for all watches that ask for JSON, so one more watch
//! costs it a copy and the encryption of some 2 kB per event, about 1 % of what the sync of an object costs it; polling would make
//! it list. Here, of each event only the name and the conditions are decoded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::task::JoinHandle;

use crate::api_client::{ApiServer, Connection};
use crate::objects;

const PATH: &str = "/apis/external-secrets.io/v1/externalsecrets";

/// A running watch. It ends when it is dropped.
pub(crate) struct SyncWatch {
    seen: Arc<Mutex<Seen>>,
    watching: JoinHandle<anyhow::Result<()>>,
}

#[derive(Default)]
struct Seen {
    ready: Vec<bool>,
    /// When each object became Ready for the first time, in that order.
    times: Vec<Instant>,
}

#[derive(Deserialize)]
struct List {
    metadata: ListMetadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMetadata {
    resource_version: String,
}

#[derive(Deserialize)]
struct Event {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    metadata: Metadata,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
struct Condition {
    r#type: String,
    status: String,
}

impl SyncWatch {
    /// Begins to watch the objects with the numbers from 0 to `count`.
    ///
    /// # Errors
    /// When the API server refuses.
    pub(crate) async fn start(api: &ApiServer, count: usize) -> anyhow::Result<Self> {
        let mut connection = api.connect().await?;
        let list = connection.call(Method::GET, &format!("{PATH}?limit=1"), Bytes::new()).await?;
        let version =
            serde_json::from_slice::<List>(&list).context("the list cannot be read")?.metadata.resource_version;
        let path = format!("{PATH}?watch=true&resourceVersion={version}&timeoutSeconds=3600");
        let response = connection.open(Method::GET, &path, Bytes::new()).await?;
        anyhow::ensure!(response.status().is_success(), "the watch was answered {}", response.status());
        let seen = Arc::new(Mutex::new(Seen { ready: vec![false; count], times: Vec::with_capacity(count) }));
        let watching = tokio::spawn(follow(connection, response.into_body(), Arc::clone(&seen)));
        Ok(Self { seen, watching })
    }

    /// How many are Ready.
    pub(crate) fn count(&self) -> usize {
        self.seen.lock().times.len()
    }

    /// Waits until all are Ready, for at most `limit`. Calls `check` now and then and gives up when it fails.
    ///
    /// # Errors
    /// When time is up, the watch ends, or `check` fails.
    pub(crate) async fn wait(&self, limit: Duration, check: impl Fn() -> anyhow::Result<()>) -> anyhow::Result<()> {
        let began = Instant::now();
        let wanted = self.seen.lock().ready.len();
        while self.count() < wanted {
            anyhow::ensure!(began.elapsed() < limit, "{} of {wanted} objects are Ready after {limit:?}", self.count());
            anyhow::ensure!(!self.watching.is_finished(), "the watch has ended");
            check()?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// The time from `start` until this share of the objects was Ready; `None` before.
    pub(crate) fn time_to(&self, percent: usize, start: Instant) -> Option<Duration> {
        let seen = self.seen.lock();
        let wanted = (seen.ready.len() * percent).div_ceil(100).max(1);
        seen.times.get(wanted - 1).map(|at| at.saturating_duration_since(start))
    }
}

impl Drop for SyncWatch {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

async fn follow(_connection: Connection, mut body: Incoming, seen: Arc<Mutex<Seen>>) -> anyhow::Result<()> {
    let mut pending = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.context("the watch broke off")?.into_data() else { continue };
        pending.extend_from_slice(&data);
        let Some(end) = pending.iter().rposition(|byte| *byte == b'\n') else { continue };
        let now = Instant::now();
        let rest = pending.split_off(end + 1);
        for line in pending.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            seen.lock().take(line, now);
        }
        pending = rest;
    }
    Ok(())
}

impl Seen {
    fn take(&mut self, line: &[u8], now: Instant) {
        let Ok(Event { object }) = serde_json::from_slice(line) else { return };
        let is_ready = object.status.conditions.iter().any(|it| it.r#type == "Ready" && it.status == "True");
        let number = objects::number(&object.metadata.name).filter(|_| is_ready);
        if let Some(ready) = number.and_then(|number| self.ready.get_mut(number))
            && !*ready
        {
            *ready = true;
            self.times.push(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_counts_once_and_only_when_ready() {
        let mut seen = Seen { ready: vec![false; 2], times: Vec::new() };
        let event = |name: &str, status: &str| {
            format!(
                r#"{{"type":"MODIFIED","object":{{"metadata":{{"name":"{name}"}},"status":{{"conditions":[{{"type":"Ready","status":"{status}"}}]}}}}}}"#
            )
        };
        seen.take(br#"{"type":"ADDED","object":{"metadata":{"name":"app-000000"}}}"#, Instant::now());
        seen.take(event("app-000000", "False").as_bytes(), Instant::now());
        assert_eq!(seen.times.len(), 0);
        for name in ["app-000000", "app-000000", "somebody-else", "app-000007"] {
            seen.take(event(name, "True").as_bytes(), Instant::now());
        }
        assert_eq!(seen.times.len(), 1);
        assert_eq!(seen.ready, [true, false]);
    }
}
