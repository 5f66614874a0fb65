//! Objects kept from the event that made them due, so that they need not be read again when their turn comes soon.

use std::collections::HashMap;
use std::sync::Arc;

use eso_core::crd::ExternalSecret;

use super::Key;

/// At most this many objects are kept; the others are read again. A few kilobytes each.
const CAPACITY: usize = 256;

/// See the module.
#[derive(Default)]
pub(crate) struct InHand {
    objects: HashMap<Key, Arc<ExternalSecret>>,
}

impl InHand {
    /// Whether another object would fit.
    pub fn has_room(&self) -> bool {
        self.objects.len() < CAPACITY
    }

    /// Keeps an object; without room it is dropped, and read again later.
    pub fn put(&mut self, key: Key, object: Arc<ExternalSecret>) {
        if self.has_room() || self.objects.contains_key(&key) {
            self.objects.insert(key, object);
        }
    }

    /// Takes an object out.
    pub fn take(&mut self, key: &Key) -> Option<Arc<ExternalSecret>> {
        let object = self.objects.remove(key);
        if self.objects.is_empty() {
            self.objects.shrink_to(CAPACITY / 8);
        }
        object
    }
}
