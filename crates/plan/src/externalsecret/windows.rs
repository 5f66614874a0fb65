//! Sync windows: times at which the interval may, or may not, start a read. Everything in UTC; ESO takes the zone of its process
//! ([B5]).

use std::time::Duration;

use eso_core::crd::{SyncWindow, SyncWindowKind, SyncWindows};
use eso_core::go_duration::GoDuration;
use jiff::{SignedDuration, Timestamp};

use crate::cron::Schedule;

/// Windows that follow each other without a gap are left after so many.
const MOST_STEPS: usize = 64;
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Whether a read may start now. A window holds from its first to its last moment, both included; one that cannot be read never does.
pub(super) fn permit(windows: &SyncWindows, now: Timestamp) -> bool {
    let open = windows.windows.iter().any(|window| closes(window, now).is_some());
    windows.windows.is_empty() || open == (windows.kind == SyncWindowKind::Allow)
}

/// The first moment from `at` on when a read may start; `None` when none is near.
pub(super) fn first_permitted(windows: &SyncWindows, at: Timestamp) -> Option<Timestamp> {
    let mut at = at;
    for _ in 0..MOST_STEPS {
        if permit(windows, at) {
            return Some(at);
        }
        let all = windows.windows.iter();
        at = match windows.kind {
            SyncWindowKind::Allow => all.filter_map(|window| schedule(window)?.next_after(at)).min()?,
            SyncWindowKind::Deny => all.filter_map(|window| closes(window, at)).max()?.checked_add(SECOND).ok()?,
        };
    }
    None
}

/// When the window that is open at `now` closes; `None` when it is not open.
fn closes(window: &SyncWindow, now: Timestamp) -> Option<Timestamp> {
    let length = SignedDuration::try_from(length(window)?).ok()?;
    let since = now.checked_sub(length).ok()?.checked_sub(SECOND).ok()?;
    let opened = schedule(window)?.next_after(since)?;
    let end = opened.checked_add(length).ok()?;
    (opened <= now && now <= end).then_some(end)
}

fn schedule(window: &SyncWindow) -> Option<Schedule> {
    Schedule::parse(&window.schedule).ok()
}

fn length(window: &SyncWindow) -> Option<Duration> {
    GoDuration::parse(&window.duration)?.to_std()
}

#[cfg(test)]
mod tests {
    use eso_core::crd::{SyncWindow, SyncWindowKind, SyncWindows};
    use jiff::Timestamp;

    use super::{first_permitted, permit};

    fn windows(kind: SyncWindowKind, windows: &[(&str, &str)]) -> SyncWindows {
        let window = |(schedule, duration): &(&str, &str)| SyncWindow {
            schedule: (*schedule).to_owned(),
            duration: (*duration).to_owned(),
        };
        SyncWindows { kind, windows: windows.iter().map(window).collect() }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn parity_39_both_ends_of_a_window_belong_to_it() {
        let night = windows(SyncWindowKind::Allow, &[("0 22 * * *", "2h")]);
        for (time, open) in [
            ("2025-03-04T21:59:59Z", false),
            ("2025-03-04T22:00:00Z", true),
            ("2025-03-05T00:00:00Z", true),
            ("2025-03-05T00:00:01Z", false),
        ] {
            assert_eq!(permit(&night, at(time)), open, "{time}");
        }
    }

    #[test]
    fn the_next_moment_is_found_over_days_and_over_windows_that_touch() {
        let week = windows(SyncWindowKind::Allow, &[("30 3 * * 1", "10m")]);
        // A Tuesday; the next Monday is the 10th.
        assert_eq!(first_permitted(&week, at("2025-03-04T12:00:00Z")), Some(at("2025-03-10T03:30:00Z")));
        let busy = windows(SyncWindowKind::Deny, &[("0 8 * * *", "4h"), ("0 12 * * *", "1h")]);
        assert_eq!(first_permitted(&busy, at("2025-03-04T09:00:00Z")), Some(at("2025-03-04T13:00:01Z")));
        let never = windows(SyncWindowKind::Allow, &[("0 0 30 2 *", "1h")]);
        assert_eq!(first_permitted(&never, at("2025-03-04T09:00:00Z")), None);
        let always = windows(SyncWindowKind::Deny, &[("* * * * *", "5m")]);
        assert_eq!(first_permitted(&always, at("2025-03-04T09:00:00Z")), None);
    }
}
