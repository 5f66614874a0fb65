//! Watches: each event goes into the index, and whoever it makes due into a queue.

use std::sync::Arc;
use std::time::Duration;

use eso_core::crd::{ClusterSecretStore, ExternalSecret, SecretStore};
use eso_core::names;
use eso_core::provider::StoreKind;
use eso_plan::externalsecret::{SourceKind, manifest_key};
use eso_runtime::queue::Lane;
use eso_runtime::watch::{WatchConfig, WatchEvent, watch};
use futures::StreamExt as _;
use k8s_openapi::api::core::v1::Namespace;
use kube::core::PartialObjectMeta;
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::watch::Sender;

use crate::context::Context;
use crate::index::{AnyStore, Change, Key, SecretNews, StoreId, resource_version};
use crate::lean::{LeanExternalSecret, LeanSecret};

/// Few are read at a time: Secrets may be a megabyte each, and a page of `ExternalSecrets` takes more memory than what is kept of
/// them all.
const OBJECTS_PER_PAGE: u32 = 100;

/// Most that the start-up list waits for room in hand before objects are left to be read again.
const ROOM_WAIT: Duration = Duration::from_secs(2);

/// Most that the first objects wait for stores that were never checked.
const FIRST_CHECK_WAIT: Duration = Duration::from_secs(3);

/// What the watches cover.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    /// `--namespace`; `None` is the whole cluster.
    pub namespace: Option<String>,
    /// How long the server keeps a watch open.
    pub timeout: Duration,
}

impl Scope {
    /// The objects of a namespaced kind.
    pub fn api<K>(&self, client: kube::Client) -> Api<K>
    where
        K: Resource<Scope = kube::core::NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        match &self.namespace {
            Some(namespace) => Api::namespaced(client, namespace),
            None => Api::all(client),
        }
    }

    /// How a watch is set up.
    pub fn config(&self) -> WatchConfig {
        WatchConfig { timeout: self.timeout, page_size: OBJECTS_PER_PAGE, ..WatchConfig::default() }
    }
}

/// Follows the stores of one kind.
pub(crate) async fn stores<K>(context: Context, api: Api<K>, scope: Scope, kind: StoreKind, listed: Sender<bool>)
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug + Send + 'static,
    K::DynamicType: Default,
    AnyStore: From<K>,
{
    let mut events = std::pin::pin!(watch(api, scope.config()));
    let mut missing: Vec<StoreId> = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            WatchEvent::Restarted => missing = context.index.lock().stores.ids(kind),
            WatchEvent::Seen(store) | WatchEvent::Applied(store) => {
                let store = AnyStore::from(store);
                missing.retain(|id| *id != store.id);
                saw_store(&context, store);
            }
            WatchEvent::Deleted(store) => lost_store(&context, &AnyStore::from(store).id),
            WatchEvent::Listed => {
                missing.drain(..).for_each(|id| lost_store(&context, &id));
                listed.send_replace(true);
            }
        }
    }
}

fn saw_store(context: &Context, store: AnyStore) {
    let id = store.id.clone();
    // One that was never checked turns everyone away: they are woken when it has been.
    let turns_away = context.settings.flood_gate && !store.is_checked();
    let news = context.index.lock().stores.apply(store);
    if news.check {
        context.queues.stores.add(id.clone(), Lane::SpecChanged);
    }
    if news.facts && !turns_away {
        wake_waiting(context, &id);
    }
}

fn lost_store(context: &Context, id: &StoreId) {
    context.index.lock().stores.remove(id);
    context.queues.stores.add(id.clone(), Lane::SpecChanged);
}

/// Makes everyone due at once who names this store and fails: it may be what they wait for. A crowd is spread over a second.
pub(crate) fn wake_waiting(context: &Context, store: &StoreId) {
    let waiting = context.index.lock().external_secrets.waiting_for(store);
    wake(context, waiting);
}

fn wake(context: &Context, keys: Vec<Key>) {
    let step = Duration::from_secs(1).checked_div(u32::try_from(keys.len()).unwrap_or(u32::MAX)).unwrap_or_default();
    for (place, key) in (0u32..).zip(keys) {
        context.queues.external_secrets.forget(&key);
        context.queues.external_secrets.add_after(key, step.min(Duration::from_millis(1)) * place, Lane::SpecChanged);
    }
}

/// Follows the managed Secrets.
pub(crate) async fn secrets(context: Context, scope: Scope, listed: Sender<bool>) {
    let managed = format!("{}={}", names::MANAGED_LABEL, names::MANAGED_VALUE);
    let config = WatchConfig { labels: Some(managed), ..scope.config() };
    let mut events = std::pin::pin!(watch::<LeanSecret>(scope.api(context.client.clone()), config));
    while let Some(event) = events.next().await {
        match event {
            WatchEvent::Restarted => context.index.lock().secrets.begin_list(),
            WatchEvent::Seen(secret) | WatchEvent::Applied(secret) => {
                let key = Key::of(&secret.metadata);
                let news = context.index.lock().saw_secret(key.clone(), secret.entry);
                match news {
                    SecretNews::Nothing => {}
                    SecretNews::Appeared => appeared(&context, &key),
                    SecretNews::Changed => drifted(&context, &key),
                }
            }
            // Also when the managed label is taken off: the Secret leaves this watch.
            WatchEvent::Deleted(secret) => {
                let key = Key::of(&secret.metadata);
                if context.index.lock().secrets.remove(&key) {
                    drifted(&context, &key);
                }
            }
            WatchEvent::Listed => {
                let gone = context.index.lock().secrets.end_list();
                for key in &gone {
                    drifted(&context, key);
                }
                listed.send_replace(true);
            }
        }
    }
}

fn drifted(context: &Context, secret: &Key) {
    let writers = context.index.lock().external_secrets.writers(secret);
    add_drifted(context, writers);
}

/// Only who fails may have waited for it: to the others it is what they have just written.
fn appeared(context: &Context, secret: &Key) {
    let writers = context.index.lock().external_secrets.failing_writers(secret);
    add_drifted(context, writers);
}

fn add_drifted(context: &Context, writers: Vec<Key>) {
    for writer in writers {
        context.queues.external_secrets.add(writer, Lane::Drift);
    }
}

/// Follows the namespaces' labels, for the conditions of cluster-wide stores.
pub(crate) async fn namespaces(context: Context, scope: Scope, listed: Sender<bool>) {
    let api: Api<PartialObjectMeta<Namespace>> = Api::all(context.client.clone());
    let mut events = std::pin::pin!(watch(api, scope.config()));
    while let Some(event) = events.next().await {
        match event {
            WatchEvent::Restarted => {}
            WatchEvent::Seen(namespace) | WatchEvent::Applied(namespace) => {
                let name: Arc<str> = namespace.metadata.name.as_deref().unwrap_or_default().into();
                let labels = namespace.metadata.labels.unwrap_or_default();
                let mut index = context.index.lock();
                let earlier = index.namespaces.insert(Arc::clone(&name), labels.clone());
                if earlier.is_some_and(|earlier| earlier != labels) {
                    let failing = index.external_secrets.failing_in(&name);
                    drop(index);
                    wake(&context, failing);
                }
            }
            WatchEvent::Deleted(namespace) => {
                let name = namespace.metadata.name.unwrap_or_default();
                context.index.lock().namespaces.remove(name.as_str());
            }
            WatchEvent::Listed => {
                listed.send_replace(true);
            }
        }
    }
}

/// Follows the objects of one kind that hold templates, by their metadata, from when somebody uses one.
pub(crate) async fn template_sources<K>(context: Context, scope: Scope, kind: SourceKind)
where
    K: Resource<Scope = kube::core::NamespaceResourceScope> + Clone + std::fmt::Debug + Send + 'static,
    K::DynamicType: Default,
{
    let wanted = Arc::clone(context.index.lock().sources.wanted(kind));
    wanted.notified().await;
    let api: Api<PartialObjectMeta<K>> = scope.api(context.client.clone());
    let mut events = std::pin::pin!(watch(api, scope.config()));
    while let Some(event) = events.next().await {
        let stale = match event {
            WatchEvent::Restarted | WatchEvent::Listed => continue,
            WatchEvent::Seen(object) => {
                let source = (kind, Key::of(&object.metadata));
                context.index.lock().sources.listed(&source, resource_version(&object.metadata))
            }
            WatchEvent::Applied(object) => {
                let source = (kind, Key::of(&object.metadata));
                context.index.lock().sources.changed(&source, resource_version(&object.metadata))
            }
            WatchEvent::Deleted(object) => context.index.lock().sources.changed(&(kind, Key::of(&object.metadata)), 0),
        };
        wake(&context, stale);
    }
}

/// Follows the `ExternalSecret`s. Objects stay in hand until their turn, as far as there is room.
pub(crate) async fn external_secrets(context: Context, scope: Scope, listed: Sender<bool>) {
    wait_for_first_checks(&context).await;
    let mut events = std::pin::pin!(watch::<LeanExternalSecret>(scope.api(context.client.clone()), scope.config()));
    while let Some(event) = events.next().await {
        match event {
            WatchEvent::Restarted => context.index.lock().external_secrets.begin_list(),
            WatchEvent::Seen(object) => {
                wait_for_room(&context).await;
                saw(&context, object.0);
            }
            WatchEvent::Applied(object) => saw(&context, object.0),
            WatchEvent::Deleted(object) => lost(&context, &Key::of(&object.0.metadata)),
            WatchEvent::Listed => {
                let gone = context.index.lock().external_secrets.end_list();
                for key in &gone {
                    lost(&context, key);
                }
                listed.send_replace(true);
            }
        }
    }
}

/// A store that was never checked turns everyone away, and each would note it in its status: a login takes less time than that.
async fn wait_for_first_checks(context: &Context) {
    let step = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    let class = &context.settings.controller_class;
    while context.settings.flood_gate && waited < FIRST_CHECK_WAIT && context.index.lock().stores.any_unchecked(class) {
        tokio::time::sleep(step).await;
        waited += step;
    }
}

async fn wait_for_room(context: &Context) {
    let step = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    while waited < ROOM_WAIT && !context.index.lock().in_hand.has_room() {
        tokio::time::sleep(step).await;
        waited += step;
    }
}

fn saw(context: &Context, object: ExternalSecret) {
    let mut index = context.index.lock();
    let (key, change) = index.saw_external_secret(&object);
    if change == Change::Nothing {
        return;
    }
    let manifest = manifest_key(&object).filter(|_| context.settings.generic_targets);
    let unused = index.manifests.set(&key, manifest);
    let lane = lane(change, &object);
    index.in_hand.put(key.clone(), Arc::new(object));
    drop(index);
    if let Some(kind) = unused {
        context.manifests.unused(&kind);
    }
    // An edit is a new start: it does not wait for the end of an old failure's back-off.
    context.queues.external_secrets.forget(&key);
    context.queues.external_secrets.add(key, lane);
}

fn lane(change: Change, object: &ExternalSecret) -> Lane {
    let never = object.status.as_ref().is_none_or(|status| status.refresh_time.is_none());
    match change {
        _ if never => Lane::NeverSynced,
        Change::Metadata => Lane::Forced,
        Change::Spec => Lane::SpecChanged,
        Change::New | Change::Nothing => Lane::Periodic,
    }
}

fn lost(context: &Context, key: &Key) {
    let mut index = context.index.lock();
    index.external_secrets.remove(key);
    index.sources.remove(key);
    let unused = index.manifests.set(key, None);
    index.in_hand.take(key);
    drop(index);
    if let Some(kind) = unused {
        context.manifests.unused(&kind);
    }
    context.queues.external_secrets.add(key.clone(), Lane::Periodic);
}

/// Follows both kinds of stores, as far as they are switched on.
pub(crate) fn store_watches(
    context: &Context,
    scope: &Scope,
    kinds: &[StoreKind],
) -> (Vec<tokio::task::JoinHandle<()>>, Vec<tokio::sync::watch::Receiver<bool>>) {
    let mut tasks = Vec::new();
    let mut lists = Vec::new();
    for kind in kinds {
        let (sender, receiver) = tokio::sync::watch::channel(false);
        let (context, scope) = (context.clone(), scope.clone());
        tasks.push(match kind {
            StoreKind::SecretStore => {
                let api: Api<SecretStore> = scope.api(context.client.clone());
                tokio::spawn(stores(context, api, scope, *kind, sender))
            }
            StoreKind::ClusterSecretStore => {
                let api: Api<ClusterSecretStore> = Api::all(context.client.clone());
                tokio::spawn(stores(context, api, scope, *kind, sender))
            }
        });
        lists.push(receiver);
    }
    (tasks, lists)
}
