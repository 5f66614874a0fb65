//! `ConfigMap`s and Secrets that hold templates: who uses them, and whose changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use eso_plan::externalsecret::SourceKind;
use tokio::sync::Notify;

use super::Key;

/// An object that holds templates.
pub(crate) type SourceId = (SourceKind, Key);

/// See the module.
#[derive(Default)]
pub(crate) struct TemplateSources {
    users: BTreeSet<(SourceId, Key)>,
    by_user: HashMap<Key, Vec<SourceId>>,
    /// Resource version of each that is used, as far as it was seen.
    versions: BTreeMap<SourceId, u64>,
    /// Users who have not been synced since a source changed, with the number of that change.
    stale: HashMap<Key, u64>,
    changes: u64,
    config_maps: Arc<Notify>,
    secrets: Arc<Notify>,
}

impl TemplateSources {
    /// Takes note of what an object uses.
    pub fn set(&mut self, user: &Key, sources: Vec<SourceId>) {
        if self.by_user.get(user).map_or(&[][..], Vec::as_slice) == sources {
            return;
        }
        self.remove(user);
        for (kind, _) in &sources {
            self.wanted(*kind).notify_one();
        }
        self.users.extend(sources.iter().map(|source| (source.clone(), user.clone())));
        if !sources.is_empty() {
            self.by_user.insert(user.clone(), sources);
        }
    }

    /// Forgets an object that used some.
    pub fn remove(&mut self, user: &Key) {
        self.stale.remove(user);
        for source in self.by_user.remove(user).unwrap_or_default() {
            self.users.remove(&(source.clone(), user.clone()));
            if self.users_of(&source).is_empty() {
                self.versions.remove(&source);
            }
        }
    }

    /// Rung once somebody uses a source of this kind: until then, none needs to be watched.
    pub fn wanted(&self, kind: SourceKind) -> &Arc<Notify> {
        match kind {
            SourceKind::ConfigMap => &self.config_maps,
            SourceKind::Secret => &self.secrets,
        }
    }

    /// Takes note of a source as a list shows it. Gives who is stale now: nobody when it is seen for the first time.
    pub fn listed(&mut self, source: &SourceId, version: u64) -> Vec<Key> {
        match self.versions.get(source) {
            Some(known) if *known != version => self.changed(source, version),
            Some(_) => Vec::new(),
            None => {
                self.note(source, version);
                Vec::new()
            }
        }
    }

    /// Takes note of a source that came, changed, or went (version 0). Gives who is stale now.
    pub fn changed(&mut self, source: &SourceId, version: u64) -> Vec<Key> {
        if self.versions.get(source) == Some(&version) {
            return Vec::new();
        }
        self.note(source, version);
        let users = self.users_of(source);
        self.changes += 1;
        self.stale.extend(users.iter().map(|user| (user.clone(), self.changes)));
        users
    }

    /// The number of the last change that this object has not been synced since.
    pub fn stale(&self, user: &Key) -> Option<u64> {
        self.stale.get(user).copied()
    }

    /// The object was synced after that change.
    pub fn synced(&mut self, user: &Key, change: u64) {
        if self.stale(user) == Some(change) {
            self.stale.remove(user);
        }
    }

    fn note(&mut self, source: &SourceId, version: u64) {
        if !self.users_of(source).is_empty() {
            self.versions.insert(source.clone(), version);
        }
    }

    fn users_of(&self, source: &SourceId) -> Vec<Key> {
        let from = (source.clone(), Key::least());
        self.users.range(from..).take_while(|(used, _)| used == source).map(|(_, user)| user.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str) -> SourceId {
        (SourceKind::ConfigMap, Key::new("ns", name))
    }

    #[test]
    fn a_change_makes_its_users_stale_until_they_are_synced_after_it() {
        let (mut sources, user, other) = (TemplateSources::default(), Key::new("ns", "es"), Key::new("ns", "other"));
        sources.set(&user, vec![source("a"), source("b")]);
        sources.set(&other, vec![source("b")]);
        assert_eq!(sources.listed(&source("a"), 1), [], "it is only noted");
        assert_eq!(sources.changed(&source("a"), 1), [], "the same again");
        assert_eq!(sources.changed(&source("a"), 2), std::slice::from_ref(&user));
        let first = sources.stale(&user).unwrap();
        assert_eq!(sources.changed(&source("b"), 3), [user.clone(), other.clone()]);
        sources.synced(&user, first);
        assert!(sources.stale(&user).is_some(), "it changed again meanwhile");
        sources.synced(&user, sources.stale(&user).unwrap());
        assert_eq!(sources.stale(&user), None);
        sources.remove(&other);
        assert_eq!(sources.stale(&other), None);
        assert_eq!(sources.changed(&source("b"), 0), [user], "it went");
    }

    #[test]
    fn a_list_shows_what_changed_while_nobody_watched() {
        let (mut sources, user) = (TemplateSources::default(), Key::new("ns", "es"));
        sources.set(&user, vec![source("a")]);
        sources.listed(&source("a"), 1);
        assert_eq!(sources.listed(&source("a"), 1), []);
        assert_eq!(sources.listed(&source("a"), 5), [user]);
    }

    #[test]
    fn what_nobody_uses_is_not_kept() {
        let (mut sources, user) = (TemplateSources::default(), Key::new("ns", "es"));
        sources.listed(&source("a"), 1);
        assert_eq!(sources.changed(&source("a"), 2), []);
        assert!(sources.versions.is_empty());
        sources.set(&user, vec![source("a")]);
        sources.changed(&source("a"), 3);
        sources.set(&user, Vec::new());
        assert!(sources.versions.is_empty() && sources.users.is_empty() && sources.by_user.is_empty());
    }
}
