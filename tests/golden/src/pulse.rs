//! When something last happened in a namespace, learned from one watch per kind for all worlds together.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures::StreamExt as _;
use kube::core::{DynamicObject, PartialObjectMeta};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client, ResourceExt as _};
use tokio::task::JoinHandle;

use crate::kinds::Kind;

/// The last change of every namespace and of every cluster-wide object. Clones share it; the watches end with the last clone.
#[derive(Clone)]
pub struct Pulse {
    shared: Arc<Shared>,
}

struct Shared {
    beats: Arc<Beats>,
    watches: Vec<JoinHandle<()>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.watches.iter().for_each(JoinHandle::abort);
    }
}

#[derive(Default)]
struct Beats {
    last: Mutex<HashMap<String, Instant>>,
    events: Mutex<HashSet<String>>,
}

impl Beats {
    fn beat(&self, object: &PartialObjectMeta<DynamicObject>) {
        let place = object.namespace().unwrap_or_else(|| object.name_any());
        self.last.lock().unwrap_or_else(PoisonError::into_inner).insert(place, Instant::now());
    }

    /// Whether an Event is new: that one is counted again, as for a failure that is retried for ever, is no change.
    fn is_new_event(&self, object: &PartialObjectMeta<DynamicObject>) -> bool {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).insert(object.uid().unwrap_or_default())
    }
}

impl Pulse {
    /// Starts watching these kinds everywhere.
    pub fn feel(client: &Client, kinds: &[&Kind]) -> Self {
        let beats = Arc::new(Beats::default());
        let watches =
            kinds.iter().map(|kind| tokio::spawn(follow(client.clone(), (*kind).clone(), Arc::clone(&beats))));
        Self { shared: Arc::new(Shared { watches: watches.collect(), beats }) }
    }

    /// The last change at any of these places: namespaces, or names of cluster-wide objects.
    pub fn last<'a>(&self, places: impl IntoIterator<Item = &'a str>) -> Option<Instant> {
        let last = self.shared.beats.last.lock().unwrap_or_else(PoisonError::into_inner);
        places.into_iter().filter_map(|place| last.get(place).copied()).max()
    }
}

async fn follow(client: Client, kind: Kind, beats: Arc<Beats>) {
    let api: Api<PartialObjectMeta<DynamicObject>> = Api::all_with(client, &kind.resource);
    let mut events = watcher::watcher(api, watcher::Config::default()).default_backoff().boxed();
    let is_event = kind.resource.kind == "Event";
    while let Some(event) = events.next().await {
        match event {
            Ok(watcher::Event::Apply(object)) if !is_event || beats.is_new_event(&object) => beats.beat(&object),
            Ok(watcher::Event::Delete(object)) if !is_event => beats.beat(&object),
            // Errors are tried again by the stream itself; a list after one tells nothing new.
            _ => {}
        }
    }
}
