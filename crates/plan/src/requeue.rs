//! When to look at an object again.

use std::time::Duration;

/// When to look at an object again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requeue {
    /// Only when an event says so.
    Never,
    /// After this time, and the count of failures starts anew.
    After(Duration),
    /// After an exponential wait (1 s, doubling, at most 7 min): it failed.
    Backoff,
    /// At once: what was seen turned out stale.
    Now,
}

/// The interval of an object that names none, or none that can be read.
pub const DEFAULT_INTERVAL: Duration = Duration::from_hours(1);

/// First wait of the backoff, and the shortest interval that gets a timer of its own: a user's "1ns" must not keep a backend busy.
pub const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// Longest wait of the backoff.
pub const LONGEST_BACKOFF: Duration = Duration::from_mins(7);
