//! What every turn of every kind needs: one value, made once at start.

use std::sync::Arc;
use std::time::Duration;

use eso_plan::externalsecret::Settings;
use eso_runtime::events::Recorder;
use eso_runtime::metrics::Metrics;
use eso_runtime::queue::Queue;
use parking_lot::Mutex;

use crate::connections::Connections;
use crate::index::{Index, Key, StoreId};
use crate::manifests::Manifests;

/// Handles shared by all workers.
#[derive(Clone)]
pub(crate) struct Context {
    /// The API server.
    pub client: kube::Client,
    /// What the watches saw.
    pub index: Arc<Mutex<Index>>,
    /// Whose turn it is.
    pub queues: Queues,
    /// Targets of other kinds than Secret.
    pub manifests: Arc<Manifests>,
    /// Connected stores.
    pub connections: Arc<Connections>,
    /// Writes core/v1 events.
    pub recorder: Arc<Recorder>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// What decisions depend on.
    pub settings: Arc<Settings>,
    /// `--store-requeue-interval`.
    pub store_interval: Duration,
}

/// One queue for each kind.
#[derive(Clone)]
pub(crate) struct Queues {
    /// `ExternalSecret`s.
    pub external_secrets: Queue<Key>,
    /// Stores of both kinds.
    pub stores: Queue<StoreId>,
}
