//! Scenarios on a real API server, with moto in the role of AWS and OpenBao in that of Vault.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests fail loudly
#![allow(missing_docs)]

mod api_faults;
mod aws_faults;
mod bad_input;
mod behaviour;
mod counts;
mod logins;
mod manifests;
mod metrics;
mod rights;
mod secrecy;
mod templates;
mod vault;
mod walkthrough;

use eso_harness::{Cluster, Operator};
use tokio::sync::OnceCell;

/// The cluster that scenarios share which disturb nobody else.
async fn shared() -> &'static Cluster {
    let cluster = Cluster::shared().await.unwrap();
    shared_operator().await;
    cluster
}

/// The operator of [`shared`].
async fn shared_operator() -> &'static Operator {
    static OPERATOR: OnceCell<Operator> = OnceCell::const_new();
    let flags = ["--concurrent=8", "--client-qps=0", "--store-requeue-interval=5s", "--unsafe-allow-generic-targets"];
    let start = || async { Cluster::shared().await?.start_operator(&flags).await };
    OPERATOR.get_or_try_init(start).await.unwrap()
}

/// The data list of an `ExternalSecret` with one entry.
fn one(key: &str) -> serde_json::Value {
    serde_json::json!({"data": [{"secretKey": "k", "remoteRef": {"key": key}}]})
}

/// The same with a property.
fn property(key: &str, property: &str) -> serde_json::Value {
    serde_json::json!({"data": [{"secretKey": "k", "remoteRef": {"key": key, "property": property}}]})
}
