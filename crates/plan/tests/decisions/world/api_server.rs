//! As much of an API server as the planner can tell from a real one: Secrets with UIDs, resource versions and managed fields.

use std::collections::{BTreeMap, BTreeSet};

use eso_plan::SecretObject;
use eso_plan::externalsecret::{ApiFailure, Outcome, Write};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{FieldsV1, ManagedFieldsEntry};
use serde_json::{Map, Value, json};

/// Part (`data`, `labels`, `annotations`) and key of one value that a manager can own.
type Leaf = (&'static str, String);

/// The Secrets of one namespace.
#[derive(Default)]
pub struct ApiServer {
    pub secrets: BTreeMap<String, SecretObject>,
    /// Objects of other kinds, by name.
    pub objects: BTreeMap<String, Value>,
    /// Position of the write of the next plan that is refused, and how.
    pub refuse: Option<(usize, ApiFailure)>,
    revision: u64,
}

impl ApiServer {
    /// Stores `secret` as an Update by `manager` would, and gives it the identity that it lacks.
    pub fn store(&mut self, manager: &str, mut secret: SecretObject) {
        let name = secret.metadata.name.clone().expect("a Secret without a name");
        self.revision += 1;
        secret.metadata.resource_version = Some(self.revision.to_string());
        secret.metadata.uid.get_or_insert_with(|| format!("secret-uid-{}", self.revision));
        secret.type_.get_or_insert_with(|| "Opaque".to_owned());
        let old = self.secrets.remove(&name);
        secret.metadata.managed_fields = Some(managed_fields(manager, old.as_ref(), &secret));
        self.secrets.insert(name, secret);
    }

    /// Plays a plan's writes in order, up to the first that fails.
    pub fn apply(&mut self, manager: &str, writes: &[Write]) -> Outcome {
        let refuse = self.refuse.take();
        for (applied, write) in writes.iter().enumerate() {
            let refused = refuse.as_ref().filter(|(at, _)| *at == applied).map(|(_, failure)| failure.clone());
            if let Some(failure) = refused.or_else(|| self.write(manager, write)) {
                return Outcome { applied, failure: Some(failure) };
            }
        }
        Outcome { applied: writes.len(), failure: None }
    }

    fn write(&mut self, manager: &str, write: &Write) -> Option<ApiFailure> {
        match write {
            Write::CreateSecret { secret } => {
                let taken = secret.metadata.name.as_ref().is_some_and(|name| self.secrets.contains_key(name));
                if taken {
                    return Some(ApiFailure::Exists);
                }
                self.store(manager, secret.duplicate());
            }
            Write::ReplaceSecret { secret } => {
                let live = secret.metadata.name.as_ref().and_then(|name| self.secrets.get(name));
                let Some(live) = live else { return Some(ApiFailure::Conflict) };
                if live.metadata.uid != secret.metadata.uid
                    || live.metadata.resource_version != secret.metadata.resource_version
                {
                    return Some(ApiFailure::Conflict);
                }
                if live.immutable == Some(true) && (live.data != secret.data || secret.immutable != Some(true)) {
                    return Some(ApiFailure::Refused("data: Forbidden: field is immutable".to_owned()));
                }
                self.store(manager, secret.duplicate());
            }
            Write::DeleteSecret { name, uid, .. } => {
                if self.secrets.get(name).is_some_and(|live| live.metadata.uid.as_ref() != Some(uid)) {
                    return Some(ApiFailure::Conflict);
                }
                self.secrets.remove(name);
            }
            Write::CreateObject { object } => return self.put(object.0.clone(), None),
            Write::ReplaceObject { object } => {
                let name = object.text("/metadata/name");
                let Some(live) = self.objects.get(name).cloned() else { return Some(ApiFailure::Conflict) };
                return self.put(object.0.clone(), Some(&live));
            }
            Write::DeleteObject { key, uid } => {
                if self.objects.get(&key.name).is_some_and(|live| live["metadata"]["uid"] != json!(uid)) {
                    return Some(ApiFailure::Conflict);
                }
                self.objects.remove(&key.name);
            }
            // The world removes it from the object.
            Write::RemoveFinalizer { .. } => {}
        }
        None
    }
}

impl ApiServer {
    /// Stores an object of another kind, over `live` if it is that.
    pub fn put(&mut self, mut object: Value, live: Option<&Value>) -> Option<ApiFailure> {
        let name = object["metadata"]["name"].as_str().expect("an object without a name").to_owned();
        self.revision += 1;
        match live {
            Some(live) if live["metadata"]["resourceVersion"] != object["metadata"]["resourceVersion"] => {
                return Some(ApiFailure::Conflict);
            }
            Some(_) => {}
            None if self.objects.contains_key(&name) => return Some(ApiFailure::Exists),
            None => object["metadata"]["uid"] = json!(format!("object-uid-{}", self.revision)),
        }
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        self.objects.insert(name, object);
        None
    }
}

/// Who owns what after an Update: the writer owns what changed, nobody owns what vanished, the rest stays as it was.
fn managed_fields(manager: &str, old: Option<&SecretObject>, new: &SecretObject) -> Vec<ManagedFieldsEntry> {
    let before = old.map(leaves).unwrap_or_default();
    let after = leaves(new);
    let mut owners: BTreeMap<String, BTreeSet<Leaf>> = BTreeMap::new();
    for entry in old.iter().flat_map(|old| old.metadata.managed_fields.iter().flatten()) {
        let name = entry.manager.clone().unwrap();
        for part in ["data", "labels", "annotations"] {
            let fields = &entry.fields_v1.as_ref().unwrap().0;
            let fields = if part == "data" { &fields["f:data"] } else { &fields["f:metadata"][format!("f:{part}")] };
            let keys = fields.as_object().into_iter().flat_map(Map::keys).filter_map(|key| key.strip_prefix("f:"));
            owners.entry(name.clone()).or_default().extend(keys.map(|key| (part, key.to_owned())));
        }
    }
    for owned in owners.values_mut() {
        owned.retain(|leaf| before.get(leaf) == after.get(leaf));
    }
    let changed = after.iter().filter(|(leaf, value)| before.get(leaf) != Some(value)).map(|(leaf, _)| leaf.clone());
    owners.entry(manager.to_owned()).or_default().extend(changed);
    owners.retain(|_, owned| !owned.is_empty());
    owners.into_iter().map(|(manager, owned)| entry(manager, &owned)).collect()
}

fn leaves(secret: &SecretObject) -> BTreeMap<Leaf, Vec<u8>> {
    let mut all = BTreeMap::new();
    all.extend(secret.data.iter().map(|(key, value)| (("data", key.clone()), value.expose().to_vec())));
    let texts = [("labels", &secret.metadata.labels), ("annotations", &secret.metadata.annotations)];
    for (part, map) in texts {
        all.extend(map.iter().flatten().map(|(key, value)| ((part, key.clone()), value.clone().into_bytes())));
    }
    all
}

fn entry(manager: String, owned: &BTreeSet<Leaf>) -> ManagedFieldsEntry {
    let part = |wanted: &str| {
        let keys = owned.iter().filter(|(part, _)| *part == wanted).map(|(_, key)| (format!("f:{key}"), json!({})));
        let keys: Map<String, Value> = keys.chain([(".".to_owned(), json!({}))]).collect();
        Value::Object(keys)
    };
    let fields = json!({
        "f:data": part("data"),
        "f:metadata": { "f:labels": part("labels"), "f:annotations": part("annotations") },
    });
    ManagedFieldsEntry {
        api_version: Some("v1".to_owned()),
        fields_type: Some("FieldsV1".to_owned()),
        fields_v1: Some(FieldsV1(fields)),
        manager: Some(manager),
        operation: Some("Update".to_owned()),
        subresource: None,
        time: None,
    }
}
