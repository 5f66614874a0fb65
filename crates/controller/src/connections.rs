//! Connected stores: one for each store, generation and identity, however many objects use it.

use std::collections::HashMap;
use std::sync::Arc;

use eso_core::Fault;
use eso_core::provider::{Host, Identity, Store, StoreScope};
use eso_plan::store::check;
use eso_registry::{Parsed, Registry};
use eso_runtime::metrics::Metrics;
use parking_lot::Mutex;
use tokio::sync::Mutex as AsyncMutex;

use crate::host::ClusterHost;
use crate::index::{AnyStore, StoreId};

/// See the module.
pub(crate) struct Connections {
    registry: Registry,
    client: kube::Client,
    metrics: Arc<Metrics>,
    open: Mutex<HashMap<StoreId, Generation>>,
}

/// The connections of one generation of a store.
struct Generation {
    uid: String,
    number: i64,
    /// By namespace; empty where all share one.
    slots: HashMap<String, Slot>,
}

/// Locked while somebody connects, so that a crowd makes one connection.
type Slot = Arc<AsyncMutex<Option<Arc<Store>>>>;

impl Connections {
    /// None yet.
    pub fn new(client: kube::Client, metrics: Arc<Metrics>) -> Self {
        Self { registry: Registry::new(), client, metrics, open: Mutex::default() }
    }

    /// Understands a store's spec. No I/O.
    ///
    /// Faults: Misconfigured or Unsupported, with the field.
    pub fn parse(&self, store: &AnyStore) -> Result<Parsed, Fault> {
        let checked = check(&store.spec).map_err(|faults| Fault::joined(&faults))?;
        let parsed = self.registry.parse(checked.provider, checked.block)?;
        let faults = parsed.check(&store.id.scope());
        if faults.is_empty() { Ok(parsed) } else { Err(Fault::joined(&faults)) }
    }

    /// The connection of `store` for whoever is in `namespace`; connects if there is none.
    pub async fn get(&self, store: &AnyStore, namespace: &str) -> Result<Arc<Store>, Fault> {
        let parsed = self.parse(store)?;
        let scope = store.id.scope();
        let slot = self.slot(store, &key(&parsed, &scope, namespace));
        let mut open = slot.lock().await;
        if let Some(open) = open.as_ref() {
            return Ok(Arc::clone(open));
        }
        let host = ClusterHost {
            client: self.client.clone(),
            metrics: Arc::clone(&self.metrics),
            scope,
            namespace: namespace.to_owned(),
            retry_settings: store.spec.retry_settings.clone(),
        };
        let connected = Arc::new(parsed.config.connect(Arc::new(host) as Arc<dyn Host>).await?);
        *open = Some(Arc::clone(&connected));
        Ok(connected)
    }

    /// Closes every connection of a store, because it is gone or its login failed.
    pub fn close(&self, id: &StoreId) {
        self.open.lock().remove(id);
    }

    fn slot(&self, store: &AnyStore, key: &str) -> Slot {
        let uid = store.metadata.uid.as_deref().unwrap_or_default();
        let number = store.metadata.generation.unwrap_or_default();
        let mut open = self.open.lock();
        let fresh = || Generation { uid: uid.to_owned(), number, slots: HashMap::new() };
        let generation = open.entry(store.id.clone()).or_insert_with(fresh);
        if generation.uid != uid || generation.number != number {
            *generation = fresh();
        }
        Arc::clone(generation.slots.entry(key.to_owned()).or_default())
    }
}

fn key(parsed: &Parsed, scope: &StoreScope, namespace: &str) -> String {
    match parsed.config.identity(scope) {
        Identity::Store => String::new(),
        Identity::Namespace => format!("namespace {namespace}"),
    }
}
