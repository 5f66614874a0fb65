//! The life of the process: connect, watch, work, stop.

use std::sync::Arc;
use std::time::Duration;

use eso_core::provider::StoreKind;
use eso_core::{Fault, FaultKind};
use eso_plan::externalsecret::{Settings, SourceKind};
use eso_plan::text::read_yaml;
use eso_runtime::admin::{self, Addresses, Readiness};
use eso_runtime::client::{ClientSettings, client};
use eso_runtime::events::Recorder;
use eso_runtime::lease::{Lease, LeaseSettings};
use eso_runtime::metrics::{ExtendedLabels, Metrics};
use eso_runtime::queue::Queue;
use eso_runtime::shutdown;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Client;
use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::args::Args;
use crate::connections::Connections;
use crate::context::{Context, Queues};
use crate::manifests::Manifests;
use crate::watches::{self, Scope};

/// Longest time for one call to the API server.
const CALL_DEADLINE: Duration = Duration::from_secs(30);

/// Longest time that work under way may take once the process is asked to stop; Kubernetes gives 30 s in all.
const DRAIN: Duration = Duration::from_secs(20);

/// Longest time for the last events.
const FLUSH: Duration = Duration::from_secs(2);

/// Runs until SIGTERM or SIGINT.
///
/// Faults: no API server is configured, or an address cannot be listened on.
pub async fn run(args: Args) -> Result<(), Fault> {
    let stop = shutdown::on_signal()?;
    args.ignored.log();
    let extended = if args.enable_extended_metric_labels { ExtendedLabels::On } else { ExtendedLabels::Off };
    let metrics = Arc::new(Metrics::new(extended));
    let ready = Readiness::default();
    let addresses = Addresses { metrics: args.metrics.metrics_addr.0, live: args.live_addr.0 };
    admin::serve_behind(
        args.metrics.door(read_yaml).await?,
        addresses,
        Arc::clone(&metrics),
        ready.clone(),
        stop.clone(),
    )
    .await?;
    let settings = ClientSettings {
        qps: args.client_qps,
        burst: args.client_burst,
        user_agent: concat!("external-secrets/", env!("CARGO_PKG_VERSION")).to_owned(),
        deadline: CALL_DEADLINE,
    };
    let client = client(&settings, read_yaml).await?;
    if !args.enable_leader_election {
        work(&args, client, metrics, &ready, &stop).await;
        return Ok(());
    }
    // A replica that stands by is as healthy as one that works.
    ready.set();
    let Some(lease) = Lease::acquire(client.clone(), lease_settings(&args, &client), stop.clone()).await? else {
        return Ok(());
    };
    let lost = lease.lost();
    let until = stop.child_token();
    let watchdog = tokio::spawn({
        let (lost, until) = (lost.clone(), until.clone());
        async move {
            lost.cancelled().await;
            until.cancel();
        }
    });
    work(&args, client, metrics, &ready, &until).await;
    watchdog.abort();
    lease.release().await;
    if lost.is_cancelled() {
        return Err(Fault::new(
            FaultKind::Unavailable,
            "The lease was lost, so another replica may be at work; ending.",
        ));
    }
    Ok(())
}

/// Works until `stop`.
async fn work(args: &Args, client: Client, metrics: Arc<Metrics>, ready: &Readiness, stop: &CancellationToken) {
    let context = context(args, client, metrics);
    let tasks = start(&context, args, ready);
    if args.unsafe_allow_generic_targets {
        tracing::warn!(
            "Targets of other kinds than Secret are on: whoever may create an ExternalSecret can create objects of every kind that \
             this ServiceAccount may write."
        );
    }
    tracing::info!(class = args.controller_class, concurrent = args.concurrent, "started");
    stop.cancelled().await;
    tracing::info!("stopping");
    finish(&context, tasks).await;
}

fn lease_settings(args: &Args, client: &Client) -> LeaseSettings {
    LeaseSettings {
        duration: args.leader_election_lease_duration,
        renew_deadline: args.leader_election_renew_deadline,
        retry_period: args.leader_election_retry_period,
        ..LeaseSettings::new(client.default_namespace(), &*args.leader_election_id)
    }
}

fn context(args: &Args, client: Client, metrics: Arc<Metrics>) -> Context {
    Context {
        index: Arc::default(),
        queues: Queues {
            external_secrets: Queue::new("externalsecret", &metrics),
            stores: Queue::new("secretstore", &metrics),
        },
        connections: Arc::new(Connections::new(client.clone(), Arc::clone(&metrics))),
        recorder: Arc::new(Recorder::new(client.clone())),
        settings: Arc::new(Settings {
            controller_class: args.controller_class.clone(),
            flood_gate: args.enable_flood_gate,
            cluster_stores: args.enable_cluster_store_reconciler,
            generic_targets: args.unsafe_allow_generic_targets,
            template: args.template.settings(),
        }),
        manifests: Arc::new(Manifests::new(scope(args))),
        store_interval: args.store_requeue_interval,
        client,
        metrics,
    }
}

fn scope(args: &Args) -> Scope {
    Scope {
        namespace: Some(args.namespace.clone()).filter(|namespace| !namespace.is_empty()),
        timeout: Duration::from_secs(args.watch_timeout_seconds.into()),
    }
}

/// What runs: watches are simply dropped at the end, workers finish what they are at.
struct Tasks {
    watches: Vec<JoinHandle<()>>,
    workers: JoinSet<()>,
}

/// Starts everything. `ExternalSecret`s are watched last, when all that they are judged by is known.
fn start(context: &Context, args: &Args, ready: &Readiness) -> Tasks {
    let scope = scope(args);
    let enabled = [
        (args.enable_secret_store_reconciler, StoreKind::SecretStore),
        (args.enable_cluster_store_reconciler, StoreKind::ClusterSecretStore),
    ];
    let kinds: Vec<StoreKind> = enabled.into_iter().filter(|(on, _)| *on).map(|(_, kind)| kind).collect();
    let (mut watches, mut lists) = watches::store_watches(context, &scope, &kinds);
    lists.push(spawn(&mut watches, |listed| watches::secrets(context.clone(), scope.clone(), listed)));
    if scope.namespace.is_none() {
        lists.push(spawn(&mut watches, |listed| watches::namespaces(context.clone(), scope.clone(), listed)));
    }
    watches.push(tokio::spawn(watches::template_sources::<ConfigMap>(
        context.clone(),
        scope.clone(),
        SourceKind::ConfigMap,
    )));
    watches.push(tokio::spawn(watches::template_sources::<Secret>(context.clone(), scope.clone(), SourceKind::Secret)));
    let (context_last, ready) = (context.clone(), ready.clone());
    watches.push(tokio::spawn(async move {
        await_all(lists).await;
        let mut last = Vec::new();
        let listed = spawn(&mut last, |listed| watches::external_secrets(context_last, scope, listed));
        await_all(vec![listed]).await;
        ready.set();
        futures::future::join_all(last).await;
    }));
    Tasks { watches, workers: workers(context, args.concurrent) }
}

fn workers(context: &Context, concurrent: u16) -> JoinSet<()> {
    for controller in ["externalsecret", "secretstore", "clustersecretstore"] {
        context.metrics.max_concurrent(controller, concurrent.into());
    }
    let mut workers = JoinSet::new();
    for _ in 0..concurrent {
        workers.spawn(crate::externalsecret::work(context.clone()));
        workers.spawn(crate::store::work(context.clone()));
    }
    workers
}

fn spawn<F>(tasks: &mut Vec<JoinHandle<()>>, watch: impl FnOnce(Sender<bool>) -> F) -> Receiver<bool>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, receiver) = channel(false);
    tasks.push(tokio::spawn(watch(sender)));
    receiver
}

async fn await_all(lists: Vec<Receiver<bool>>) {
    for mut list in lists {
        // An error means that the watch ended, which it does only with the process.
        let _ = list.wait_for(|listed| *listed).await;
    }
}

async fn finish(context: &Context, mut tasks: Tasks) {
    tasks.watches.iter().for_each(JoinHandle::abort);
    context.queues.external_secrets.close();
    context.queues.stores.close();
    let drained = tokio::time::timeout(DRAIN, async { while tasks.workers.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::warn!("some work did not end in time; it is taken up again after the next start");
    }
    context.recorder.flush(FLUSH).await;
}
