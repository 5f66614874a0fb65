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
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(3600);
