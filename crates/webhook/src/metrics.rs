//! What `/metrics` tells about admissions. Names and labels are those of ESO's framework, controller-runtime.

use std::time::Duration;

use eso_runtime::metrics::Metrics;
use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts};

use crate::admission::Kind;

/// As Go's client library has them, in seconds, and some below: an admission takes less than the least of those.
const LATENCY_BUCKETS: [f64; 15] =
    [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Counts of admissions. The label `webhook` is the path.
#[derive(Clone)]
pub struct AdmissionMetrics {
    requests: IntCounterVec,
    in_flight: IntGaugeVec,
    latency: HistogramVec,
    /// The certificate's files were read.
    pub reads: IntCounter,
    /// They could not be used.
    pub read_failures: IntCounter,
}

impl AdmissionMetrics {
    /// All families, registered, and at zero for every path.
    #[allow(clippy::expect_used, clippy::missing_panics_doc)] // names and labels are constants: an error is a defect that the first test shows
    pub fn new(metrics: &Metrics) -> Self {
        let opts = |name: &str, help: &str| Opts::new(name, help);
        let latency = HistogramOpts::new("controller_runtime_webhook_latency_seconds", "How long admissions take")
            .buckets(LATENCY_BUCKETS.to_vec());
        let all = Self {
            requests: IntCounterVec::new(
                opts("controller_runtime_webhook_requests_total", "Number of admissions by path and HTTP code"),
                &["webhook", "code"],
            )
            .expect("constant"),
            in_flight: IntGaugeVec::new(
                opts("controller_runtime_webhook_requests_in_flight", "Number of admissions in work by path"),
                &["webhook"],
            )
            .expect("constant"),
            latency: HistogramVec::new(latency, &["webhook"]).expect("constant"),
            reads: IntCounter::new("certwatcher_read_certificate_total", "How often the certificate was read")
                .expect("constant"),
            read_failures: IntCounter::new(
                "certwatcher_read_certificate_errors_total",
                "How often the certificate could not be used",
            )
            .expect("constant"),
        };
        for kind in Kind::ALL {
            all.in_flight.with_label_values(&[kind.path()]).set(0);
            for code in ["200", "500"] {
                all.requests.with_label_values(&[kind.path(), code]).inc_by(0);
            }
        }
        metrics.register(all.requests.clone());
        metrics.register(all.in_flight.clone());
        metrics.register(all.latency.clone());
        metrics.register(all.reads.clone());
        metrics.register(all.read_failures.clone());
        all
    }

    /// An admission is in work until this is dropped.
    pub fn begin(&self, kind: Kind) -> InFlight {
        let gauge = self.in_flight.with_label_values(&[kind.path()]);
        gauge.inc();
        InFlight(gauge)
    }

    /// An admission was answered with this HTTP code.
    pub fn answered(&self, kind: Kind, code: u16, took: Duration) {
        self.requests.with_label_values(&[kind.path(), &code.to_string()]).inc();
        self.latency.with_label_values(&[kind.path()]).observe(took.as_secs_f64());
    }
}

/// Counts an admission in work, also when its client goes away.
pub struct InFlight(IntGauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
