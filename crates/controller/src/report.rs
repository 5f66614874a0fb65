//! From drafts to events, metrics and log lines.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use eso_core::{Fault, FaultKind};

use eso_plan::{EventDraft, Requeue, Severity};
use eso_runtime::events::{EventKind, EventRef};
use eso_runtime::metrics::{Kind, Metrics, ReconcileResult};
use futures::FutureExt as _;
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

/// Runs a turn. A panic in it becomes an error of that one object; the worker goes on, as in ESO.
pub(crate) async fn guarded<T>(turn: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let panicked = |_| {
        let text = "a defect of the operator ended this turn; its log says where. Please report it.";
        Err(Fault::new(FaultKind::Internal, text))
    };
    AssertUnwindSafe(turn).catch_unwind().await.unwrap_or_else(panicked)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_in_one_turn_is_an_error_and_not_the_end() {
        let answer = guarded(async { if true { panic!("made up") } else { Ok(()) } }).await;
        assert_eq!(answer.map_err(|fault| fault.kind), Err(FaultKind::Internal));
        assert_eq!(guarded(async { Ok(1) }).await, Ok(1));
    }
}
