//! Everything `/metrics` tells.
//!
//! Series per object would dominate the memory of the process if each were an object of the `prometheus` crate, so they live in a
//! compact store ([`objects`]) that writes the text format itself. All other families are the crate's.

mod objects;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use eso_core::provider::ApiCall;
use parking_lot::Mutex;
use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

pub use objects::{ExtendedLabels, Kind, Obj, Ready};
use objects::{Objects, Page};

/// Label `result` of `controller_runtime_reconcile_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReconcileResult {
    /// Done; nothing is planned.
    Success,
    /// Failed; comes back with growing delay.
    Error,
    /// Comes back with growing delay, without having failed.
    Requeue,
    /// Comes back after a fixed time.
    RequeueAfter,
}

impl ReconcileResult {
    fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Requeue => "requeue",
            Self::RequeueAfter => "requeue_after",
        }
    }
}

/// Owner of all metrics of the process. Names, labels and meaning: core.md §9 (what ESO and its framework expose).
pub struct Metrics {
    registry: Registry,
    objects: Mutex<Objects>,
    api_calls: IntCounterVec,
    reconcile_total: IntCounterVec,
    reconcile_errors: IntCounterVec,
    terminal_errors: IntCounterVec,
    reconcile_panics: IntCounterVec,
    reconcile_seconds: HistogramVec,
    active_workers: IntGaugeVec,
    max_concurrent: IntGaugeVec,
    depth: IntGaugeVec,
    adds: IntCounterVec,
    retries: IntCounterVec,
    waited: HistogramVec,
    worked: HistogramVec,
}

/// The metrics of one work queue.
pub(crate) struct QueueMetrics {
    pub depth: IntGauge,
    pub adds: IntCounter,
    pub retries: IntCounter,
    pub waited: Histogram,
    pub worked: Histogram,
}

impl Metrics {
    /// All families, empty.
    pub fn new(extended: ExtendedLabels) -> Self {
        let registry = Registry::new();
        let queue = &["name", "controller"];
        let metrics = Self {
            objects: Mutex::new(Objects::new(extended)),
            api_calls: counters(
                &registry,
                "externalsecret_provider_api_calls_count",
                "Number of calls to the APIs of secret providers",
                &["provider", "call", "status"],
            ),
            reconcile_total: counters(
                &registry,
                "controller_runtime_reconcile_total",
                "Number of reconciles per controller and result",
                &["controller", "result"],
            ),
            reconcile_errors: controller_counters(&registry, "errors", "Number of failed reconciles per controller"),
            terminal_errors: counters(
                &registry,
                "controller_runtime_terminal_reconcile_errors_total",
                "Number of reconciles per controller that failed for good",
                &["controller"],
            ),
            reconcile_panics: controller_counters(
                &registry,
                "panics",
                "Number of reconciles per controller that crashed",
            ),
            reconcile_seconds: histograms(
                &registry,
                "controller_runtime_reconcile_time_seconds",
                "Length of time per reconcile per controller",
                &["controller"],
                RECONCILE_BUCKETS.to_vec(),
            ),
            active_workers: gauges(
                &registry,
                "controller_runtime_active_workers",
                "Number of workers in use per controller",
                &["controller"],
            ),
            max_concurrent: gauges(
                &registry,
                "controller_runtime_max_concurrent_reconciles",
                "Number of workers per controller",
                &["controller"],
            ),
            depth: gauges(&registry, "workqueue_depth", "Number of keys that wait", queue),
            adds: counters(&registry, "workqueue_adds_total", "Number of keys added", queue),
            retries: counters(
                &registry,
                "workqueue_retries_total",
                "Number of keys added again with growing delay",
                queue,
            ),
            waited: histograms(
                &registry,
                "workqueue_queue_duration_seconds",
                "How long a key waits before it is taken up",
                queue,
                queue_buckets(),
            ),
            worked: histograms(
                &registry,
                "workqueue_work_duration_seconds",
                "How long the work on a key takes",
                queue,
                queue_buckets(),
            ),
            registry,
        };
        add(&metrics.registry, crate::client::requests_total().clone());
        add(&metrics.registry, crate::events::dropped_total().clone());
        #[cfg(target_os = "linux")]
        add(&metrics.registry, prometheus::process_collector::ProcessCollector::for_self());
        metrics
    }

    /// One pass over an `ExternalSecret` began, whatever comes of it: `externalsecret_sync_calls_total`.
    pub fn sync_calls(&self, obj: Obj<'_>) {
        self.objects.lock().update(Kind::ExternalSecret, obj, objects::Series::count_call);
    }

    /// A pass over an `ExternalSecret` failed: `externalsecret_sync_calls_error`.
    pub fn sync_error(&self, obj: Obj<'_>) {
        self.objects.lock().update(Kind::ExternalSecret, obj, objects::Series::count_error);
    }

    /// How long the last pass took: `<kind>_reconcile_duration`, in nanoseconds as ESO has it.
    pub fn reconcile_duration(&self, kind: Kind, obj: Obj<'_>, took: Duration) {
        self.objects.lock().update(kind, obj, |series| series.set_duration(took));
    }

    /// The Ready condition: `<kind>_status_condition` is 1 for the present status and 0 for the other one.
    pub fn condition(&self, kind: Kind, obj: Obj<'_>, ready: Ready) {
        self.objects.lock().update(kind, obj, |series| series.set_ready(ready));
    }

    /// Removes all series of an object that is gone. The last call of the pass that finds it gone: any other call brings the
    /// object back. (ESO leaves series behind or makes them anew, core.md B29 and B31.)
    pub fn forget(&self, kind: Kind, obj: Obj<'_>) {
        self.objects.lock().forget(kind, obj);
    }

    /// One request to a provider: `externalsecret_provider_api_calls_count`.
    pub fn api_call(&self, call: ApiCall) {
        self.api_calls.with_label_values(&[call.provider, call.call, call.result.as_str()]).inc();
    }

    /// One reconcile ended: `controller_runtime_reconcile_total`.
    pub fn reconcile_total(&self, controller: &str, result: ReconcileResult) {
        self.reconcile_total.with_label_values(&[controller, result.as_str()]).inc();
    }

    /// One reconcile failed: `controller_runtime_reconcile_errors_total`.
    pub fn reconcile_errors(&self, controller: &str) {
        self.reconcile_errors.with_label_values(&[controller]).inc();
    }

    /// One reconcile failed and is not tried again by itself: `controller_runtime_terminal_reconcile_errors_total`.
    pub fn terminal_errors(&self, controller: &str) {
        self.terminal_errors.with_label_values(&[controller]).inc();
    }

    /// One reconcile crashed: `controller_runtime_reconcile_panics_total`.
    pub fn reconcile_panics(&self, controller: &str) {
        self.reconcile_panics.with_label_values(&[controller]).inc();
    }

    /// How long one reconcile took: `controller_runtime_reconcile_time_seconds`.
    pub fn reconcile_seconds(&self, controller: &str, took: Duration) {
        self.reconcile_seconds.with_label_values(&[controller]).observe(took.as_secs_f64());
    }

    /// A worker took up (+1) or ended (-1) work: `controller_runtime_active_workers`.
    pub fn active_workers(&self, controller: &str, change: i64) {
        self.active_workers.with_label_values(&[controller]).add(change);
    }

    /// How many workers there are: `controller_runtime_max_concurrent_reconciles`. Also makes the controller's other families
    /// start at zero, as dashboards expect.
    pub fn max_concurrent(&self, controller: &str, workers: usize) {
        self.max_concurrent.with_label_values(&[controller]).set(i64::try_from(workers).unwrap_or(i64::MAX));
        self.active_workers.with_label_values(&[controller]).add(0);
        self.reconcile_errors.with_label_values(&[controller]).inc_by(0);
        self.terminal_errors.with_label_values(&[controller]).inc_by(0);
        self.reconcile_panics.with_label_values(&[controller]).inc_by(0);
        for result in
            [ReconcileResult::Success, ReconcileResult::Error, ReconcileResult::Requeue, ReconcileResult::RequeueAfter]
        {
            self.reconcile_total.with_label_values(&[controller, result.as_str()]).inc_by(0);
        }
    }

    /// Adds a family of the caller's own, as for the figures of an allocator.
    pub fn register(&self, family: impl Collector + 'static) {
        add(&self.registry, family);
    }

    pub(crate) fn queue(&self, name: &str) -> QueueMetrics {
        let labels = &[name, name];
        QueueMetrics {
            depth: self.depth.with_label_values(labels),
            adds: self.adds.with_label_values(labels),
            retries: self.retries.with_label_values(labels),
            waited: self.waited.with_label_values(labels),
            worked: self.worked.with_label_values(labels),
        }
    }

    /// All of it in the text format of Prometheus, in one piece.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        let mut page = Page::first();
        while let Some(next) = self.objects.lock().write_page(page, &mut text) {
            page = next;
        }
        text.push_str(&self.encode_rest());
        text
    }

    /// The same text in pieces of bounded size. The lock on the objects is held for one piece at a time; an object that comes or
    /// goes between two pieces may miss a family.
    pub fn encode_stream(self: Arc<Self>) -> impl Iterator<Item = Bytes> + Send + use<> {
        let mut at = Some(Some(Page::first()));
        std::iter::from_fn(move || {
            let mut text = String::new();
            match at.take()? {
                Some(page) => at = Some(self.objects.lock().write_page(page, &mut text)),
                None => text = self.encode_rest(),
            }
            Some(Bytes::from(text))
        })
    }

    fn encode_rest(&self) -> String {
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_else(|error| {
            tracing::error!(%error, "The metrics could not be written.");
            String::new()
        })
    }
}

/// As controller-runtime has them.
const RECONCILE_BUCKETS: [f64; 40] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5,
    1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0,
];

/// As controller-runtime has them: 10 ns to 1000 s by factors of ten.
fn queue_buckets() -> Vec<f64> {
    (-8..4).map(|exponent| 10_f64.powi(exponent)).collect()
}

fn controller_counters(registry: &Registry, what: &str, help: &str) -> IntCounterVec {
    counters(registry, &format!("controller_runtime_reconcile_{what}_total"), help, &["controller"])
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    registered(registry, IntCounterVec::new(Opts::new(name, help), labels))
}

fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    registered(registry, IntGaugeVec::new(Opts::new(name, help), labels))
}

fn histograms(registry: &Registry, name: &str, help: &str, labels: &[&str], buckets: Vec<f64>) -> HistogramVec {
    registered(registry, HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets), labels))
}

/// Registers a family. Names and labels are constants of ours, so an error is a defect that the first test run shows.
#[allow(clippy::expect_used)] // see above: cannot depend on input
fn registered<C: Collector + Clone + 'static>(registry: &Registry, family: prometheus::Result<C>) -> C {
    let family = family.expect("metric names and labels are constants of this module and valid");
    add(registry, family.clone());
    family
}

fn add(registry: &Registry, family: impl Collector + 'static) {
    if let Err(error) = registry.register(Box::new(family)) {
        tracing::error!(%error, "A family of metrics could not be registered and is missing.");
    }
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
