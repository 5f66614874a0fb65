//! A Secret as the planner sees it: whole, but unprintable.

use std::collections::{BTreeMap, BTreeSet};

use eso_core::{SecretBytes, SecretMap};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

/// All fields of a Secret, with its bytes in the type that is never printed.
#[derive(PartialEq, Default)]
pub struct SecretObject {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Data; absent and empty are the same.
    pub data: SecretMap,
    /// `type`; left to the API server when absent.
    pub type_: Option<String>,
    /// Whether the API server refuses changes.
    pub immutable: Option<bool>,
}

impl std::fmt::Debug for SecretObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.metadata.name.as_deref().unwrap_or_default();
        write!(f, "Secret({name}, keys {:?})", self.data.keys().collect::<Vec<_>>())
    }
}

impl From<Secret> for SecretObject {
    fn from(secret: Secret) -> Self {
        let data = secret.data.unwrap_or_default().into_iter().map(|(key, ByteString(bytes))| (key, bytes.into()));
        Self { metadata: secret.metadata, data: data.collect(), type_: secret.type_, immutable: secret.immutable }
    }
}

impl From<SecretObject> for Secret {
    fn from(object: SecretObject) -> Self {
        let data: BTreeMap<_, _> =
            object.data.into_iter().map(|(key, bytes)| (key, ByteString(bytes.into_vec()))).collect();
        Secret {
            metadata: object.metadata,
            data: (!data.is_empty()).then_some(data),
            type_: object.type_,
            immutable: object.immutable,
            string_data: None,
        }
    }
}

impl SecretObject {
    /// A copy for planning a change against the original.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            metadata: self.metadata.clone(),
            data: duplicate_map(&self.data),
            type_: self.type_.clone(),
            immutable: self.immutable,
        }
    }

    /// The owner that controls it.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))
    }

    /// Whether both would be stored alike: absent and empty maps are the same, and what the server maintains does not count.
    pub fn same_content(&self, other: &Self) -> bool {
        let some = |map: &Option<BTreeMap<String, String>>| map.clone().unwrap_or_default();
        self.data == other.data
            && self.type_ == other.type_
            && self.immutable.unwrap_or(false) == other.immutable.unwrap_or(false)
            && some(&self.metadata.labels) == some(&other.metadata.labels)
            && some(&self.metadata.annotations) == some(&other.metadata.annotations)
            && self.metadata.owner_references.clone().unwrap_or_default()
                == other.metadata.owner_references.clone().unwrap_or_default()
            && self.metadata.finalizers.clone().unwrap_or_default()
                == other.metadata.finalizers.clone().unwrap_or_default()
    }

    /// Names below `metadata.<part>` that `manager` wrote, by the Secret's managed fields.
    pub fn metadata_owned_by(&self, manager: &str, part: &str) -> BTreeSet<String> {
        self.owned_by(manager, &format!("/f:metadata/f:{part}"))
    }

    /// Keys of the data that `manager` wrote, likewise.
    pub fn keys_owned_by(&self, manager: &str) -> BTreeSet<String> {
        self.owned_by(manager, "/f:data")
    }

    fn owned_by(&self, manager: &str, pointer: &str) -> BTreeSet<String> {
        let entries = self.metadata.managed_fields.iter().flatten();
        entries
            .filter(|entry| entry.manager.as_deref() == Some(manager))
            .filter_map(|entry| entry.fields_v1.as_ref()?.0.pointer(pointer)?.as_object())
            .flat_map(|fields| fields.keys().filter_map(|key| key.strip_prefix("f:").map(str::to_owned)))
            .collect()
    }
}

/// A second copy of every value, where a plan needs one.
pub fn duplicate_map(map: &SecretMap) -> SecretMap {
    map.iter().map(|(key, value)| (key.clone(), SecretBytes::duplicate(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_names_and_keys_but_no_value() {
        let mut secret = SecretObject::default();
        secret.metadata.name = Some("out".to_owned());
        secret.data.insert("k".to_owned(), SecretBytes::from("canary"));
        assert_eq!(format!("{secret:?}"), "Secret(out, keys [\"k\"])");
    }

    #[test]
    fn an_absent_map_equals_an_empty_one() {
        let mut other = SecretObject::default();
        other.metadata.labels = Some(BTreeMap::new());
        assert!(SecretObject::default().same_content(&other));
    }
}
