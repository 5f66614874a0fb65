//! The life of the process: connect, lead, take turns, stop.

use std::sync::Arc;
use std::time::Duration;

use eso_core::condition::event_reason;
use eso_core::{Fault, FaultKind};
use eso_plan::text::read_yaml;
use eso_runtime::admin::{self, Addresses};
use eso_runtime::client::{ClientSettings, client};
use eso_runtime::events::{EventKind, EventRef, Recorder};
use eso_runtime::lease::{Lease, LeaseSettings};
use eso_runtime::metrics::{ExtendedLabels, Metrics, ReconcileResult};
use eso_runtime::shutdown;
use eso_runtime::watch::{WatchConfig, WatchEvent, watch};
use futures::StreamExt as _;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::core::PartialObjectMeta;
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::args::Args;
use crate::readiness::Readiness;
use crate::turn::Turns;
use crate::{endpoints, hooks};

/// Name of the lease. Source: ESO, which has no flag for it.
const LEASE: &str = "crd-certs-controller";

/// Label of the metrics. One turn does the work of both of ESO's controllers.
const CONTROLLERS: [&str; 2] = ["customresourcedefinition", "validatingwebhookconfiguration"];

/// First wait after a failure; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// Longest wait after failures.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Longest time for the last events.
const FLUSH: Duration = Duration::from_secs(2);

/// Runs until SIGTERM or SIGINT.
///
/// Faults: no API server is configured, an address cannot be listened on, or the lease is lost.
pub async fn run(args: Args) -> Result<(), Fault> {
    let stop = shutdown::on_signal()?;
    let metrics = Arc::new(Metrics::new(ExtendedLabels::Off));
    for controller in CONTROLLERS {
        metrics.max_concurrent(controller, 1);
    }
    let readiness = Readiness::default();
    let addresses = Addresses { metrics: args.metrics.metrics_addr.0, live: args.healthz_addr.0 };
    admin::serve_behind(
        args.metrics.door(read_yaml).await?,
        addresses,
        Arc::clone(&metrics),
        readiness.check(),
        stop.clone(),
    )
    .await?;
    let client = client(&ClientSettings::default(), read_yaml).await?;
    if !args.enable_leader_election {
        lead(&args, client, &metrics, &readiness, &stop).await;
        return Ok(());
    }
    let settings = LeaseSettings::new(client.default_namespace(), LEASE);
    let Some(lease) = Lease::acquire(client.clone(), settings, stop.clone()).await? else { return Ok(()) };
    let lost = lease.lost();
    tokio::select! {
        () = lead(&args, client, &metrics, &readiness, &stop) => {}
        () = lost.cancelled() => {
            let text = "The lease was lost, so another replica may be at work; ending.";
            return Err(Fault::new(FaultKind::Unavailable, text));
        }
    }
    lease.release().await;
    Ok(())
}

/// Takes turns until `stop`. A turn in work ends first: it writes one object after another, each whole.
async fn lead(args: &Args, client: Client, metrics: &Metrics, readiness: &Readiness, stop: &CancellationToken) {
    readiness.update(|state| state.leads = true);
    let changed = Arc::new(Notify::new());
    let _watches = watches(args, &client, &changed);
    let recorder = Recorder::new(client.clone());
    let mut turns = Turns::new(client.clone(), args.clone(), readiness.clone());
    let mut failures = 0;
    tracing::info!(secret = args.secret_name, service = args.service_name, "started");
    while !stop.is_cancelled() {
        let began = Instant::now();
        let turn = turns.turn().await;
        count(metrics, &turn, began.elapsed());
        let wait = match turn {
            Ok(wait) => {
                failures = 0;
                wait
            }
            Err(fault) if fault.kind == FaultKind::Conflict && failures == 0 => {
                failures = 1;
                Duration::ZERO
            }
            Err(fault) => {
                tracing::warn!(detail = fault.detail.as_deref(), "{fault}");
                report(&client, &recorder, &fault).await;
                failures += 1;
                FIRST_WAIT.saturating_mul(2_u32.saturating_pow(failures - 1)).min(LONGEST_WAIT)
            }
        };
        tokio::select! {
            () = changed.notified() => {}
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => {}
        }
    }
    tracing::info!("stopping");
    recorder.flush(FLUSH).await;
}

fn count(metrics: &Metrics, turn: &Result<Duration, Fault>, took: Duration) {
    for controller in CONTROLLERS {
        metrics.reconcile_seconds(controller, took);
        if turn.is_err() {
            metrics.reconcile_errors(controller);
        }
        let result = if turn.is_ok() { ReconcileResult::RequeueAfter } else { ReconcileResult::Error };
        metrics.reconcile_total(controller, result);
    }
}

/// A warning on every webhook configuration of ours, where an administrator looks first.
async fn report(client: &Client, recorder: &Recorder, fault: &Fault) {
    for configuration in hooks::list(client).await.unwrap_or_default() {
        let metadata = configuration.metadata;
        let about = EventRef {
            api_version: "admissionregistration.k8s.io/v1".to_owned(),
            kind: "ValidatingWebhookConfiguration".to_owned(),
            namespace: String::new(),
            name: metadata.name.unwrap_or_default(),
            uid: metadata.uid.unwrap_or_default(),
            resource_version: metadata.resource_version.unwrap_or_default(),
        };
        let reason = event_reason::UPDATE_FAILED;
        recorder.publish(about, EventKind::Warning, reason, &fault.public(), "validating-webhook-configuration");
    }
}

/// Watches what turns depend on. They end when the set is dropped.
fn watches(args: &Args, client: &Client, changed: &Arc<Notify>) -> JoinSet<()> {
    let secrets: Api<PartialObjectMeta<Secret>> = Api::namespaced(client.clone(), &args.secret_namespace);
    let slices: Api<PartialObjectMeta<EndpointSlice>> = Api::namespaced(client.clone(), &args.service_namespace);
    let configurations: Api<PartialObjectMeta<ValidatingWebhookConfiguration>> = Api::all(client.clone());
    // Named, so that the right to read just this one Secret is enough.
    let this_secret =
        WatchConfig { fields: Some(format!("metadata.name={}", args.secret_name)), ..WatchConfig::default() };
    let labelled = |labels: String| WatchConfig { labels: Some(labels), ..WatchConfig::default() };
    let mut watches = JoinSet::new();
    watches.spawn(notify(secrets, this_secret, Arc::clone(changed)));
    watches.spawn(notify(slices, labelled(endpoints::selector(&args.service_name)), Arc::clone(changed)));
    watches.spawn(notify(configurations, labelled(hooks::selector()), Arc::clone(changed)));
    watches
}

/// Tells of every change. What the first list finds was or will be read by a turn anyway, but a list after a gap may tell of news.
async fn notify<K>(api: Api<K>, config: WatchConfig, changed: Arc<Notify>)
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    let mut events = std::pin::pin!(watch(api, config));
    while let Some(event) = events.next().await {
        if matches!(event, WatchEvent::Listed | WatchEvent::Applied(_) | WatchEvent::Deleted(_)) {
            changed.notify_one();
        }
    }
}
