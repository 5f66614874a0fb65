//! A small world around one `ExternalSecret`: its stores, its backend, its namespace's Secrets and a clock.
//!
//! [`World::turn`] plays what the controller does: needs, answers, plan, writes, conclude, and folds the result back into the
//! object's status and the Secrets, so that stories of several steps read like sentences. Every plan on the way is audited.

mod api_server;
mod backend;
pub mod given;

use std::collections::BTreeMap;
use std::sync::Arc;

use eso_core::crd::{DataEntry, DataFromEntry, ExternalSecret, ExternalSecretSpec, RemoteRef, StoreRef, Time};
use eso_core::provider::StoreKind;
use eso_core::{Fault, SecretMap, hash, names};
use eso_plan::externalsecret::{
    AnyObject, Conclusion, ManifestSeen, Need, Outcome, Plan, ReadTarget, Request, Seen, Settings, SourceKey, Sources,
    TargetFacts, TargetSeen, TemplateSettings, Why, Write, audit, conclude, finalize, manifest_to_read, needs, plan,
    source_keys, store_keys, target_name,
};
use eso_plan::store::{StoreFacts, StoreKey, StoreSeen};
use eso_plan::{EventDraft, Requeue, SecretObject, duplicate_map};
use eso_template::Host;
use jiff::{SignedDuration, Timestamp};

pub use api_server::ApiServer;
pub use backend::{Backend, Content};

/// Time stands still and randomness is not random.
pub struct FixedHost;

impl Host for FixedHost {
    fn now(&self) -> std::time::Duration {
        std::time::Duration::from_secs(1_700_000_000)
    }

    fn elapsed(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }

    fn random(&mut self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

/// Manager of edits that are not ours.
const SOMEBODY: &str = "kubectl-edit";

/// See the module. The fields are open: a test bends whatever it is about.
pub struct World {
    pub object: ExternalSecret,
    pub now: Timestamp,
    pub settings: Settings,
    pub namespace_labels: BTreeMap<String, String>,
    pub stores: BTreeMap<StoreKey, StoreFacts>,
    pub backend: Backend,
    pub api: ApiServer,
    /// Objects that hold templates.
    pub sources: Sources,
    /// Whether one of them changed since the last sync.
    pub sources_changed: bool,
    /// Whether the object still exists.
    pub exists: bool,
}

/// What one turn did.
#[derive(Debug)]
pub struct Turn {
    /// Another operator's object: nothing was done at all.
    pub skipped: bool,
    /// Why the backend was read, if it was.
    pub why: Option<Why>,
    /// What was read.
    pub requests: Vec<Request>,
    /// As `create out`, `replace out`, `delete out`, `let go`; those that went through.
    pub writes: Vec<String>,
    /// As `Normal Created: secret created`.
    pub events: Vec<String>,
    pub status_written: bool,
    pub failed: bool,
    pub requeue: Requeue,
}

impl World {
    /// `ExternalSecret` g004/es: key `k` of Secret `out` is key `plain` ("hello") of store `st`, every hour. Nothing happened yet.
    ///
    /// Namespace, names and values are those of a recorded world of ESO 2.9, so that its hashes can be expected here.
    pub fn new() -> Self {
        let mut object = ExternalSecret::new("es", ExternalSecretSpec::default());
        // `new` gives the object the labels of its definition.
        object.metadata.labels = None;
        object.metadata.namespace = Some("g004".to_owned());
        object.metadata.uid = Some("es-uid-1".to_owned());
        object.metadata.generation = Some(1);
        object.metadata.resource_version = Some("7".to_owned());
        object.spec.target.name = Some("out".to_owned());
        object.spec.refresh_interval = Some("1h".to_owned());
        object.spec.secret_store_ref = Some(StoreRef { name: Some("st".to_owned()), kind: None });
        object.spec.data = Some(vec![entry("k", "plain")]);
        let world = Self {
            object,
            now: noon(),
            settings: Settings {
                controller_class: "default".to_owned(),
                flood_gate: true,
                cluster_stores: true,
                generic_targets: true,
                template: TemplateSettings::default(),
            },
            namespace_labels: text_map(&[(names::NAMESPACE_NAME_LABEL, "g004")]),
            stores: BTreeMap::new(),
            backend: Backend::default(),
            api: ApiServer::default(),
            sources: Sources::new(),
            sources_changed: false,
            exists: true,
        };
        world.ready_store(StoreKind::SecretStore, "st").holds("plain", "hello")
    }

    /// A world that was synced once and is in step.
    pub fn synced() -> Self {
        let mut world = Self::new();
        world.sync();
        world
    }

    /// Bends the spec before anything happened.
    pub fn with(mut self, bend: impl FnOnce(&mut ExternalSecretSpec)) -> Self {
        bend(&mut self.object.spec);
        self
    }

    pub fn ready_store(mut self, kind: StoreKind, name: &str) -> Self {
        let facts = StoreFacts { ready: true, ..StoreFacts::default() };
        self.stores.insert(StoreKey { kind, name: name.to_owned() }, facts);
        self
    }

    /// Store `st` holds `value` under `key`.
    pub fn holds(mut self, key: &str, value: &str) -> Self {
        self.put(key, Content::Value(value.as_bytes().to_vec()));
        self
    }

    /// Store `st` holds a JSON object under `key`.
    pub fn holds_map(mut self, key: &str, members: &[(&str, &str)]) -> Self {
        let members = members.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()));
        self.put(key, Content::Map(members.collect()));
        self
    }

    pub fn put(&mut self, key: &str, content: Content) {
        self.backend.0.insert(("st".to_owned(), key.to_owned()), content);
    }

    pub fn put_text(&mut self, key: &str, value: &str) {
        self.put(key, Content::Value(value.as_bytes().to_vec()));
    }

    pub fn vanish(&mut self, key: &str) {
        self.backend.0.remove(&("st".to_owned(), key.to_owned())).expect("it was there");
    }

    pub fn store_mut(&mut self, kind: StoreKind, name: &str) -> &mut StoreFacts {
        self.stores.get_mut(&StoreKey { kind, name: name.to_owned() }).expect("the store exists")
    }

    /// Edits the object's spec, as a person would.
    pub fn edit(&mut self, change: impl FnOnce(&mut ExternalSecretSpec)) {
        change(&mut self.object.spec);
        *self.object.metadata.generation.as_mut().unwrap() += 1;
    }

    pub fn annotate(&mut self, key: &str, value: &str) {
        self.object.metadata.annotations.get_or_insert_default().insert(key.to_owned(), value.to_owned());
    }

    pub fn label(&mut self, key: &str, value: &str) {
        self.object.metadata.labels.get_or_insert_default().insert(key.to_owned(), value.to_owned());
    }

    pub fn unlabel(&mut self, key: &str) {
        self.object.metadata.labels.as_mut().unwrap().remove(key).expect("it was labelled");
    }

    pub fn wait(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// Somebody else makes a Secret.
    pub fn somebody_creates(&mut self, name: &str, data: &[(&str, &str)], bend: impl FnOnce(&mut SecretObject)) {
        let mut secret = SecretObject::default();
        secret.metadata.name = Some(name.to_owned());
        secret.metadata.namespace.clone_from(&self.object.metadata.namespace);
        secret.data = secret_map(data);
        bend(&mut secret);
        self.api.store(SOMEBODY, secret);
    }

    /// Somebody else edits a Secret.
    pub fn somebody_edits(&mut self, name: &str, change: impl FnOnce(&mut SecretObject)) {
        let mut secret = self.secret(name).duplicate();
        change(&mut secret);
        self.api.store(SOMEBODY, secret);
    }

    /// Somebody deletes the object; without finalizers it goes at once and the garbage collector runs.
    pub fn somebody_deletes_the_object(&mut self) {
        self.object.metadata.deletion_timestamp = Some(Time(self.now));
        self.collect_garbage();
    }

    /// The object is made anew from the same manifest.
    pub fn recreate_the_object(&mut self) {
        self.object.metadata.uid = Some("es-uid-2".to_owned());
        self.object.metadata.generation = Some(1);
        self.object.metadata.deletion_timestamp = None;
        self.object.status = None;
        self.exists = true;
    }

    fn collect_garbage(&mut self) {
        let metadata = &self.object.metadata;
        if metadata.deletion_timestamp.is_none() || !metadata.finalizers.clone().unwrap_or_default().is_empty() {
            return;
        }
        self.exists = false;
        let uid = metadata.uid.clone().unwrap();
        self.api.secrets.retain(|_, secret| {
            let owners = secret.metadata.owner_references.clone().unwrap_or_default();
            owners.is_empty() || owners.iter().any(|owner| owner.uid != uid)
        });
    }

    /// Plays until no more haste is asked for.
    pub fn turn(&mut self) -> Turn {
        let mut turn = self.step(Look::Index);
        for _ in 0..3 {
            if turn.requeue != Requeue::Now {
                return turn;
            }
            let next = self.step(Look::Cluster);
            turn = Turn {
                writes: [turn.writes, next.writes].concat(),
                events: [turn.events, next.events].concat(),
                requests: next.requests,
                status_written: turn.status_written || next.status_written,
                ..next
            };
        }
        panic!("no end in sight: {turn:?}");
    }

    /// A turn that reads the backend and leaves the object in step.
    pub fn sync(&mut self) -> Turn {
        let turn = self.turn();
        assert!(turn.why.is_some() && !turn.failed && self.ready().0 == "True", "{turn:?} {:?}", self.object.status);
        turn
    }

    /// A turn that finds nothing to do.
    pub fn rest(&mut self) -> Turn {
        let turn = self.turn();
        assert!(!turn.skipped && turn.why.is_none(), "{turn:?}");
        assert_eq!((&turn.writes, &turn.events, turn.status_written), (&vec![], &vec![], false));
        turn
    }

    /// One pass, as the controller makes it: a Secret that is not in the index is not read, unless its creation was refused.
    pub fn step(&mut self, look: Look) -> Turn {
        let indexed = self.indexed_target();
        let known = look == Look::Cluster || !matches!(indexed, TargetSeen::Absent);
        let seen = self.seen(if look == Look::Cluster { self.live_target() } else { indexed });
        let mut requests = Vec::new();
        let mut why = None;
        let (seen, plan) = match needs(&seen) {
            Need::Skip => return Turn::skipped(),
            Need::Settled(plan) => (seen, *plan),
            Need::Finalize => {
                let seen = self.seen(self.live_target());
                let plan = finalize(&seen);
                (seen, plan)
            }
            Need::Fetch(fetch) => {
                let read = match fetch.target {
                    ReadTarget::Always => true,
                    ReadTarget::Known => known,
                    ReadTarget::Never => false,
                };
                let seen = self.seen(if read { self.live_target() } else { TargetSeen::Absent });
                let answers = fetch.requests.iter().map(|request| self.backend.answer(request)).collect();
                let plan = plan(&seen, answers, &mut FixedHost);
                (requests, why) = (fetch.requests, Some(fetch.why));
                (seen, plan)
            }
        };
        assert_eq!(audit(&seen, &plan), Vec::<String>::new(), "{plan:?}");
        let (outcome, conclusion) = self.carry_out(&seen, &plan);
        Turn {
            skipped: false,
            why,
            requests,
            writes: plan.writes.iter().take(outcome.applied).map(verb).collect(),
            events: conclusion.events.iter().map(shown).collect(),
            status_written: conclusion.status.is_some(),
            failed: conclusion.failed,
            requeue: conclusion.requeue,
        }
    }

    fn carry_out(&mut self, seen: &Seen, plan: &Plan) -> (Outcome, Conclusion) {
        let manager = names::secret_field_manager(seen.name());
        let outcome = self.api.apply(&manager, &plan.writes);
        for write in plan.writes.iter().take(outcome.applied) {
            if let Write::RemoveFinalizer { remaining, resource_version } = write {
                assert_eq!(self.object.metadata.resource_version.as_ref(), Some(resource_version));
                self.object.metadata.finalizers = Some(remaining.clone());
            }
        }
        self.collect_garbage();
        let conclusion = conclude(seen, plan, &outcome);
        if let Some(status) = conclusion.status.clone() {
            assert_ne!(self.object.status.as_ref(), Some(&status), "a status is written that is there already");
            self.object.status = Some(status);
        }
        (outcome, conclusion)
    }

    /// Everything that a decision may look at, with this view of the target.
    pub fn seen(&self, target: TargetSeen) -> Seen {
        let stores = store_keys(&self.object).into_iter().map(|key| {
            let store = self.stores.get(&key).cloned().map_or(StoreSeen::Missing, StoreSeen::Present);
            (key, store)
        });
        let mut seen = Seen {
            object: Arc::new(self.object.clone()),
            now: self.now,
            target,
            manifest: ManifestSeen::Unread,
            strays: self.strays(),
            sources: Arc::new(self.sources_read()),
            sources_changed: self.sources_changed,
            stores: stores.collect(),
            namespace_labels: self.namespace_labels.clone(),
            settings: Arc::new(self.settings.clone()),
        };
        if let Some(key) = manifest_to_read(&seen) {
            let object = self.api.objects.get(&key.name);
            let read = |object: &serde_json::Value| ManifestSeen::Read(Arc::new(AnyObject(object.clone())));
            seen.manifest = object.map_or(ManifestSeen::Absent, read);
        }
        seen
    }

    /// What the API server has of the objects that the template names.
    fn sources_read(&self) -> Sources {
        let keys = self.object.spec.target.template.as_ref().map(source_keys).unwrap_or_default();
        let read = |key: &SourceKey| self.sources.get(key).and_then(Option::as_ref).map(duplicate_map);
        keys.into_iter().map(|key| (key.clone(), read(&key))).collect()
    }

    /// What the index knows: managed Secrets only, and of those no data.
    pub fn indexed_target(&self) -> TargetSeen {
        match self.api.secrets.get(target_name(&self.object)).filter(|secret| is_managed(secret)) {
            None => TargetSeen::Absent,
            Some(secret) => {
                let data = secret.data.iter().map(|(key, value)| (key.as_str(), value.expose()));
                let declared =
                    secret.metadata.annotations.as_ref().and_then(|all| all.get(names::DATA_HASH_ANNOTATION));
                TargetSeen::Indexed(TargetFacts { intact: declared == Some(&hash::data_hash(data)) })
            }
        }
    }

    /// What the API server says, whoever manages it.
    pub fn live_target(&self) -> TargetSeen {
        match self.api.secrets.get(target_name(&self.object)) {
            None => TargetSeen::Absent,
            Some(secret) => TargetSeen::Read(Arc::new(secret.duplicate())),
        }
    }

    fn strays(&self) -> Vec<(String, String)> {
        let metadata = &self.object.metadata;
        let owner = hash::owner_hash(metadata.namespace.as_deref().unwrap(), metadata.name.as_deref().unwrap());
        let labelled = self.api.secrets.iter().filter(|(name, secret)| {
            let label = secret.metadata.labels.as_ref().and_then(|all| all.get(names::CREATED_BY_LABEL));
            is_managed(secret) && label == Some(&owner) && *name != target_name(&self.object)
        });
        labelled.map(|(name, secret)| (name.clone(), secret.metadata.uid.clone().unwrap())).collect()
    }

    /// Status, reason and message of the Ready condition.
    pub fn ready(&self) -> (&str, &str, &str) {
        let status = self.object.status.as_ref().expect("there is a status");
        let [condition] = status.conditions.as_slice() else { panic!("{:?}", status.conditions) };
        assert_eq!(condition.type_, "Ready");
        (&condition.status, condition.reason.as_deref().unwrap(), condition.message.as_deref().unwrap())
    }

    /// A Secret that exists.
    pub fn secret(&self, name: &str) -> &SecretObject {
        self.api.secrets.get(name).unwrap_or_else(|| panic!("no Secret {name}"))
    }

    /// Data of a Secret, as text.
    pub fn data(&self, name: &str) -> BTreeMap<&str, &str> {
        self.secret(name).data.iter().map(|(key, value)| (key.as_str(), value.expose_str().unwrap())).collect()
    }

    pub fn labels(&self, name: &str) -> BTreeMap<&str, &str> {
        shown_map(self.secret(name).metadata.labels.as_ref())
    }

    pub fn annotations(&self, name: &str) -> BTreeMap<&str, &str> {
        shown_map(self.secret(name).metadata.annotations.as_ref())
    }

    /// `status.refreshTime` and `status.syncedResourceVersion`.
    pub fn synced_as_of(&self) -> (Option<String>, Option<String>) {
        let status = self.object.status.as_ref().expect("there is a status");
        (status.refresh_time.as_ref().map(|time| time.0.to_string()), status.synced_resource_version.clone())
    }

    pub fn bound(&self) -> &str {
        &self.object.status.as_ref().expect("there is a status").binding.name
    }
}

/// Where a pass begins to look for the Secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// In the index of managed Secrets.
    Index,
    /// At the API server, because the index proved wrong.
    Cluster,
}

impl Turn {
    fn skipped() -> Self {
        Self {
            skipped: true,
            why: None,
            requests: Vec::new(),
            writes: Vec::new(),
            events: Vec::new(),
            status_written: false,
            failed: false,
            requeue: Requeue::Never,
        }
    }
}

/// `secretKey` is the whole of `key`.
pub fn entry(secret_key: &str, key: &str) -> DataEntry {
    let remote_ref = RemoteRef { key: key.to_owned(), ..RemoteRef::default() };
    DataEntry { secret_key: secret_key.to_owned(), remote_ref, source_ref: None }
}

/// All members of `key`.
pub fn extract(key: &str) -> DataFromEntry {
    let extract = Some(RemoteRef { key: key.to_owned(), ..RemoteRef::default() });
    DataFromEntry { extract, ..DataFromEntry::default() }
}

pub fn secret_map(data: &[(&str, &str)]) -> SecretMap {
    data.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect()
}

pub fn text_map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub fn fault(kind: eso_core::FaultKind, message: &str) -> Content {
    Content::Fault(Fault::new(kind, message))
}

/// When every world begins, a quarter of a second past a whole one.
pub fn noon() -> Timestamp {
    "2026-01-01T12:00:00.25Z".parse().unwrap()
}

/// Times as Kubernetes stores them.
pub fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap()
}

fn is_managed(secret: &SecretObject) -> bool {
    secret.metadata.labels.as_ref().and_then(|all| all.get(names::MANAGED_LABEL)).is_some_and(|value| value == "true")
}

fn shown_map(map: Option<&BTreeMap<String, String>>) -> BTreeMap<&str, &str> {
    map.into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

fn verb(write: &Write) -> String {
    match write {
        Write::CreateSecret { secret } => format!("create {}", secret.metadata.name.as_deref().unwrap()),
        Write::ReplaceSecret { secret } => format!("replace {}", secret.metadata.name.as_deref().unwrap()),
        Write::DeleteSecret { name, .. } => format!("delete {name}"),
        Write::CreateObject { object } => format!("create {}", object.text("/metadata/name")),
        Write::ReplaceObject { object } => format!("replace {}", object.text("/metadata/name")),
        Write::DeleteObject { key, .. } => format!("delete {}", key.name),
        Write::RemoveFinalizer { .. } => "let go".to_owned(),
    }
}

fn shown(event: &EventDraft) -> String {
    format!("{:?} {}: {}", event.severity, event.reason, event.message)
}
