//! Whether the backend is due to be read, and when it will be next.

use std::time::Duration;

use eso_core::condition::{READY, SyncReason, sync_message};
use eso_core::crd::{CreationPolicy, ExternalSecretSpec, ExternalSecretStatus, RefreshPolicy};
use eso_core::go_duration::GoDuration;
use eso_core::{Fault, FaultKind};
use jiff::Timestamp;

use super::manifest::{self, ManifestSeen};
use super::seen::{Seen, TargetSeen};
use super::windows;
use crate::requeue::{DEFAULT_INTERVAL, LONGEST_BACKOFF, Requeue, SHORTEST_WAIT};

/// Why an object is read anew, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was never synced.
    NeverSynced,
    /// Its spec, labels or annotations changed.
    Changed,
    /// Its interval is over.
    IntervalOver,
    /// Its last sync lies in the future: the clock was wrong once.
    ClockWentBack,
    /// Its Secret is missing or was edited.
    Drift,
    /// Its last sync failed.
    Failed,
    /// A ConfigMap or a Secret that holds its templates changed.
    TemplateChanged,
}

/// The interval of a spec; `None` means never.
///
/// Faults: Misconfigured, when the text is no Go duration.
pub fn interval(spec: &ExternalSecretSpec) -> Result<Option<Duration>, Fault> {
    let Some(text) = spec.refresh_interval.as_deref() else { return Ok(Some(DEFAULT_INTERVAL)) };
    match GoDuration::parse(text) {
        Some(duration) if duration.is_zero_or_less() => Ok(None),
        Some(duration) => Ok(duration.to_std()),
        None => Err(Fault::new(
            FaultKind::Misconfigured,
            format!("\"{text}\" is not a duration. Write a number and a unit, such as 30s, 15m or 1h."),
        )
        .at("spec.refreshInterval")),
    }
}

/// Whether the backend has to be read now, and why.
pub(super) fn due(seen: &Seen, interval: Option<Duration>) -> Option<Why> {
    let unsynced = ExternalSecretStatus::default();
    let status = seen.object.status.as_ref().unwrap_or(&unsynced);
    by_policy(seen, status, interval)
        .or_else(|| (!target_is_valid(seen)).then_some(Why::Drift))
        .or_else(|| says_it_failed(status).then_some(Why::Failed))
}

/// ESO would leave such a condition as it is, for ever with some policies, once the cause was undone by hand.
fn says_it_failed(status: &ExternalSecretStatus) -> bool {
    status.conditions.iter().any(|condition| condition.type_ == READY && condition.status == "False")
}

fn by_policy(seen: &Seen, status: &ExternalSecretStatus, interval: Option<Duration>) -> Option<Why> {
    let synced = status.synced_resource_version.as_deref().filter(|version| !version.is_empty());
    let changed = || synced != Some(seen.version().as_str());
    let Some(refreshed) = status.refresh_time.as_ref().map(|time| time.0) else {
        // Interval zero reads once; what was synced once stays, even if its time was lost.
        let once = is_periodic(&seen.object.spec) && interval.is_none() && synced.is_some();
        return (!once).then_some(Why::NeverSynced);
    };
    if synced.is_none() {
        return Some(Why::NeverSynced);
    }
    match seen.object.spec.refresh_policy {
        Some(RefreshPolicy::CreatedOnce) => None,
        Some(RefreshPolicy::OnChange) => {
            changed().then_some(Why::Changed).or(seen.sources_changed.then_some(Why::TemplateChanged))
        }
        Some(RefreshPolicy::Periodic) | None => {
            let interval = interval?;
            if changed() {
                Some(Why::Changed)
            } else if seen.sources_changed {
                Some(Why::TemplateChanged)
            } else if refreshed > seen.now {
                Some(Why::ClockWentBack)
            } else {
                let over = elapsed(refreshed, seen.now) > interval;
                let open = seen.object.spec.sync_windows.as_ref().is_none_or(|it| windows::permit(it, seen.now));
                (over && open).then_some(Why::IntervalOver)
            }
        }
    }
}

/// Whether the Secret is as it was left. Orphans are left alone between refreshes; without a Secret there is nothing to look at, for
/// which ESO would read the backend on every occasion.
fn target_is_valid(seen: &Seen) -> bool {
    if matches!(seen.object.spec.target.creation_policy, CreationPolicy::Orphan | CreationPolicy::None) {
        return true;
    }
    if let Some(intact) = manifest::is_intact(seen) {
        return intact || matches!(seen.manifest, ManifestSeen::Absent) && holds_nothing(seen);
    }
    match &seen.target {
        // The backend holds nothing: looked at again when the interval is over, not at every restart or when our own deletion
        // shows up.
        TargetSeen::Absent => holds_nothing(seen),
        TargetSeen::Indexed(facts) => facts.intact,
        TargetSeen::Read(secret) => super::mutate::is_intact(secret),
    }
}

/// Reasons of a sync that left no object behind.
const NOTHING: [SyncReason; 4] =
    [SyncReason::SecretDeleted, SyncReason::SecretMissing, SyncReason::ResourceDeleted, SyncReason::ResourceMissing];

/// Whether the last sync found nothing to write.
fn holds_nothing(seen: &Seen) -> bool {
    let mut conditions = seen.object.status.iter().flat_map(|status| &status.conditions);
    conditions.any(|condition| {
        condition.type_ == READY
            && (NOTHING.iter().any(|reason| condition.reason.as_deref() == Some(reason.as_str()))
                || condition.message.as_deref() == Some(sync_message::RETAINED))
    })
}

/// When to look again at an object that was in step at `refreshed`.
///
/// Only periodic objects have a timer: ESO keeps polling `CreatedOnce` and `OnChange` ones to no effect ([B6]), and those whose
/// window is closed.
pub(super) fn next(spec: &ExternalSecretSpec, refreshed: Option<Timestamp>, now: Timestamp) -> Requeue {
    // One millisecond later than the interval, so that "over" is true when the timer fires.
    let margin = Duration::from_millis(1);
    match interval(spec) {
        Ok(Some(interval)) if is_periodic(spec) => {
            let passed = refreshed.map_or(Duration::ZERO, |refreshed| elapsed(refreshed, now));
            let wait = interval.max(SHORTEST_WAIT).saturating_sub(passed) + margin;
            Requeue::After(until_open(spec, wait, now).min(interval.max(LONGEST_BACKOFF) + margin))
        }
        _ => Requeue::Never,
    }
}

/// `wait`, or longer when no window lets a read start then.
fn until_open(spec: &ExternalSecretSpec, wait: Duration, now: Timestamp) -> Duration {
    let Some(windows) = &spec.sync_windows else { return wait };
    let Ok(due) = now.checked_add(wait) else { return wait };
    // Without a moment that is near, the bounds of the timer decide.
    windows::first_permitted(windows, due).map_or(Duration::MAX, |at| elapsed(now, at))
}

/// When to look again at an object whose failure only a person can end ([B36]: ESO would never).
pub(super) fn after_permanent_failure(spec: &ExternalSecretSpec) -> Requeue {
    match interval(spec) {
        Ok(Some(interval)) => Requeue::After(interval.max(SHORTEST_WAIT)),
        _ => Requeue::After(DEFAULT_INTERVAL),
    }
}

fn is_periodic(spec: &ExternalSecretSpec) -> bool {
    !matches!(spec.refresh_policy, Some(RefreshPolicy::CreatedOnce | RefreshPolicy::OnChange))
}

fn elapsed(since: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or(Duration::ZERO)
}
