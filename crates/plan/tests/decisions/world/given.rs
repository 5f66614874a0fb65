//! Random worlds: specs in scope and a little beyond, Secrets of all sorts of owners, stores and backends in every state.

use eso_core::crd::{
    Condition, ConversionStrategy, CreationPolicy, DataEntry, DataFromEntry, DecodingStrategy, DeletionPolicy,
    ExternalSecretSpec, ExternalSecretStatus, NamespaceCondition, NullBytePolicy, RefreshPolicy, RemoteRef, SourceRef,
    StoreRef, StoreRefKind, Time,
};
use eso_core::provider::StoreKind;
use eso_core::{Fault, FaultKind, hash, names};
use eso_plan::SecretObject;
use eso_plan::store::{StoreFacts, StoreKey};
use jiff::SignedDuration;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::select;
use std::time::Duration;

use super::{Content, World, secret_map, text_map};

/// Every value that a backend or a Secret holds contains this word; no name and no key does.
pub const CANARY: &str = "canary";

const KEYS: [&str; 4] = ["plain", "map", "gone", "other"];
const SECRET_KEYS: [&str; 3] = ["k", "u", "tls.crt"];
const INTERVALS: [&str; 12] = ["1h", "1h", "1h", "90s", "0", "-5m", "1ns", "100ms", "1m", "2000000h", "banana", "90"];

/// A random world before it is built.
#[derive(Debug, Clone)]
pub struct Given {
    spec: ExternalSecretSpec,
    labels: Vec<(&'static str, &'static str)>,
    annotations: Vec<(&'static str, &'static str)>,
    status: Option<GivenStatus>,
    /// Whether it is being deleted, and with which finalizers.
    deleting: Option<Vec<String>>,
    secret: Option<GivenSecret>,
    strays: usize,
    stores: Vec<(StoreKind, &'static str, StoreFacts)>,
    backend: Vec<(&'static str, &'static str, Content)>,
    flood_gate: bool,
    cluster_stores: bool,
}

#[derive(Debug, Clone)]
struct GivenStatus {
    /// Seconds since the last sync; negative when it lies in the future.
    age: Option<i64>,
    version: Option<&'static str>,
    reason: &'static str,
    message: &'static str,
    bound: bool,
}

#[derive(Debug, Clone)]
struct GivenSecret {
    owners: Vec<OwnerReference>,
    immutable: Option<bool>,
    labels: Vec<(&'static str, &'static str)>,
    data: Vec<(&'static str, &'static str)>,
    /// Whether its hash annotation is that of its data.
    hashed: bool,
    by_us: bool,
}

impl Given {
    /// The world, at rest: nothing was looked at yet.
    pub fn world(&self) -> World {
        let mut world = World::new().with(|spec| *spec = self.spec.clone());
        world.object.metadata.labels = Some(text_map(&self.labels)).filter(|map| !map.is_empty());
        world.object.metadata.annotations = Some(text_map(&self.annotations)).filter(|map| !map.is_empty());
        if let Some(finalizers) = &self.deleting {
            world.object.metadata.deletion_timestamp = Some(Time(world.now));
            world.object.metadata.finalizers = Some(finalizers.clone());
        }
        world.settings.flood_gate = self.flood_gate;
        world.settings.cluster_stores = self.cluster_stores;
        world.stores = self.stores.iter().map(|(kind, name, facts)| (key(*kind, name), facts.clone())).collect();
        let contents = self
            .backend
            .iter()
            .map(|(store, key, content)| (((*store).to_owned(), (*key).to_owned()), content.clone()));
        world.backend.0 = contents.collect();
        world.object.status = self.status.as_ref().map(|status| status.build(&world));
        if let Some(secret) = &self.secret {
            secret.build(&mut world);
        }
        for number in 0..self.strays {
            let owner = hash::owner_hash("g004", "es");
            world.somebody_creates(&format!("old-{number}"), &[("k", "canary-stray")], |secret| {
                let labels = [(names::MANAGED_LABEL, "true"), (names::CREATED_BY_LABEL, owner.as_str())];
                secret.metadata.labels = Some(text_map(&labels));
            });
        }
        world
    }
}

impl GivenStatus {
    fn build(&self, world: &World) -> ExternalSecretStatus {
        let metadata = &world.object.metadata;
        let current = hash::synced_resource_version(1, metadata.annotations.as_ref(), metadata.labels.as_ref());
        let at = |age: i64| Time(super::whole_seconds(world.now - SignedDuration::from_secs(age)));
        let ready = Condition {
            type_: "Ready".to_owned(),
            status: if self.reason == "SecretSyncedError" { "False" } else { "True" }.to_owned(),
            reason: Some(self.reason.to_owned()),
            message: Some(self.message.to_owned()),
            last_transition_time: Some(at(100_000)),
        };
        let mut status = ExternalSecretStatus {
            refresh_time: self.age.map(at),
            synced_resource_version: self.version.map(|it| if it == "current" { current } else { it.to_owned() }),
            conditions: vec![ready],
            ..ExternalSecretStatus::default()
        };
        if self.bound {
            "out".clone_into(&mut status.binding.name);
        }
        status
    }
}

impl GivenSecret {
    fn build(&self, world: &mut World) {
        let mut secret = SecretObject::default();
        secret.metadata.name = Some(eso_plan::externalsecret::target_name(&world.object).to_owned());
        secret.metadata.namespace = Some("g004".to_owned());
        secret.metadata.owner_references = Some(self.owners.clone());
        secret.metadata.labels = Some(text_map(&self.labels));
        secret.data = secret_map(&self.data);
        secret.immutable = self.immutable;
        let declared = if self.hashed { hash::secret_map_hash(&secret.data) } else { "0".repeat(56) };
        secret.metadata.annotations = Some(text_map(&[(names::DATA_HASH_ANNOTATION, &declared), ("note", "n")]));
        let manager = if self.by_us { names::secret_field_manager("es") } else { "kubectl-edit".to_owned() };
        world.api.store(&manager, secret);
    }
}

fn key(kind: StoreKind, name: &str) -> StoreKey {
    StoreKey { kind, name: name.to_owned() }
}

/// Any of them.
pub fn given() -> impl Strategy<Value = Given> {
    let metadata = (
        vec(
            select(vec![("app", "x"), ("tier", "y"), (names::MANAGED_LABEL, "false"), (names::CREATED_BY_LABEL, "f")]),
            0..3,
        ),
        vec(
            select(vec![
                ("note", "hello"),
                ("external-secrets.io/force-sync", "1"),
                (names::DATA_HASH_ANNOTATION, "f"),
            ]),
            0..3,
        ),
    );
    let finalizers = select(vec![
        vec![],
        vec![names::EXTERNAL_SECRET_FINALIZER.to_owned()],
        vec!["a.example/x".to_owned(), names::EXTERNAL_SECRET_FINALIZER.to_owned()],
        vec!["a.example/x".to_owned()],
    ]);
    let life = (of(status()), weighted(0.1, finalizers), of(secret()), 0..3_usize);
    let settings = (weighted_bool(), weighted_bool());
    (spec(), metadata, life, stores(), backend(), settings).prop_map(
        |(spec, (labels, annotations), (status, deleting, secret, strays), stores, backend, settings)| {
            let (flood_gate, cluster_stores) = settings;
            let deleting = deleting.map(|finalizers| {
                // An object without finalizers is gone, not being deleted.
                if finalizers.is_empty() { vec!["a.example/x".to_owned()] } else { finalizers }
            });
            Given {
                spec,
                labels,
                annotations,
                status,
                deleting,
                secret,
                strays,
                stores,
                backend,
                flood_gate,
                cluster_stores,
            }
        },
    )
}

fn weighted_bool() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.9)
}

fn spec() -> impl Strategy<Value = ExternalSecretSpec> {
    use CreationPolicy::{Merge, None as Nothing, Orphan, Owner};
    let target = (
        select(vec![Owner, Owner, Owner, Owner, Owner, Orphan, Orphan, Orphan, Merge, Nothing]),
        select(vec![DeletionPolicy::Delete, DeletionPolicy::Merge, DeletionPolicy::Retain]),
        select(vec![Some("out"), Some("out"), Some(""), None]),
    );
    let refresh = (
        of(select(vec![RefreshPolicy::CreatedOnce, RefreshPolicy::OnChange, RefreshPolicy::Periodic])),
        weighted(0.9, select(&INTERVALS)),
    );
    let data = (weighted(0.9, vec(data_entry(), 0..3)), weighted(0.5, vec(data_from_entry(), 0..3)), source());
    (target, refresh, data).prop_map(|((creation, deletion, name), (policy, interval), (data, data_from, source))| {
        let mut spec = ExternalSecretSpec { refresh_policy: policy, data, data_from, ..ExternalSecretSpec::default() };
        spec.refresh_interval = interval.map(str::to_owned);
        spec.secret_store_ref =
            source.and_then(|it| it.store_ref).or(Some(StoreRef { name: Some("st".to_owned()), kind: None }));
        spec.target.name = name.map(str::to_owned);
        spec.target.creation_policy = creation;
        spec.target.deletion_policy = deletion;
        spec
    })
}

fn source() -> impl Strategy<Value = Option<SourceRef>> {
    let stores = select(vec![
        (Some("st"), None),
        (Some("st"), Some(StoreRefKind::SecretStore)),
        (Some("css"), Some(StoreRefKind::ClusterSecretStore)),
        (Some("nowhere"), None),
        (None, None),
    ]);
    weighted(
        0.15,
        stores.prop_map(|(name, kind)| SourceRef {
            store_ref: Some(StoreRef { name: name.map(str::to_owned), kind }),
            generator_ref: None,
        }),
    )
}

fn remote() -> impl Strategy<Value = RemoteRef> {
    use DecodingStrategy::{Auto, Base64, Base64Url, None as Nothing};
    (
        select(&KEYS),
        of(select(vec![ConversionStrategy::Default, ConversionStrategy::Unicode])),
        weighted(0.3, select(vec![Auto, Auto, Base64, Base64Url, Nothing])),
        weighted(0.3, select(vec![NullBytePolicy::Fail, NullBytePolicy::Ignore])),
    )
        .prop_map(|(key, conversion_strategy, decoding_strategy, null_byte_policy)| RemoteRef {
            key: key.to_owned(),
            conversion_strategy,
            decoding_strategy,
            null_byte_policy,
            ..RemoteRef::default()
        })
}

fn data_entry() -> impl Strategy<Value = DataEntry> {
    (select(&SECRET_KEYS), remote(), source()).prop_map(|(secret_key, remote_ref, source_ref)| DataEntry {
        secret_key: secret_key.to_owned(),
        remote_ref,
        source_ref,
    })
}

fn data_from_entry() -> impl Strategy<Value = DataFromEntry> {
    (weighted(0.9, remote()), source()).prop_map(|(extract, source_ref)| DataFromEntry {
        extract,
        source_ref,
        ..DataFromEntry::default()
    })
}

fn status() -> impl Strategy<Value = GivenStatus> {
    let conditions = select(vec![
        ("SecretSynced", "secret synced"),
        ("SecretSynced", "secret synced"),
        ("SecretSynced", "secret retained due to DeletionPolicy=Retain"),
        ("SecretDeleted", "secret deleted due to DeletionPolicy=Delete"),
        ("SecretSyncedError", "could not get secret data from provider"),
        ("SecretMissing", "secret will not be created due to CreationPolicy=Merge"),
    ]);
    let ages = weighted(0.9, select(vec![0, 1, 59, 1800, 3600, 3601, 90_000, -1, -90_000]));
    let versions = weighted(0.9, select(vec!["current", "current", "current", "9-other", ""]));
    (ages, versions, conditions, any::<bool>()).prop_map(|(age, version, (reason, message), bound)| GivenStatus {
        age,
        version,
        reason,
        message,
        bound,
    })
}

fn owner(api_version: &str, kind: &str, name: &str, uid: &str, controls: bool) -> OwnerReference {
    OwnerReference {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        uid: uid.to_owned(),
        controller: controls.then_some(true),
        block_owner_deletion: None,
    }
}

fn secret() -> impl Strategy<Value = GivenSecret> {
    let ours = owner("external-secrets.io/v1", "ExternalSecret", "es", "es-uid-1", true);
    let owners = select(vec![
        vec![ours.clone()],
        vec![ours],
        vec![],
        vec![owner("external-secrets.io/v1beta1", "ExternalSecret", "es", "predecessor", true)],
        vec![owner("external-secrets.io/v1", "ExternalSecret", "a", "a-uid", true)],
        vec![owner("kubernetes-client.io/v1", "ExternalSecret", "es", "kes-uid", true)],
        vec![owner("kubernetes-client.io/v1", "ExternalSecret", "a", "kes-uid", true)],
        vec![owner("apps/v1", "Deployment", "d", "d-uid", true)],
        vec![owner("v1", "ConfigMap", "cm", "cm-uid", false)],
        vec![owner("external-secrets.io/v1", "ExternalSecret", "es", "es-uid-1", false)],
    ]);
    let labels = vec(
        select(vec![
            (names::MANAGED_LABEL, "true"),
            (names::MANAGED_LABEL, "true"),
            ("team", "x"),
            ("app", "old"),
            (names::CREATED_BY_LABEL, "f"),
        ]),
        0..5,
    );
    let data = vec(select(vec![("k", "canary-plain"), ("u", "canary-old"), ("mine", "canary-mine")]), 0..3);
    (owners, weighted(0.2, any::<bool>()), labels, data, weighted_bool(), any::<bool>()).prop_map(
        |(owners, immutable, labels, data, hashed, by_us)| GivenSecret {
            owners,
            immutable,
            labels,
            data,
            hashed,
            by_us,
        },
    )
}

fn stores() -> impl Strategy<Value = Vec<(StoreKind, &'static str, StoreFacts)>> {
    let facts = || {
        let conditions = select(vec![
            vec![],
            vec![],
            vec![NamespaceCondition { namespaces: Some(vec!["g004".to_owned()]), ..NamespaceCondition::default() }],
            vec![NamespaceCondition { namespace_regexes: Some(vec!["(".to_owned()]), ..NamespaceCondition::default() }],
        ]);
        let ages = weighted(0.1, select(vec![0, 9, 10, -5, -90_000]));
        let class = weighted(0.1, select(vec!["", "default", "other"]));
        (class, weighted_bool(), of(Just("why")), ages, conditions).prop_map(
            |(controller, ready, message, age, conditions)| StoreFacts {
                controller: controller.map(str::to_owned),
                ready,
                message: message.map(str::to_owned),
                unchecked_since: age.map(|age| super::noon() - SignedDuration::from_secs(age)),
                conditions,
            },
        )
    };
    (weighted(0.95, facts()), weighted(0.9, facts())).prop_map(|(own, cluster)| {
        let own = own.map(|facts| (StoreKind::SecretStore, "st", facts));
        let cluster = cluster.map(|facts| (StoreKind::ClusterSecretStore, "css", facts));
        own.into_iter().chain(cluster).collect()
    })
}

fn backend() -> impl Strategy<Value = Vec<(&'static str, &'static str, Content)>> {
    let contents = vec((select(vec!["st", "st", "css"]), select(&KEYS[..]), content()), 0..6);
    contents.prop_map(|random| {
        let mut all = Vec::new();
        for store in ["st", "css"] {
            all.push((store, "plain", Content::Value(b"canary-plain".to_vec())));
            let members = [("k", "canary-k"), ("m/n", "canary-m")];
            all.push((store, "map", Content::Map(members.map(|(key, value)| (key.into(), value.into())).to_vec())));
        }
        all.extend(random);
        all
    })
}

fn content() -> impl Strategy<Value = Content> {
    use FaultKind::{
        Conflict, Denied, Internal, Invalid, Misconfigured, NotFound, Throttled, Unauthenticated, Unavailable,
        Unsupported,
    };
    let value =
        select(vec!["canary-value", "", "canary\0nul", "Y2FuYXJ5LWRlY29kZWQ=", "Y2FuYXJ5Pz8_", "canary \u{e9}"]);
    let key = select(vec!["k", "a/b", "a b", "a_b", "", "\u{e9}", "tls.crt", "\u{1f600}"]);
    let kinds = vec![
        NotFound,
        NotFound,
        Denied,
        Unauthenticated,
        Misconfigured,
        Unsupported,
        Conflict,
        Invalid,
        Throttled,
        Unavailable,
        Internal,
    ];
    let waits = of(select(vec![0, 1, 60, 100_000, u64::MAX]));
    prop_oneof![
        3 => value.clone().prop_map(|value| Content::Value(value.into())),
        3 => vec((key, value), 0..4).prop_map(|members| {
            Content::Map(members.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect())
        }),
        1 => (select(kinds), waits).prop_map(|(kind, wait)| {
            let fault = Fault::new(kind, "the backend refused.").with_detail("canary-detail");
            Content::Fault(match wait {
                Some(seconds) => fault.after(Duration::from_secs(seconds)),
                None => fault,
            })
        }),
    ]
}
