//! Leader election on a `coordination.k8s.io/v1` Lease, by client-go's rules and with its lease names, so that a process of ours and
//! one of ESO's never work at the same time during an upgrade.
//!
//! Clocks of different machines are never compared: a lease has run out when this process has not seen it *change* for its duration.
//! Writes carry the resource version that was read, so of two candidates one gets a conflict.

mod decision;

use std::time::Duration;

use eso_core::{Fault, FaultKind};
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease as LeaseObject, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::client::api_fault;
use crate::jitter::jittered;
pub use decision::{Action, Observed, decide};

/// Which lease, and how it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseSettings {
    /// Namespace of the Lease.
    pub namespace: String,
    /// Name of the Lease.
    pub name: String,
    /// Who we are; must differ between processes.
    pub identity: String,
    /// How long others wait for a silent holder (ESO: 15 s).
    pub duration: Duration,
    /// After which a holder that cannot renew stops working; less than `duration` (ESO: 10 s).
    pub renew_deadline: Duration,
    /// Time between two tries; less than `renew_deadline` (ESO: 2 s).
    pub retry_period: Duration,
}

impl LeaseSettings {
    /// ESO's timings, and an identity made of the host's name and a random part.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        let host = std::env::var("HOSTNAME").unwrap_or_else(|_| "external-secrets".to_owned());
        Self {
            namespace: namespace.into(),
            name: name.into(),
            identity: format!("{host}_{:016x}", crate::jitter::random()),
            duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
        }
    }

    fn check(&self) -> Result<(), Fault> {
        let ordered = self.retry_period < self.renew_deadline && self.renew_deadline < self.duration;
        if ordered && !self.retry_period.is_zero() && self.duration.as_secs() >= 1 {
            return Ok(());
        }
        Err(Fault::new(
            FaultKind::Misconfigured,
            "The timings of the leader election do not fit: the retry period must be less than the renew deadline, and that less \
             than the lease duration, which must be at least 1 s.",
        ))
    }
}

/// A lease that this process holds, renewed in the background until it is lost, released or dropped.
pub struct Lease {
    lost: CancellationToken,
    renewal: JoinHandle<()>,
    candidate: Candidate,
}

impl Lease {
    /// Waits until the lease is ours. `None`: `stop` was cancelled first. Errors of the API server are logged and tried again.
    ///
    /// Faults: Misconfigured, when the timings do not fit.
    pub async fn acquire(
        client: Client,
        settings: LeaseSettings,
        stop: CancellationToken,
    ) -> Result<Option<Self>, Fault> {
        settings.check()?;
        let mut candidate = Candidate::new(client, settings);
        tracing::info!(
            lease = candidate.settings.name,
            identity = candidate.settings.identity,
            "Waiting for the lease."
        );
        while !candidate.attempt().await {
            tokio::select! {
                () = stop.cancelled() => return Ok(None),
                () = tokio::time::sleep(jittered(candidate.settings.retry_period)) => {}
            }
        }
        tracing::info!(lease = candidate.settings.name, "The lease is ours.");
        let lost = CancellationToken::new();
        let renewal = tokio::spawn(renew(candidate.clone(), lost.clone()));
        Ok(Some(Self { lost, renewal, candidate }))
    }

    /// Cancelled when the lease is lost; work must then stop at once. [`Lease::release`] does not cancel it.
    pub fn lost(&self) -> CancellationToken {
        self.lost.clone()
    }

    /// Gives the lease up, so that the next holder need not wait for its end. Only once all work has ended.
    pub async fn release(self) {
        self.renewal.abort();
        if self.lost.is_cancelled() {
            return;
        }
        let mut candidate = self.candidate.clone();
        if let Err(fault) = timeout(candidate.settings.retry_period, candidate.give_up()).await.unwrap_or(Ok(())) {
            tracing::warn!(
                detail = fault.detail.as_deref(),
                "{fault} The next holder has to wait until the lease runs out."
            );
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Renews until that has failed for the renew deadline or somebody else holds the lease.
async fn renew(mut candidate: Candidate, lost: CancellationToken) {
    let mut renewed = Instant::now();
    loop {
        tokio::time::sleep(candidate.settings.retry_period).await;
        let left = candidate.settings.renew_deadline.saturating_sub(renewed.elapsed());
        let began = Instant::now();
        // The time before the request counts: it is when others may have begun to wait.
        if timeout(left, candidate.attempt()).await.unwrap_or(false) {
            renewed = began;
        } else if candidate.held_by_other() || renewed.elapsed() >= candidate.settings.renew_deadline {
            tracing::error!(lease = candidate.settings.name, "The lease is lost; ending all work.");
            lost.cancel();
            return;
        }
    }
}

#[derive(Clone)]
struct Candidate {
    api: Api<LeaseObject>,
    settings: LeaseSettings,
    observed: Option<Observed>,
    /// What was last warned of.
    warned: String,
}

impl Candidate {
    fn new(client: Client, settings: LeaseSettings) -> Self {
        let api = Api::namespaced(client, &settings.namespace);
        Self { api, settings, observed: None, warned: String::new() }
    }

    fn held_by_other(&self) -> bool {
        self.observed.as_ref().is_some_and(|seen| !seen.holder.is_empty() && seen.holder != self.settings.identity)
    }

    /// Takes or renews the lease where that is allowed, and tells whether it is ours now.
    async fn attempt(&mut self) -> bool {
        match self.try_once().await {
            Ok(ours) => {
                self.warned.clear();
                ours
            }
            Err(fault) => {
                let text = fault.public();
                if text != self.warned && fault.kind != FaultKind::Conflict {
                    tracing::warn!(detail = fault.detail.as_deref(), "{text}");
                    self.warned = text;
                }
                false
            }
        }
    }

    async fn try_once(&mut self) -> Result<bool, Fault> {
        let present = self.api.get_opt(&self.settings.name).await.map_err(|error| self.fault(&error, "read"))?;
        let now = Instant::now();
        self.observed = present.as_ref().map(|lease| Observed::from_lease(lease, self.observed.as_ref(), now));
        let action = decide(self.observed.as_ref(), &self.settings, now);
        let (meta, spec) =
            present.map_or_else(Default::default, |lease| (lease.metadata, lease.spec.unwrap_or_default()));
        let written = match action {
            Action::Wait => return Ok(false),
            Action::Create => {
                let meta = ObjectMeta { name: Some(self.settings.name.clone()), ..ObjectMeta::default() };
                let lease = LeaseObject { metadata: meta, spec: Some(self.taken(0)) };
                self.api.create(&PostParams::default(), &lease).await
            }
            Action::Take => {
                let transitions = spec.lease_transitions.unwrap_or(0).saturating_add(1);
                self.replace(meta, self.taken(transitions)).await
            }
            Action::Renew => {
                let kept = LeaseSpec {
                    acquire_time: spec.acquire_time,
                    lease_transitions: spec.lease_transitions,
                    ..self.taken(0)
                };
                self.replace(meta, kept).await
            }
        };
        let lease = written.map_err(|error| self.fault(&error, "write"))?;
        self.observed = Some(Observed::from_lease(&lease, self.observed.as_ref(), Instant::now()));
        Ok(true)
    }

    /// Writes an empty holder, as client-go does on release.
    async fn give_up(&mut self) -> Result<(), Fault> {
        let Some(lease) = self.api.get_opt(&self.settings.name).await.map_err(|error| self.fault(&error, "read"))?
        else {
            return Ok(());
        };
        let spec = lease.spec.unwrap_or_default();
        if spec.holder_identity.as_deref() != Some(self.settings.identity.as_str()) {
            return Ok(());
        }
        let empty = LeaseSpec { holder_identity: Some(String::new()), lease_duration_seconds: Some(1), ..spec };
        self.replace(lease.metadata, empty).await.map_err(|error| self.fault(&error, "release"))?;
        tracing::info!(lease = self.settings.name, "The lease is released.");
        Ok(())
    }

    async fn replace(&self, metadata: ObjectMeta, spec: LeaseSpec) -> kube::Result<LeaseObject> {
        let lease = LeaseObject { metadata, spec: Some(spec) };
        self.api.replace(&self.settings.name, &PostParams::default(), &lease).await
    }

    fn taken(&self, transitions: i32) -> LeaseSpec {
        let now = MicroTime(Timestamp::now());
        LeaseSpec {
            holder_identity: Some(self.settings.identity.clone()),
            lease_duration_seconds: Some(i32::try_from(self.settings.duration.as_secs()).unwrap_or(i32::MAX)),
            acquire_time: Some(now.clone()),
            renew_time: Some(now),
            lease_transitions: Some(transitions),
            ..LeaseSpec::default()
        }
    }

    fn fault(&self, error: &kube::Error, doing: &str) -> Fault {
        api_fault(error, &format!("{doing} the Lease {}/{}", self.settings.namespace, self.settings.name))
    }
}

#[cfg(test)]
#[path = "lease_tests.rs"]
mod tests;
