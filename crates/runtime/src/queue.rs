//! The work queue: which object a worker takes up next.
//!
//! Semantics follow client-go's work queue where the two overlap: a key that waits is handed out once however often it was added,
//! a key in work is never handed out a second time, and one that was added meanwhile is handed out again after its ticket is
//! dropped. On top stand lanes (how urgent), timers and per-key retries (ESO: 1 s doubling, at most 7 min; core.md §0.4).
//!
//! Cost of an idle key with a timer: one slot in a hash map, one entry in an ordered map, and the key itself, once. There is no
//! task and no timer of the async runtime per key.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::metrics::{Metrics, QueueMetrics};

/// First delay of [`Queue::retry`].
const RETRY_BASE: Duration = Duration::from_secs(1);
/// Longest delay of [`Queue::retry`].
const RETRY_CAP: Duration = Duration::from_mins(7);

/// How urgent a piece of work is. The order of the variants is the order of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Somebody waits for a Secret that has never been there.
    NeverSynced,
    /// Somebody asked for it, by annotation.
    Forced,
    /// The object was edited.
    SpecChanged,
    /// The managed Secret was changed by somebody else.
    Drift,
    /// It is simply time again.
    Periodic,
}

/// A queue of keys. Clones are handles to the same queue.
pub struct Queue<K: Clone + Eq + Hash + Ord> {
    shared: Arc<Shared<K>>,
}

impl<K: Clone + Eq + Hash + Ord> Clone for Queue<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

struct Shared<K: Clone + Eq + Hash + Ord> {
    state: Mutex<State<K>>,
    wake: Notify,
    metrics: QueueMetrics,
}

/// Place in the order of service: lane first, then first come, first served.
type Place = (Lane, u64);
/// Place in the order of timers: milliseconds since the queue was made, then a number that makes it unique.
type Due = (u64, u64);

struct State<K> {
    born: Instant,
    closed: bool,
    counter: u64,
    slots: HashMap<Arc<K>, Slot>,
    ready: BTreeMap<Place, (Arc<K>, Instant)>,
    timers: BTreeMap<Due, (Arc<K>, Lane)>,
}

/// What is known of one key. A slot with nothing in it is removed.
#[derive(Default)]
struct Slot {
    /// Where the key waits, or will wait once its ticket is dropped.
    place: Option<Place>,
    timer: Option<Due>,
    failures: u32,
    in_work: bool,
}

impl Slot {
    fn is_idle(&self) -> bool {
        self.place.is_none() && self.timer.is_none() && self.failures == 0 && !self.in_work
    }
}

/// A key that was handed out. Dropping it says that the work is done, whatever came of it.
pub struct Ticket<K: Clone + Eq + Hash + Ord> {
    shared: Arc<Shared<K>>,
    key: Arc<K>,
    lane: Lane,
    waited: Duration,
    began: Instant,
}

impl<K: Clone + Eq + Hash + Ord> Queue<K> {
    /// An empty queue; `name` is the value of the label `name` of its `workqueue_*` metrics.
    pub fn new(name: &str, metrics: &Metrics) -> Self {
        let state = State {
            born: Instant::now(),
            closed: false,
            counter: 0,
            slots: HashMap::new(),
            ready: BTreeMap::new(),
            timers: BTreeMap::new(),
        };
        let shared = Shared { state: Mutex::new(state), wake: Notify::new(), metrics: metrics.queue(name) };
        Self { shared: Arc::new(shared) }
    }

    /// Makes `key` wait in `lane`. A key that waits already keeps the more urgent of the two lanes; timers of the key stay.
    pub fn add(&self, key: K, lane: Lane) {
        let mut state = self.shared.state.lock();
        if state.closed {
            return;
        }
        let key = state.intern(key);
        self.shared.push(&mut state, &key, lane);
    }

    /// Adds `key` to `lane` after `wait`. A key has one timer: the latest call replaces an earlier one, be it sooner or later,
    /// because the latest pass over an object knows best when it wants to come back.
    pub fn add_after(&self, key: K, wait: Duration, lane: Lane) {
        let mut state = self.shared.state.lock();
        if state.closed {
            return;
        }
        let key = state.intern(key);
        state.cancel_timer(&key);
        if wait.is_zero() {
            self.shared.push(&mut state, &key, lane);
            return;
        }
        state.set_timer(key, wait, lane);
        drop(state);
        self.shared.wake.notify_one();
    }

    /// Adds `key` after a delay that doubles with each call since the last [`Queue::forget`], and tells the delay.
    pub fn retry(&self, key: K, lane: Lane) -> Duration {
        let wait = {
            let mut state = self.shared.state.lock();
            if state.closed {
                return RETRY_CAP;
            }
            let key = state.intern(key.clone());
            state.count_failure(&key)
        };
        self.shared.metrics.retries.inc();
        self.add_after(key, wait, lane);
        wait
    }

    /// Forgets the failures of `key`: the next [`Queue::retry`] starts at the shortest delay again. Timers stay.
    pub fn forget(&self, key: &K) {
        let mut state = self.shared.state.lock();
        if let Some(slot) = state.slots.get_mut(key) {
            slot.failures = 0;
            state.release(key);
        }
    }

    /// Drops timer and failures of `key`, because its object is gone. A key that waits is still handed out, so that its last
    /// pass can tidy up.
    pub fn remove(&self, key: &K) {
        let mut state = self.shared.state.lock();
        state.cancel_timer(key);
        if let Some(slot) = state.slots.get_mut(key) {
            slot.failures = 0;
            state.release(key);
        }
    }

    /// The most urgent key, as soon as there is one; `None` once the queue is closed. Safe to cancel.
    pub async fn next(&self) -> Option<Ticket<K>> {
        loop {
            let woken = self.shared.wake.notified();
            let due = match self.shared.take() {
                Taken::Closed => return None,
                Taken::Key(ticket) => return Some(ticket),
                Taken::Nothing(due) => due,
            };
            match due {
                Some(due) => {
                    tokio::select! {
                        () = woken => {}
                        () = tokio::time::sleep_until(due) => {}
                    }
                }
                None => woken.await,
            }
        }
    }

    /// Ends the queue: waiting keys and timers are dropped, [`Queue::next`] gives `None`, tickets stay valid.
    pub fn close(&self) {
        let mut state = self.shared.state.lock();
        state.closed = true;
        state.ready = BTreeMap::new();
        state.timers = BTreeMap::new();
        state.slots = HashMap::new();
        drop(state);
        self.shared.metrics.depth.set(0);
        self.shared.wake.notify_waiters();
    }

    /// How many keys could be handed out now.
    pub fn len(&self) -> usize {
        self.shared.state.lock().ready.len()
    }

    /// Whether no key could be handed out now.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

enum Taken<K: Clone + Eq + Hash + Ord> {
    Key(Ticket<K>),
    /// Nothing waits; the next timer is due then.
    Nothing(Option<Instant>),
    Closed,
}

impl<K: Clone + Eq + Hash + Ord> Shared<K> {
    /// Makes a key wait, or marks it to wait after the work on it.
    fn push(&self, state: &mut State<K>, key: &Arc<K>, lane: Lane) {
        let counter = state.count();
        let Some(slot) = state.slots.get_mut(key) else { return };
        match slot.place {
            Some((present, _)) if present <= lane => return,
            Some(place) => {
                slot.place = Some((lane, counter));
                if !slot.in_work {
                    let since = state.ready.remove(&place).map_or_else(Instant::now, |(_, since)| since);
                    state.ready.insert((lane, counter), (Arc::clone(key), since));
                }
                return;
            }
            None => slot.place = Some((lane, counter)),
        }
        self.metrics.adds.inc();
        if !slot.in_work {
            self.show(state, (lane, counter), Arc::clone(key));
        }
    }

    /// Lets workers see a waiting key.
    fn show(&self, state: &mut State<K>, place: Place, key: Arc<K>) {
        state.ready.insert(place, (key, Instant::now()));
        self.metrics.depth.set(i64::try_from(state.ready.len()).unwrap_or(i64::MAX));
        self.wake.notify_one();
    }

    fn take(self: &Arc<Self>) -> Taken<K> {
        let mut state = self.state.lock();
        if state.closed {
            return Taken::Closed;
        }
        while let Some((key, lane)) = state.pop_due() {
            self.push(&mut state, &key, lane);
        }
        let Some(((lane, _), (key, since))) = state.ready.pop_first() else {
            return Taken::Nothing(state.next_due());
        };
        if let Some(slot) = state.slots.get_mut(&key) {
            slot.place = None;
            slot.in_work = true;
        }
        self.metrics.depth.set(i64::try_from(state.ready.len()).unwrap_or(i64::MAX));
        let timers_left = !state.timers.is_empty();
        drop(state);
        if timers_left {
            // The sleep for the next timer ends with this call; another waiting worker has to take it over.
            self.wake.notify_one();
        }
        let waited = since.elapsed();
        self.metrics.waited.observe(waited.as_secs_f64());
        Taken::Key(Ticket { shared: Arc::clone(self), key, lane, waited, began: Instant::now() })
    }
}

impl<K: Clone + Eq + Hash + Ord> State<K> {
    fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// The shared copy of `key`, with a slot.
    fn intern(&mut self, key: K) -> Arc<K> {
        if let Some((known, _)) = self.slots.get_key_value(&key) {
            return Arc::clone(known);
        }
        let key = Arc::new(key);
        self.slots.insert(Arc::clone(&key), Slot::default());
        key
    }

    /// Drops the slot of `key` when nothing is left to remember.
    fn release(&mut self, key: &K) {
        if self.slots.get(key).is_some_and(Slot::is_idle) {
            self.slots.remove(key);
        }
    }

    fn set_timer(&mut self, key: Arc<K>, wait: Duration, lane: Lane) {
        let after = Instant::now().duration_since(self.born).saturating_add(wait);
        // Rounded up, so that a timer never fires early.
        let millis = u64::try_from(after.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
        let due = (millis, self.count());
        if let Some(slot) = self.slots.get_mut(&key) {
            slot.timer = Some(due);
            self.timers.insert(due, (key, lane));
        }
    }

    fn cancel_timer(&mut self, key: &K) {
        if let Some(due) = self.slots.get_mut(key).and_then(|slot| slot.timer.take()) {
            self.timers.remove(&due);
        }
    }

    fn pop_due(&mut self) -> Option<(Arc<K>, Lane)> {
        let now = u64::try_from(Instant::now().duration_since(self.born).as_millis()).unwrap_or(u64::MAX);
        let first = self.timers.first_entry()?;
        if first.key().0 > now {
            return None;
        }
        let (key, lane) = first.remove();
        if let Some(slot) = self.slots.get_mut(&key) {
            slot.timer = None;
        }
        Some((key, lane))
    }

    fn next_due(&self) -> Option<Instant> {
        let ((millis, _), _) = self.timers.first_key_value()?;
        // A timer beyond what the clock can express is as good as none; the far future keeps the sleep valid.
        let wait = Duration::from_millis(*millis);
        Some(self.born.checked_add(wait).unwrap_or_else(|| Instant::now() + Duration::from_hours(24)))
    }

    fn count_failure(&mut self, key: &K) -> Duration {
        let Some(slot) = self.slots.get_mut(key) else { return RETRY_BASE };
        let wait = RETRY_BASE.saturating_mul(2_u32.saturating_pow(slot.failures)).min(RETRY_CAP);
        slot.failures = slot.failures.saturating_add(1);
        wait
    }
}

impl<K: Clone + Eq + Hash + Ord> Ticket<K> {
    /// What to work on.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// The lane it was taken from.
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// How long it stood in line, from the moment it could have been handed out.
    pub fn waited(&self) -> Duration {
        self.waited
    }
}

impl<K: Clone + Eq + Hash + Ord> Drop for Ticket<K> {
    fn drop(&mut self) {
        self.shared.metrics.worked.observe(self.began.elapsed().as_secs_f64());
        let mut state = self.shared.state.lock();
        let Some(slot) = state.slots.get_mut(&self.key) else { return };
        slot.in_work = false;
        match slot.place {
            Some(place) => self.shared.show(&mut state, place, Arc::clone(&self.key)),
            None => state.release(&self.key),
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
