//! Which events were written lately.

use std::num::NonZeroUsize;
use std::time::Duration;

use jiff::Timestamp;
use lru::LruCache;
use tokio::time::Instant;

/// How many distinct events are remembered.
const ENTRIES: NonZeroUsize = NonZeroUsize::new(4096).unwrap();
/// An event that was quiet for longer begins anew.
const SAME: Duration = Duration::from_mins(10);
/// Shortest time between two patches of one event, after the first.
const PATCH_EVERY: Duration = Duration::from_mins(5);

/// What to do about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Write an Event whose name ends in this number.
    Create { stamp: u64 },
    /// Count on the one that is there.
    Patch { stamp: u64, count: u32, first: Timestamp },
    /// Only remember the count.
    Keep,
}

pub(super) struct Memory {
    entries: LruCache<u128, Entry>,
    last_stamp: u64,
}

struct Entry {
    stamp: u64,
    count: u32,
    first: Timestamp,
    seen: Instant,
    patched: Option<Instant>,
}

impl Memory {
    pub fn new() -> Self {
        // Unbounded at first, so that the table grows with use; the bound is kept in `decide`.
        Self { entries: LruCache::unbounded(), last_stamp: 0 }
    }

    /// Counts an event. `clock` is the time to write down, `now` the one to measure with.
    pub fn decide(&mut self, key: u128, now: Instant, clock: Timestamp) -> Decision {
        if let Some(entry) = self.entries.get_mut(&key)
            && now.duration_since(entry.seen) <= SAME
        {
            return entry.repeat(now);
        }
        let stamp = self.stamp(clock);
        let first = Entry { stamp, count: 1, first: clock, seen: now, patched: None };
        self.entries.put(key, first);
        if self.entries.len() > ENTRIES.get() {
            self.entries.pop_lru();
        }
        Decision::Create { stamp }
    }

    /// The time in nanoseconds, as client-go names events, and never the same number twice.
    fn stamp(&mut self, clock: Timestamp) -> u64 {
        let nanos = u64::try_from(clock.as_nanosecond()).unwrap_or_default();
        self.last_stamp = nanos.max(self.last_stamp.saturating_add(1));
        self.last_stamp
    }
}

impl Entry {
    fn repeat(&mut self, now: Instant) -> Decision {
        self.seen = now;
        self.count = self.count.saturating_add(1);
        if self.patched.is_some_and(|at| now.duration_since(at) < PATCH_EVERY) {
            return Decision::Keep;
        }
        self.patched = Some(now);
        Decision::Patch { stamp: self.stamp, count: self.count, first: self.first }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use tokio::time::Instant;

    use super::{Decision, Memory};

    fn at(memory: &mut Memory, begin: Instant, seconds: u64) -> &'static str {
        match memory.decide(1, begin + Duration::from_secs(seconds), Timestamp::UNIX_EPOCH) {
            Decision::Create { .. } => "create",
            Decision::Patch { count, .. } => Box::leak(format!("patch {count}").into_boxed_str()),
            Decision::Keep => "keep",
        }
    }

    #[test]
    fn the_first_repeat_is_patched_and_then_one_in_five_minutes() {
        let (mut memory, begin) = (Memory::new(), Instant::now());
        let told: Vec<_> = [0, 1, 3, 7, 300, 301, 400, 602].map(|seconds| at(&mut memory, begin, seconds)).into();
        assert_eq!(told, ["create", "patch 2", "keep", "keep", "keep", "patch 6", "keep", "patch 8"]);
    }

    #[test]
    fn after_ten_quiet_minutes_an_event_is_new() {
        let (mut memory, begin) = (Memory::new(), Instant::now());
        assert_eq!(at(&mut memory, begin, 0), "create");
        assert_eq!(at(&mut memory, begin, 600), "patch 2");
        assert_eq!(at(&mut memory, begin, 1201), "create");
    }

    #[test]
    fn no_two_events_get_the_same_stamp_and_old_ones_are_forgotten() {
        let (mut memory, begin) = (Memory::new(), Instant::now());
        let mut stamps = std::collections::BTreeSet::new();
        for key in 0..5000 {
            if let Decision::Create { stamp } = memory.decide(key, begin, Timestamp::UNIX_EPOCH) {
                stamps.insert(stamp);
            }
        }
        assert_eq!(stamps.len(), 5000);
        assert_eq!(memory.entries.len(), 4096);
        assert!(matches!(memory.decide(0, begin, Timestamp::UNIX_EPOCH), Decision::Create { .. }));
        assert!(matches!(memory.decide(4999, begin, Timestamp::UNIX_EPOCH), Decision::Patch { .. }));
    }
}
