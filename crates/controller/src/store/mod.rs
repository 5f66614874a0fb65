//! One turn of a store: understand it, connect, try the login, report.

use std::sync::Arc;
use std::time::Duration;

use eso_core::condition::READY;
use eso_core::crd::{ClusterSecretStore, SecretStore, StoreStatus};
use eso_core::provider::{Capabilities, StoreKind, Validation};
use eso_core::{Fault, names};
use eso_plan::Requeue;
use eso_plan::store::{Probed, StoreConclusion, StoreObject, conclude, recheck_interval};
use eso_runtime::client::api_fault;
use eso_runtime::metrics::{Kind, Obj, Ready};
use eso_runtime::queue::Lane;
use jiff::Timestamp;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::context::Context;
use crate::index::{AnyStore, StoreId};
use crate::report::{Turn, about, emit, guarded};
use crate::watches::wake_waiting;

/// Works off the queue until it closes.
pub(crate) async fn work(context: Context) {
    while let Some(ticket) = context.queues.stores.next().await {
        let id = ticket.key().clone();
        let turn = Turn::begin(&context.metrics, kind_of(&id));
        let (requeue, failed) = match guarded(reconcile(&context, &id, &turn)).await {
            Ok(requeue) => (requeue, requeue == Requeue::Backoff),
            Err(fault) => {
                tracing::warn!(kind = %id.kind, namespace = %id.namespace, name = %id.name, "{fault}");
                (Requeue::Backoff, true)
            }
        };
        match requeue {
            Requeue::Never => context.queues.stores.forget(&id),
            Requeue::After(wait) => {
                context.queues.stores.forget(&id);
                context.queues.stores.add_after(id, wait, Lane::Periodic);
            }
            Requeue::Backoff | Requeue::Now => {
                context.queues.stores.retry(id, ticket.lane());
            }
        }
        turn.end(requeue, failed);
    }
}

/// One turn. `Err` only when the status could not be written.
async fn reconcile(context: &Context, id: &StoreId, turn: &Turn<'_>) -> Result<Requeue, Fault> {
    let store = context.index.lock().stores.get(id);
    let Some(store) = store else {
        context.connections.close(id);
        context.metrics.forget(kind_of(id), labels(id, None));
        context.queues.stores.remove(id);
        return Ok(Requeue::Never);
    };
    if !store.facts().is_of_class(&context.settings.controller_class) {
        return Ok(Requeue::Never);
    }
    let interval = recheck_interval(&store.spec, context.store_interval);
    let probed = match &interval {
        Ok(_) => probe(context, &store).await,
        Err(fault) => Probed::NoClient(fault.clone()),
    };
    let object =
        StoreObject { kind: id.kind, annotations: store.metadata.annotations.as_ref(), status: store.status.as_ref() };
    let recheck = interval.unwrap_or(context.store_interval);
    let conclusion = conclude(&object, Timestamp::now(), &probed, recheck);
    publish(context, &store, &conclusion).await?;
    let ready = if conclusion.reason.is_ready() { Ready::True } else { Ready::False };
    context.metrics.condition(kind_of(id), labels(id, Some(&store)), ready);
    context.metrics.reconcile_duration(kind_of(id), labels(id, Some(&store)), turn.took());
    Ok(jittered(conclusion.requeue, id))
}

/// Connects and tries the login. A failed one is not kept, so that the next try starts afresh.
async fn probe(context: &Context, store: &Arc<AnyStore>) -> Probed {
    let entry = match context.connections.parse(store) {
        Ok(parsed) => parsed.entry,
        Err(fault) => return Probed::NoClient(fault),
    };
    let connection = match context.connections.get(store, &store.id.namespace).await {
        Ok(connection) => connection,
        Err(fault) => return no_client(fault),
    };
    let validation = connection.probe.validate().await;
    if let Validation::Failed(fault) = &validation {
        if let Some(detail) = &fault.detail {
            tracing::debug!(kind = %store.id.kind, name = %store.id.name, detail, "the login failed");
        }
        context.connections.close(&store.id);
    }
    let capabilities: Capabilities = entry.capabilities;
    Probed::Answered { validation, capabilities, maintenance: entry.maintenance }
}

fn no_client(fault: Fault) -> Probed {
    if let Some(detail) = &fault.detail {
        tracing::debug!(detail, "no client could be built");
    }
    Probed::NoClient(fault)
}

async fn publish(context: &Context, store: &AnyStore, conclusion: &StoreConclusion) -> Result<(), Fault> {
    let id = &store.id;
    if let Some(status) = &conclusion.status {
        let written = write_status(context, id, status).await?;
        let news = written.map(|written| context.index.lock().stores.apply(written));
        if news.is_some_and(|news| news.facts) {
            wake_waiting(context, id);
        }
    }
    let component = match id.kind {
        StoreKind::SecretStore => "secret-store",
        StoreKind::ClusterSecretStore => "cluster-secret-store",
    };
    emit(context, &about(id.kind.as_str(), &store.metadata), component, &conclusion.events);
    if !conclusion.reason.is_ready() {
        let ready = conclusion.status.iter().flat_map(|status| &status.conditions).find(|it| it.type_ == READY);
        if let Some(message) = ready.and_then(|ready| ready.message.as_deref()) {
            tracing::warn!(kind = %id.kind, namespace = %id.namespace, name = %id.name, "{message}");
        }
    }
    Ok(())
}

/// JSON merge patch on `/status`. Gives the store as it is now; `None` when it is gone.
async fn write_status(context: &Context, id: &StoreId, status: &StoreStatus) -> Result<Option<AnyStore>, Fault> {
    let doing = format!("write the status of {} {}", id.kind, id.name);
    let params =
        PatchParams { field_manager: Some(names::OPERATOR_FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    let patch = Patch::Merge(json!({"status": status}));
    let client = context.client.clone();
    let answer = match id.kind {
        StoreKind::SecretStore => {
            let api: Api<SecretStore> = Api::namespaced(client, &id.namespace);
            api.patch_status(&id.name, &params, &patch).await.map(AnyStore::from)
        }
        StoreKind::ClusterSecretStore => {
            let api: Api<ClusterSecretStore> = Api::all(client);
            api.patch_status(&id.name, &params, &patch).await.map(AnyStore::from)
        }
    };
    match answer {
        Ok(store) => Ok(Some(store)),
        Err(kube::Error::Api(refusal)) if refusal.code == 404 => Ok(None),
        Err(error) => Err(api_fault(&error, &doing)),
    }
}

/// Spreads periodic checks by up to a tenth, always alike for one store, so that many stores do not log in together.
fn jittered(requeue: Requeue, id: &StoreId) -> Requeue {
    match requeue {
        Requeue::After(wait) => Requeue::After(wait + spread(id, wait / 10)),
        other => other,
    }
}

fn spread(id: &StoreId, most: Duration) -> Duration {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    let share = f64::from(u32::try_from(hasher.finish() % 1000).unwrap_or_default()) / 1000.0;
    most.mul_f64(share)
}

fn kind_of(id: &StoreId) -> Kind {
    match id.kind {
        StoreKind::SecretStore => Kind::SecretStore,
        StoreKind::ClusterSecretStore => Kind::ClusterSecretStore,
    }
}

fn labels<'a>(id: &'a StoreId, store: Option<&'a AnyStore>) -> Obj<'a> {
    Obj { name: &id.name, namespace: &id.namespace, labels: store.and_then(|store| store.metadata.labels.as_ref()) }
}
