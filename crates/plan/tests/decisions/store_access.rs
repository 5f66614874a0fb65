//! Which stores an object may use, and which objects are another operator's.

use eso_core::crd::{NamespaceCondition, SourceRef, StoreRef, StoreRefKind};
use eso_core::provider::StoreKind;
use eso_core::{Fault, FaultKind, names};
use eso_plan::Requeue;
use eso_plan::store::{Probed, StoreObject, conclude};
use jiff::SignedDuration;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use std::time::Duration;

use crate::world::{Content, Turn, World, entry, text_map};

const SHORT: &str = "could not get secret data from provider: ";

fn store(name: &str, kind: StoreRefKind) -> StoreRef {
    StoreRef { name: Some(name.to_owned()), kind: Some(kind) }
}

fn source(name: &str, kind: StoreRefKind) -> SourceRef {
    SourceRef { store_ref: Some(store(name, kind)), generator_ref: None }
}

/// A world whose object reads from a cluster-wide store with these conditions.
fn cluster_wide(conditions: Vec<NamespaceCondition>) -> World {
    let mut world = World::new()
        .ready_store(StoreKind::ClusterSecretStore, "st")
        .with(|spec| spec.secret_store_ref = Some(store("st", StoreRefKind::ClusterSecretStore)));
    world.store_mut(StoreKind::ClusterSecretStore, "st").conditions = conditions;
    world
}

fn by_name(name: &str) -> NamespaceCondition {
    NamespaceCondition { namespaces: Some(vec![name.to_owned()]), ..NamespaceCondition::default() }
}

fn by_pattern(pattern: &str) -> NamespaceCondition {
    NamespaceCondition { namespace_regexes: Some(vec![pattern.to_owned()]), ..NamespaceCondition::default() }
}

fn by_label(labels: &[(&str, &str)]) -> NamespaceCondition {
    let selector = LabelSelector { match_labels: Some(text_map(labels)), match_expressions: None };
    NamespaceCondition { namespace_selector: Some(selector), ..NamespaceCondition::default() }
}

/// The turn fails as a provider failure does, with this event.
#[track_caller]
fn assert_refused(world: &mut World, text: &str) {
    let turn: Turn = world.turn();
    let full = format!("error processing spec.data[0] (key: plain), err: {text}");
    assert_eq!(turn.events, [format!("Warning UpdateFailed: {full}")]);
    assert_eq!(world.ready(), ("False", "SecretSyncedError", format!("{SHORT}{full}").as_str()));
    assert_eq!((turn.failed, turn.requeue, turn.writes.len()), (true, Requeue::Backoff, 0));
    assert_eq!(world.synced_as_of(), (None, None));
}

#[test]
fn parity_11_an_object_of_another_class_is_left_alone_even_while_it_is_deleted() {
    let mut world = World::new();
    world.store_mut(StoreKind::SecretStore, "st").controller = Some("other".to_owned());
    let turn = world.turn();
    assert!(turn.skipped && !turn.status_written && turn.writes.is_empty() && turn.events.is_empty());
    assert_eq!((turn.requeue, world.object.status.clone()), (Requeue::Never, None));
    // [B4]
    world.object.metadata.finalizers = Some(vec![names::EXTERNAL_SECRET_FINALIZER.to_owned()]);
    world.somebody_deletes_the_object();
    assert!(world.turn().skipped);
}

#[test]
fn parity_11_the_class_of_every_store_counts_also_after_a_cluster_wide_one() {
    // [B3]: ESO looks for the second store in no namespace at all and never sees its class.
    let mut world = cluster_wide(vec![]).ready_store(StoreKind::SecretStore, "own");
    world.store_mut(StoreKind::SecretStore, "own").controller = Some("other".to_owned());
    world.object.spec.data.as_mut().unwrap()[0].source_ref = Some(source("own", StoreRefKind::SecretStore));
    world.backend.0.insert(("own".into(), "plain".into()), Content::Value(b"from-own".to_vec()));
    assert!(world.turn().skipped);
    world.settings.controller_class = "other".to_owned();
    world.sync();
    world.settings.controller_class = "default".to_owned();
    world.store_mut(StoreKind::SecretStore, "own").controller = None;
    world.store_mut(StoreKind::ClusterSecretStore, "st").controller = Some("other".to_owned());
    assert!(world.turn().skipped);
}

#[test]
fn parity_12_a_store_without_a_class_is_everybodys() {
    for class in [None, Some(String::new())] {
        let mut world = World::new();
        world.settings.controller_class = "mine".to_owned();
        world.store_mut(StoreKind::SecretStore, "st").controller = class;
        world.sync();
    }
}

#[test]
fn parity_13_a_missing_store_fails_with_a_condition() {
    let mut world = World::new();
    world.stores.clear();
    let text = "could not get SecretStore \"st\", SecretStore.external-secrets.io \"st\" not found";
    assert_refused(&mut world, text);
    let mut world =
        World::new().with(|spec| spec.secret_store_ref = Some(store("st", StoreRefKind::ClusterSecretStore)));
    let text = "could not get ClusterSecretStore \"st\", ClusterSecretStore.external-secrets.io \"st\" not found";
    assert_refused(&mut world, text);
}

#[test]
fn a_store_that_arrives_later_ends_the_failure() {
    let mut world = World::new();
    let stores = std::mem::take(&mut world.stores);
    world.turn();
    assert_eq!(world.ready().0, "False");
    world.stores = stores;
    world.wait(60);
    world.sync();
    let status = world.object.status.clone().unwrap();
    assert_eq!(status.conditions[0].last_transition_time.as_ref().unwrap().0.to_string(), "2026-01-01T12:01:00Z");
}

#[test]
fn an_entry_without_any_store_says_what_to_set() {
    let mut world = World::new().with(|spec| spec.secret_store_ref = None);
    assert!(world.turn().events[0].contains("spec.secretStoreRef.name"));
}

#[test]
fn parity_15_with_cluster_stores_switched_off_the_object_is_passed_over_in_silence() {
    let mut world = cluster_wide(vec![]);
    world.settings.cluster_stores = false;
    let turn = world.turn();
    assert!(turn.skipped && !turn.status_written && turn.events.is_empty());
    assert_eq!(world.object.status, None);
}

#[test]
fn with_cluster_stores_switched_off_a_deleted_object_is_still_let_go() {
    let mut world = cluster_wide(vec![]);
    world.settings.cluster_stores = false;
    world.object.metadata.finalizers = Some(vec![names::EXTERNAL_SECRET_FINALIZER.to_owned()]);
    world.somebody_deletes_the_object();
    assert_eq!(world.turn().writes, ["let go"]);
    assert!(!world.exists);
}

#[test]
fn with_cluster_stores_switched_off_single_entries_may_still_use_one() {
    let mut world = World::new().ready_store(StoreKind::ClusterSecretStore, "st");
    world.settings.cluster_stores = false;
    world.object.spec.data.as_mut().unwrap()[0].source_ref = Some(source("st", StoreRefKind::ClusterSecretStore));
    world.sync();
    world.stores.remove(&eso_plan::store::StoreKey { kind: StoreKind::ClusterSecretStore, name: "st".to_owned() });
    world.annotate("external-secrets.io/force-sync", "1");
    assert!(world.turn().events[0].contains("--enable-cluster-store-reconciler=false"));
}

#[test]
fn parity_63_a_source_ref_overrides_the_store_for_its_entry_only() {
    let mut world = World::new().ready_store(StoreKind::SecretStore, "st2");
    world.backend.0.insert(("st2".into(), "plain".into()), Content::Value(b"from-two".to_vec()));
    let mut other = entry("k2", "plain");
    other.source_ref = Some(source("st2", StoreRefKind::SecretStore));
    world.object.spec.data.as_mut().unwrap().push(other);
    let turn = world.sync();
    let asked: Vec<&str> = turn.requests.iter().map(|request| request.store.name.as_str()).collect();
    assert_eq!(asked, ["st", "st2"]);
    assert_eq!(world.data("out"), [("k", "hello"), ("k2", "from-two")].into());
    // Recorded with ESO 2.9.
    let hash = "2154058c8f002a40cc4d892954b07f606ce24f828454ea8b5ed2e57b";
    assert_eq!(world.annotations("out")["reconcile.external-secrets.io/data-hash"], hash);
}

#[test]
fn parity_65_a_store_that_is_not_ready_fails_the_object_and_says_why() {
    let mut world = World::new();
    world.store_mut(StoreKind::SecretStore, "st").ready = false;
    assert_refused(&mut world, "SecretStore \"st\" is not ready");
    world = World::new();
    let store = world.store_mut(StoreKind::SecretStore, "st");
    (store.ready, store.message) = (false, Some("unable to create client".to_owned()));
    assert_refused(&mut world, "SecretStore \"st\" is not ready: unable to create client");
}

#[test]
fn a_store_that_is_about_to_be_checked_for_the_first_time_is_waited_for_in_silence() {
    for age in [0, 9, -9] {
        let mut world = World::new();
        let since = world.now - SignedDuration::from_secs(age);
        let store = world.store_mut(StoreKind::SecretStore, "st");
        (store.ready, store.unchecked_since) = (false, Some(since));
        assert_eq!(world.rest().requeue, Requeue::After(Duration::from_secs(1)), "{age}");
        let store = world.store_mut(StoreKind::SecretStore, "st");
        (store.ready, store.unchecked_since) = (true, None);
        world.sync();
    }
    for age in [10, 3600, -3600] {
        let mut world = World::new();
        let since = world.now - SignedDuration::from_secs(age);
        let store = world.store_mut(StoreKind::SecretStore, "st");
        (store.ready, store.unchecked_since) = (false, Some(since));
        assert_refused(&mut world, "SecretStore \"st\" is not ready");
    }
    let mut world = World::new();
    world.settings.flood_gate = false;
    let now = world.now;
    world.store_mut(StoreKind::SecretStore, "st").unchecked_since = Some(now);
    world.sync();
}

#[test]
fn parity_66_without_the_flood_gate_a_store_is_asked_although_it_is_not_ready() {
    let mut world = World::new();
    world.settings.flood_gate = false;
    world.store_mut(StoreKind::SecretStore, "st").ready = false;
    assert_eq!(world.sync().requests.len(), 1);
}

#[test]
fn parity_67_a_store_that_cannot_be_validated_here_passes_the_flood_gate() {
    let mut world = World::new();
    let object = StoreObject { kind: StoreKind::SecretStore, annotations: None, status: None };
    let probed = Probed::Answered {
        validation: eso_core::provider::Validation::Unknown(Fault::new(FaultKind::Unsupported, "depends on who asks")),
        capabilities: eso_core::provider::Capabilities::ReadOnly,
        maintenance: eso_core::provider::Maintenance::Maintained,
    };
    let concluded = conclude(&object, world.now, &probed, Duration::from_mins(5));
    let status = concluded.status.unwrap();
    assert_eq!(status.conditions[0].reason.as_deref(), Some("ValidationUnknown"));
    world.store_mut(StoreKind::SecretStore, "st").ready = status.conditions[0].status == "True";
    world.sync();
}

#[test]
fn parity_68_a_namespace_that_the_cluster_store_does_not_admit_is_refused() {
    let text = "using cluster store \"st\" is not allowed from namespace \"g004\": denied by spec.condition";
    for conditions in [
        vec![by_name("elsewhere")],
        vec![by_pattern("^h")],
        vec![by_label(&[("team", "x")])],
        vec![NamespaceCondition::default()],
    ] {
        assert_refused(&mut cluster_wide(conditions), text);
    }
    // The denial comes before the flood gate.
    let mut world = cluster_wide(vec![by_name("elsewhere")]);
    world.store_mut(StoreKind::ClusterSecretStore, "st").ready = false;
    assert_refused(&mut world, text);
}

#[test]
fn a_namespaced_store_ignores_conditions() {
    let mut world = World::new();
    world.store_mut(StoreKind::SecretStore, "st").conditions = vec![by_name("elsewhere")];
    world.sync();
}

#[test]
fn parity_69_one_condition_of_two_and_one_part_of_three_is_enough() {
    cluster_wide(vec![by_name("elsewhere"), by_pattern("g004")]).sync();
    let mut mixed = by_name("elsewhere");
    mixed.namespace_regexes = Some(vec!["^h".to_owned(), "4$".to_owned()]);
    cluster_wide(vec![mixed]).sync();
    let mut world = cluster_wide(vec![by_label(&[("team", "x")])]);
    world.namespace_labels.insert("team".to_owned(), "x".to_owned());
    world.sync();
    cluster_wide(vec![]).sync();
    cluster_wide(vec![by_label(&[])]).sync();
}

#[test]
fn parity_70_patterns_match_anywhere_unless_anchored() {
    cluster_wide(vec![by_pattern("00")]).sync();
    cluster_wide(vec![by_pattern("^g[0-9]+$")]).sync();
    assert_eq!(cluster_wide(vec![by_pattern("^00")]).turn().requeue, Requeue::Backoff);
    assert_eq!(cluster_wide(vec![by_pattern("(")]).turn().requeue, Requeue::Backoff);
}

#[test]
fn parity_71_names_match_through_the_label_that_kubernetes_maintains() {
    let mut world = cluster_wide(vec![by_name("g004")]);
    world.sync();
    world.namespace_labels = text_map(&[("kubernetes.io/metadata.name", "renamed")]);
    world.annotate("external-secrets.io/force-sync", "1");
    assert!(world.turn().failed);
    let mut world = cluster_wide(vec![by_name("renamed")]);
    world.namespace_labels = text_map(&[("kubernetes.io/metadata.name", "renamed")]);
    world.sync();
}
