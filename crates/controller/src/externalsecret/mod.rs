//! One turn of an `ExternalSecret`: observe, needs, observe the backend, plan, apply, conclude.

mod apply;
mod fetch;
mod observe;
mod render;
mod sources;
mod status;

use std::sync::Arc;
use std::time::Duration;

use eso_core::Fault;
use eso_core::crd::ExternalSecret;
use eso_plan::Requeue;
use eso_plan::externalsecret::{
    ApiFailure, Conclusion, Fetch, Need, Outcome, Plan, ReadTarget, Seen, Verdict, conclude, finalize, needs,
};
use eso_runtime::metrics::{Kind, Obj, Ready};
use eso_runtime::queue::{Lane, Ticket};

use crate::context::Context;
use crate::index::Key;
use crate::report::{Turn, about, emit, guarded};

/// `source.component` of the events.
const COMPONENT: &str = "external-secrets";

/// Whether the Secret is looked up although the index knows none: creating it was refused because one exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lookup {
    Index,
    Live,
}

/// Works off the queue until it closes.
pub(crate) async fn work(context: Context) {
    while let Some(ticket) = context.queues.external_secrets.next().await {
        let turn = Turn::begin(&context.metrics, Kind::ExternalSecret);
        let (requeue, failed) = match guarded(reconcile(&context, &ticket, &turn)).await {
            Ok(conclusion) => (conclusion.requeue, conclusion.failed),
            Err(fault) => {
                tracing::warn!(namespace = %ticket.key().namespace, name = %ticket.key().name, "{fault}");
                context.metrics.sync_error(object_labels(ticket.key(), None));
                (Requeue::Backoff, true)
            }
        };
        come_back(&context, &ticket, requeue);
        turn.end(requeue, failed);
        drop(ticket);
        context.recorder.catch_up().await;
    }
}

fn come_back(context: &Context, ticket: &Ticket<Key>, requeue: Requeue) {
    let queue = &context.queues.external_secrets;
    let key = ticket.key().clone();
    match requeue {
        Requeue::Never => queue.forget(&key),
        Requeue::After(wait) => {
            queue.forget(&key);
            queue.add_after(key, wait, Lane::Periodic);
        }
        Requeue::Backoff | Requeue::Now => {
            queue.retry(key, ticket.lane());
        }
    }
}

/// One turn. `Err` only when the object could not be read or its status not be written.
async fn reconcile(context: &Context, ticket: &Ticket<Key>, turn: &Turn<'_>) -> Result<Conclusion, Fault> {
    let key = ticket.key();
    let Some(object) = observe::object(context, key).await? else {
        context.metrics.forget(Kind::ExternalSecret, object_labels(key, None));
        context.queues.external_secrets.remove(key);
        return Ok(Conclusion { status: None, events: Vec::new(), requeue: Requeue::Never, failed: false });
    };
    context.metrics.sync_calls(object_labels(key, Some(&object)));
    let stale = context.index.lock().sources.stale(key);
    let mut conclusion = attempt(context, &object, Lookup::Index).await?;
    if conclusion.1 == Some(ApiFailure::Exists) {
        conclusion = attempt(context, &object, Lookup::Live).await?;
    }
    if let Some(change) = stale.filter(|_| conclusion.0.says_synced()) {
        context.index.lock().sources.synced(key, change);
    }
    let took = turn.took();
    report(context, key, &object, &conclusion.0, took);
    Ok(conclusion.0)
}

/// One pass, and how the API server stopped it.
async fn attempt(
    context: &Context,
    object: &Arc<ExternalSecret>,
    lookup: Lookup,
) -> Result<(Conclusion, Option<ApiFailure>), Fault> {
    let mut seen = observe::seen(context, object);
    observe::manifest(context, &mut seen).await;
    let plan = match needs(&seen) {
        Need::Skip => {
            let nothing = Conclusion { status: None, events: Vec::new(), requeue: Requeue::Never, failed: false };
            return Ok((nothing, None));
        }
        Need::Settled(plan) => *plan,
        Need::Finalize => {
            seen.target = observe::target(context, &seen, ReadTarget::Always).await?;
            finalize(&seen)
        }
        Need::Fetch(fetch) => {
            tracing::debug!(namespace = seen.namespace(), name = seen.name(), why = ?fetch.why, "reading from the store");
            plan_with(context, &mut seen, &fetch, lookup).await?
        }
    };
    let outcome = apply::apply(context, &seen, &plan).await;
    let conclusion = conclude(&seen, &plan, &outcome);
    if outcome.failure == Some(ApiFailure::Exists) && lookup == Lookup::Index {
        return Ok((conclusion, outcome.failure));
    }
    finish(context, &seen, conclusion, (&plan, outcome)).await
}

/// Reads store, Secret and templates at the same time, then plans.
async fn plan_with(context: &Context, seen: &mut Seen, fetch: &Fetch, lookup: Lookup) -> Result<Plan, Fault> {
    let read = if lookup == Lookup::Live { ReadTarget::Always } else { fetch.target };
    let (answers, target, sources) = tokio::join!(
        fetch::fetch(context, seen.namespace(), fetch),
        observe::target(context, seen, read),
        sources::read(context, seen.namespace(), &fetch.sources),
    );
    seen.target = target?;
    seen.sources = Arc::new(sources?);
    render::planned(seen, answers).await
}

/// Writes status and events.
async fn finish(
    context: &Context,
    seen: &Seen,
    conclusion: Conclusion,
    (plan, outcome): (&Plan, Outcome),
) -> Result<(Conclusion, Option<ApiFailure>), Fault> {
    let object = &seen.object;
    emit(context, &about("ExternalSecret", &object.metadata), COMPONENT, &conclusion.events);
    if let Verdict::Failed { full, .. } = &plan.verdict {
        tracing::warn!(namespace = seen.namespace(), name = seen.name(), "{full}");
    }
    if let Some(status) = &conclusion.status {
        match status::write(context, object, status).await? {
            status::Written::Done => {}
            // Somebody was faster; what they wrote is on its way to us.
            status::Written::Conflict => {
                let requeue = if conclusion.requeue == Requeue::Never { Requeue::Never } else { Requeue::Backoff };
                return Ok((Conclusion { requeue, ..conclusion }, outcome.failure));
            }
        }
    }
    Ok((conclusion, outcome.failure))
}

fn report(context: &Context, key: &Key, object: &ExternalSecret, conclusion: &Conclusion, took: Duration) {
    let labels = object_labels(key, Some(object));
    context.metrics.reconcile_duration(Kind::ExternalSecret, labels, took);
    if conclusion.failed {
        context.metrics.sync_error(labels);
    }
    let status = conclusion.status.as_ref().or(object.status.as_ref());
    let ready = status.and_then(|status| status.conditions.iter().find(|it| it.type_ == eso_core::condition::READY));
    if let Some(ready) = ready {
        let ready = if ready.status == "True" { Ready::True } else { Ready::False };
        context.metrics.condition(Kind::ExternalSecret, labels, ready);
    }
}

fn object_labels<'a>(key: &'a Key, object: Option<&'a ExternalSecret>) -> Obj<'a> {
    Obj {
        name: &key.name,
        namespace: &key.namespace,
        labels: object.and_then(|object| object.metadata.labels.as_ref()),
    }
}
