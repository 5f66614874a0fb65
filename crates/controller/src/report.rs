//! From drafts to events, metrics and log lines.

use std::time::{Duration, Instant};

use eso_plan::{EventDraft, Requeue, Severity};
use eso_runtime::events::{EventKind, EventRef};
use eso_runtime::metrics::{Kind, Metrics, ReconcileResult};
use kube::core::ObjectMeta;

use crate::context::Context;

/// Emits events about an object.
pub(crate) fn emit(context: &Context, about: &EventRef, component: &str, events: &[EventDraft]) {
    for event in events {
        let kind = match event.severity {
            Severity::Normal => EventKind::Normal,
            Severity::Warning => EventKind::Warning,
        };
        context.recorder.publish(about.clone(), kind, event.reason, &event.message, component);
    }
}

/// The object that events are about.
pub(crate) fn about(kind: &str, metadata: &ObjectMeta) -> EventRef {
    EventRef {
        api_version: eso_core::names::API_VERSION.to_owned(),
        kind: kind.to_owned(),
        namespace: metadata.namespace.clone().unwrap_or_default(),
        name: metadata.name.clone().unwrap_or_default(),
        uid: metadata.uid.clone().unwrap_or_default(),
        resource_version: metadata.resource_version.clone().unwrap_or_default(),
    }
}

/// Counts one turn of a controller, by the names that ESO's framework uses.
pub(crate) struct Turn<'a> {
    metrics: &'a Metrics,
    controller: &'static str,
    began: Instant,
}

impl<'a> Turn<'a> {
    /// A turn begins.
    pub fn begin(metrics: &'a Metrics, kind: Kind) -> Self {
        let controller = match kind {
            Kind::ExternalSecret => "externalsecret",
            Kind::SecretStore => "secretstore",
            Kind::ClusterSecretStore => "clustersecretstore",
        };
        metrics.active_workers(controller, 1);
        Self { metrics, controller, began: Instant::now() }
    }

    /// How long it has taken so far.
    pub fn took(&self) -> Duration {
        self.began.elapsed()
    }

    /// It ended.
    pub fn end(self, requeue: Requeue, failed: bool) {
        let result = match requeue {
            Requeue::Backoff if failed => ReconcileResult::Error,
            Requeue::Backoff | Requeue::Now => ReconcileResult::Requeue,
            Requeue::After(_) => ReconcileResult::RequeueAfter,
            Requeue::Never => ReconcileResult::Success,
        };
        self.metrics.reconcile_total(self.controller, result);
        if result == ReconcileResult::Error {
            self.metrics.reconcile_errors(self.controller);
        }
        self.metrics.reconcile_seconds(self.controller, self.began.elapsed());
        self.metrics.active_workers(self.controller, -1);
    }
}
