//! What to do about a lease. Pure.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease as LeaseObject;
use tokio::time::Instant;

use super::LeaseSettings;

/// What was seen of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// Who holds it; empty for nobody.
    pub holder: String,
    /// How long the holder's word counts.
    pub duration: Duration,
    /// Changes with every write.
    pub version: String,
    /// When this version was first seen, by the clock of this process.
    pub since: Instant,
}

impl Observed {
    /// What a lease says; `earlier` is what was seen before, so that an unchanged lease grows old.
    pub fn from_lease(lease: &LeaseObject, earlier: Option<&Self>, now: Instant) -> Self {
        let version = lease.metadata.resource_version.clone().unwrap_or_default();
        let since = earlier.filter(|earlier| earlier.version == version).map_or(now, |earlier| earlier.since);
        let spec = lease.spec.as_ref();
        Self {
            holder: spec.and_then(|spec| spec.holder_identity.clone()).unwrap_or_default(),
            duration: Duration::from_secs(
                spec.and_then(|spec| spec.lease_duration_seconds)
                    .and_then(|seconds| u64::try_from(seconds).ok())
                    .unwrap_or(0),
            ),
            version,
            since,
        }
    }
}

/// What to do about a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// There is none: make it.
    Create,
    /// Nobody holds it any more: take it over.
    Take,
    /// It is ours: say so again.
    Renew,
    /// Somebody else holds it.
    Wait,
}

/// Decides, by client-go's rules. `None`: there is no lease.
pub fn decide(observed: Option<&Observed>, settings: &LeaseSettings, now: Instant) -> Action {
    match observed {
        None => Action::Create,
        Some(seen) if seen.holder.is_empty() => Action::Take,
        Some(seen) if seen.holder == settings.identity => Action::Renew,
        Some(seen) if now.duration_since(seen.since) >= seen.duration => Action::Take,
        Some(_) => Action::Wait,
    }
}
