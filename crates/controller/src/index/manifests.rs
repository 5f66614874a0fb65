//! Who writes to which object of another kind than Secret.

use std::collections::{BTreeSet, HashMap};

use eso_plan::externalsecret::ObjectKey;

use super::Key;

/// See the module.
#[derive(Default)]
pub(crate) struct ManifestUsers {
    by_user: HashMap<Key, ObjectKey>,
    users: BTreeSet<(ObjectKey, Key)>,
}

impl ManifestUsers {
    /// Takes note of what an object writes to; gives the kind that nobody uses any more because of it.
    pub fn set(&mut self, user: &Key, object: Option<ObjectKey>) -> Option<(String, String)> {
        if self.by_user.get(user) == object.as_ref() {
            return None;
        }
        let earlier = self.by_user.remove(user);
        if let Some(earlier) = &earlier {
            self.users.remove(&(earlier.clone(), user.clone()));
        }
        if let Some(object) = object {
            self.users.insert((object.clone(), user.clone()));
            self.by_user.insert(user.clone(), object);
        }
        let kind = earlier.map(|earlier| (earlier.api_version, earlier.kind))?;
        let is_of = |object: &ObjectKey| (&object.api_version, &object.kind) == (&kind.0, &kind.1);
        if self.by_user.values().any(is_of) { None } else { Some(kind) }
    }

    /// Who writes to this object of this namespace.
    pub fn users(&self, object: &ObjectKey, namespace: &str) -> Vec<Key> {
        let from = (object.clone(), Key::least());
        let users = self.users.range(from..).take_while(|(of, _)| of == object).map(|(_, user)| user);
        users.filter(|user| &*user.namespace == namespace).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use eso_plan::externalsecret::ObjectKey;

    use super::{Key, ManifestUsers};

    #[test]
    fn an_object_leads_to_who_writes_to_it_and_a_kind_goes_with_its_last_user() {
        let object = |kind: &str| {
            let (api_version, name) = ("v1".to_owned(), "app".to_owned());
            ObjectKey { api_version, kind: kind.to_owned(), name }
        };
        let mut index = ManifestUsers::default();
        let (one, two) = (Key::new("ns", "one"), Key::new("other", "two"));
        assert_eq!(index.set(&one, Some(object("ConfigMap"))), None);
        assert_eq!(index.set(&two, Some(object("ConfigMap"))), None);
        assert_eq!(index.users(&object("ConfigMap"), "ns"), std::slice::from_ref(&one));
        assert_eq!(index.set(&one, Some(object("Widget"))), None);
        assert_eq!(index.users(&object("ConfigMap"), "ns"), []);
        assert_eq!(index.set(&two, None), Some(("v1".to_owned(), "ConfigMap".to_owned())));
        assert_eq!(index.set(&two, None), None);
    }
}
