//! Kubernetes events (core/v1, as ESO writes them; kube's recorder writes `events.k8s.io`, which the chart's role does not grant).
//!
//! Publishing never waits and never fails; [`Recorder::catch_up`] is where those wait who make many. An event that repeats is counted on the Event that is there (a PATCH), and even that at
//! most once in five minutes, so that an object which fails every second costs the API server next to nothing.

mod memory;
mod writer;

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use prometheus::{IntCounter, Opts};
use tokio::time::Instant;

use memory::{Decision, Memory};
use writer::{Job, Writers};

/// Longest message, in bytes, as the newer event API has it.
const LONGEST_MESSAGE: usize = 1024;

/// Longest time that a burst of events holds back whoever makes more of them.
const LONGEST_HOLD: Duration = Duration::from_millis(250);

/// The object that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventRef {
    /// As `external-secrets.io/v1`.
    pub api_version: String,
    /// As `ExternalSecret`.
    pub kind: String,
    /// Empty for a cluster-wide object; its events go to the namespace `default`.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// UID.
    pub uid: String,
    /// Version that was looked at.
    pub resource_version: String,
}

/// The type of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// For information.
    Normal,
    /// Somebody should look.
    Warning,
}

impl EventKind {
    /// The text in `type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// Writes events in the background. Clones share one memory and one set of writers, which end with the last clone.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    hashers: [RandomState; 2],
    memory: Mutex<Memory>,
    writers: Writers,
}

impl Recorder {
    /// Starts the writers. Needs a running async runtime.
    pub fn new(client: kube::Client) -> Self {
        let hashers = [RandomState::new(), RandomState::new()];
        let shared = Shared { hashers, memory: Mutex::new(Memory::new()), writers: Writers::start(&client) };
        Self { shared: Arc::new(shared) }
    }

    /// Hands an event to the writers; `component` is who reports it, as `external-secrets`. A message over 1024 bytes is cut. When
    /// the writers cannot keep up, the oldest waiting event is given up (`externalsecret_events_dropped_total`).
    #[allow(clippy::too_many_arguments)] // the parts of an event, each of which has a name of its own
    pub fn publish(&self, about: EventRef, kind: EventKind, reason: &str, message: &str, component: &str) {
        let message = message.split_at(message.floor_char_boundary(LONGEST_MESSAGE)).0;
        let key = self.key(&(&about.uid, &about.kind, &about.namespace, &about.name, kind, reason, message, component));
        let now = Timestamp::now();
        let decision = self.shared.memory.lock().decide(key, Instant::now(), now);
        let (stamp, count, first) = match decision {
            Decision::Create { stamp } => (stamp, 1, now),
            Decision::Patch { stamp, count, first } => (stamp, count, first),
            Decision::Keep => return,
        };
        let job = Job {
            stamp,
            count,
            first,
            last: now,
            about,
            kind,
            reason: reason.to_owned(),
            message: message.to_owned(),
            component: component.to_owned(),
        };
        self.shared.writers.queue(key, job);
    }

    /// Waits, for a quarter of a second at most, while more events wait than the writers take in a moment. Who calls this before every
    /// piece of work makes no more events than the API server takes, and goes on, slowly, when it takes none.
    pub async fn catch_up(&self) {
        let _ = tokio::time::timeout(LONGEST_HOLD, self.shared.writers.eased()).await;
    }

    /// Waits until all events are written, but no longer than `limit`.
    pub async fn flush(&self, limit: Duration) {
        if tokio::time::timeout(limit, self.shared.writers.idle()).await.is_err() {
            tracing::debug!("Some Kubernetes events could not be written before the end.");
        }
    }

    /// 128 bits in place of the texts: the memory stays small, and two events of the 4096 never meet by chance.
    fn key(&self, event: &impl Hash) -> u128 {
        let [high, low] = &self.shared.hashers;
        (u128::from(high.hash_one(event)) << 64) | u128::from(low.hash_one(event))
    }
}

/// `externalsecret_events_dropped_total`, one for the process.
pub(crate) fn dropped_total() -> &'static IntCounter {
    static TOTAL: OnceLock<IntCounter> = OnceLock::new();
    #[allow(clippy::expect_used)] // the name is a constant
    TOTAL.get_or_init(|| {
        IntCounter::with_opts(Opts::new(
            "externalsecret_events_dropped_total",
            "Number of Kubernetes events given up because the API server could not take them fast enough",
        ))
        .expect("the name is valid")
    })
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
