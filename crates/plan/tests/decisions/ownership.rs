//! Whose the Secret is.

use eso_core::crd::CreationPolicy;
use eso_plan::{Requeue, SecretObject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use std::time::Duration;

use crate::world::World;

const CREATED_BY: &str = "reconcile.external-secrets.io/created-by";
const MANAGED: &str = "reconcile.external-secrets.io/managed";
const HASH: &str = "reconcile.external-secrets.io/data-hash";

pub fn owner(api_version: &str, kind: &str, name: &str) -> OwnerReference {
    OwnerReference {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        uid: "foreign-uid".to_owned(),
        controller: Some(true),
        block_owner_deletion: None,
    }
}

fn owned_by(owner: OwnerReference) -> impl FnOnce(&mut SecretObject) {
    |secret| secret.metadata.owner_references = Some(vec![owner])
}

fn orphan() -> World {
    World::new().with(|spec| spec.target.creation_policy = CreationPolicy::Orphan)
}

/// The reference that a Secret of policy Owner carries.
fn ours(uid: &str) -> OwnerReference {
    OwnerReference {
        api_version: "external-secrets.io/v1".to_owned(),
        kind: "ExternalSecret".to_owned(),
        name: "es".to_owned(),
        uid: uid.to_owned(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

#[test]
fn parity_10_without_a_target_name_the_object_is_synced_under_its_own() {
    for name in [None, Some(String::new())] {
        let mut world = World::new().with(|spec| spec.target.name = name);
        assert_eq!(world.sync().writes, ["create es"]);
        assert_eq!(world.bound(), "es");
        world.rest();
    }
}

#[test]
fn parity_88_89_an_owned_secret_carries_controller_reference_and_owner_label() {
    let mut world = World::synced();
    assert_eq!(world.secret("out").metadata.owner_references, Some(vec![ours("es-uid-1")]));
    // Recorded with ESO 2.9 in namespace g004, and the vector of the core specification.
    let label = "34ae6aa642d776c8e395e3a5987b493ae4b2ba04667c4cda37df766b";
    assert_eq!(world.labels("out"), [(CREATED_BY, label), (MANAGED, "true")].into());
    world = World::new();
    world.object.metadata.namespace = Some("default".to_owned());
    world.object.metadata.name = Some("test-es".to_owned());
    world.sync();
    assert_eq!(world.labels("out")[CREATED_BY], "a8e09351ea392b727f69f63683b28619fbed1174f572e728706a9ea8");
}

#[test]
fn parity_90_an_orphan_carries_neither_reference_nor_owner_label() {
    let mut world = orphan();
    world.sync();
    assert_eq!(world.secret("out").metadata.owner_references.clone().unwrap_or_default(), []);
    assert_eq!(world.labels("out"), [(MANAGED, "true")].into());
    // Whoever put the label there: a backup, or the object's own labels.
    let mut world = orphan();
    world.label(CREATED_BY, "copied");
    world.somebody_creates("out", &[], |secret| {
        secret.metadata.labels = Some(crate::world::text_map(&[(CREATED_BY, "restored"), (MANAGED, "true")]));
    });
    world.sync();
    assert_eq!(world.labels("out"), [(MANAGED, "true")].into());
}

#[test]
fn parity_91_from_owner_to_orphan_reference_and_label_go() {
    let mut world = World::synced();
    world.somebody_edits("out", |secret| {
        let mut other = owner("v1", "ConfigMap", "cm");
        other.controller = None;
        secret.metadata.owner_references.as_mut().unwrap().push(other);
    });
    world.edit(|spec| spec.target.creation_policy = CreationPolicy::Orphan);
    assert_eq!(world.sync().writes, ["replace out"]);
    let owners = world.secret("out").metadata.owner_references.clone().unwrap();
    assert_eq!(owners.iter().map(|owner| owner.name.as_str()).collect::<Vec<_>>(), ["cm"]);
    assert_eq!(world.labels("out"), [(MANAGED, "true")].into());
    world.edit(|spec| spec.target.creation_policy = CreationPolicy::Owner);
    world.sync();
    assert!(world.secret("out").metadata.owner_references.clone().unwrap().contains(&ours("es-uid-1")));
    assert!(world.labels("out").contains_key(CREATED_BY));
}

#[test]
fn parity_96_97_106_an_unmanaged_secret_is_adopted_whole_and_foreign_metadata_stays() {
    for policy in [CreationPolicy::Owner, CreationPolicy::Orphan] {
        let mut world = World::new().with(|spec| spec.target.creation_policy = policy);
        world.somebody_creates("out", &[("k", "old"), ("mine", "kept?")], |secret| {
            secret.metadata.labels = Some([("team".to_owned(), "x".to_owned())].into());
            secret.metadata.annotations = Some([("note".to_owned(), "n".to_owned())].into());
        });
        let turn = world.sync();
        // ESO adds the managed label by a patch of its own first; here everything arrives in one write.
        assert_eq!(
            (turn.writes, turn.events),
            (vec!["replace out".into()], vec!["Normal Updated: secret updated".into()])
        );
        assert_eq!(world.data("out"), [("k", "hello")].into());
        assert_eq!((world.labels("out")["team"], world.labels("out")[MANAGED]), ("x", "true"));
        assert_eq!(world.annotations("out")["note"], "n");
        assert_eq!(world.bound(), "out");
        world.rest();
    }
}

#[test]
fn parity_103_renaming_the_target_deletes_the_old_secret_under_owner_only() {
    let mut world = World::synced();
    world.edit(|spec| spec.target.name = Some("out2".to_owned()));
    let turn = world.sync();
    assert_eq!(turn.writes, ["create out2", "delete out"]);
    let events = ["Normal Created: secret created", "Normal Deleted: secret deleted because it was orphaned"];
    assert_eq!(turn.events, events);
    assert_eq!((world.api.secrets.len(), world.bound()), (1, "out2"));
    world.rest();

    let mut world = orphan();
    world.sync();
    world.edit(|spec| spec.target.name = Some("out2".to_owned()));
    assert_eq!(world.sync().writes, ["create out2"]);
    assert_eq!(world.data("out"), [("k", "hello")].into());

    // Renamed and orphaned in one edit: the old Secret still carries the owner label, and stays.
    let mut world = World::synced();
    world.edit(|spec| {
        spec.target.name = Some("out2".to_owned());
        spec.target.creation_policy = CreationPolicy::Orphan;
    });
    assert_eq!(world.sync().writes, ["create out2"]);
    assert!(world.labels("out").contains_key(CREATED_BY));
}

#[test]
fn parity_104_the_data_hash_covers_all_keys() {
    // Recorded with ESO 2.9.
    let mut world = World::new().holds("user", "svc");
    world.sync();
    let one = "50d4ba3d8d0d495b157bcf983ef4c15826605dc134385021c2264bd9";
    assert_eq!(world.annotations("out"), [(HASH, one)].into());
    world.edit(|spec| spec.data.as_mut().unwrap().push(crate::world::entry("u", "user")));
    world.sync();
    let two = "3c809508062282d28c16085636457aed30f43d9a98989208409e7158";
    assert_eq!(world.annotations("out"), [(HASH, two)].into());
}

#[test]
fn parity_105_a_tampered_hash_is_restored_at_once() {
    for tamper in [
        (|secret| drop(secret.metadata.annotations.as_mut().unwrap().insert(HASH.to_owned(), "0".repeat(56))))
            as fn(&mut SecretObject),
        |secret| drop(secret.metadata.annotations.as_mut().unwrap().remove(HASH)),
        |secret| drop(secret.data.insert("extra".to_owned(), "y".into())),
    ] {
        let mut world = World::synced();
        world.somebody_edits("out", tamper);
        let turn = world.sync();
        assert_eq!(turn.events, ["Normal Updated: secret updated"]);
        assert_eq!(world.data("out"), [("k", "hello")].into());
        assert_eq!(world.annotations("out")[HASH], "50d4ba3d8d0d495b157bcf983ef4c15826605dc134385021c2264bd9");
        world.rest();
    }
}

#[test]
fn parity_107_another_external_secrets_secret_is_left_alone_without_a_retry_loop() {
    for (policy, api_version) in [
        (CreationPolicy::Owner, "external-secrets.io/v1"),
        (CreationPolicy::Orphan, "external-secrets.io/v1"),
        (CreationPolicy::Owner, "external-secrets.io/v1beta1"),
    ] {
        let mut world = World::new().with(|spec| spec.target.creation_policy = policy);
        world.somebody_creates("out", &[("k", "theirs")], owned_by(owner(api_version, "ExternalSecret", "a")));
        let turn = world.turn();
        let text = "unable to mutate secret out: secret is owned by another ExternalSecret: a";
        assert!(turn.events[0].starts_with(&format!("Warning UpdateFailed: {text}")), "{:?}", turn.events);
        let (status, reason, message) = world.ready();
        assert_eq!((status, reason), ("False", "SecretSyncedError"));
        assert!(message.starts_with("target is owned by another ExternalSecret: "), "{message}");
        // [B36]: at the interval, not never and not in a loop.
        assert_eq!((turn.requeue, turn.failed), (Requeue::After(Duration::from_hours(1)), true));
        assert_eq!((world.data("out"), turn.writes.len()), ([("k", "theirs")].into(), 0));
        // Recorded with ESO 2.9: the binding names the Secret all the same.
        assert_eq!((world.synced_as_of(), world.bound()), ((None, None), "out"));
    }
}

#[test]
fn parity_108_a_foreign_controller_is_respected_under_owner() {
    for foreign in [
        owner("apps/v1", "Deployment", "d"),
        owner("apps/v1", "ExternalSecret", "es"),
        owner("kubernetes-client.io/v1", "ExternalSecret", "es"),
    ] {
        let mut world = World::new();
        world.somebody_creates("out", &[("k", "theirs")], owned_by(foreign.clone()));
        let turn = world.turn();
        let message = world.ready().2;
        assert!(message.starts_with("failed to take ownership of target secret: "), "{message}");
        assert!(message.contains(&format!("{} \"{}\"", foreign.kind, foreign.name)), "{message}");
        assert_eq!((turn.requeue, world.bound()), (Requeue::After(Duration::from_hours(1)), "out"));
        assert_eq!(world.data("out"), [("k", "theirs")].into());
    }
}

#[test]
fn a_foreign_controller_that_is_no_external_secret_does_not_hinder_an_orphan() {
    let mut world = orphan();
    let deployment = owner("apps/v1", "Deployment", "d");
    world.somebody_creates("out", &[("k", "theirs")], owned_by(deployment.clone()));
    world.sync();
    assert_eq!(world.data("out"), [("k", "hello")].into());
    assert_eq!(world.secret("out").metadata.owner_references, Some(vec![deployment]));
}

#[test]
fn an_owner_that_does_not_control_leaves_room_for_ours() {
    let mut world = World::new();
    let mut other = owner("v1", "ConfigMap", "cm");
    other.controller = None;
    world.somebody_creates("out", &[], owned_by(other.clone()));
    world.sync();
    assert_eq!(world.secret("out").metadata.owner_references, Some(vec![other, ours("es-uid-1")]));
}

#[test]
fn parity_109_a_recreated_object_takes_over_its_predecessors_secret() {
    let mut world = World::synced();
    world.somebody_edits("out", |secret| {
        secret.metadata.owner_references.as_mut().unwrap()[0].api_version = "external-secrets.io/v1beta1".to_owned();
    });
    world.recreate_the_object();
    assert_eq!(world.sync().writes, ["replace out"]);
    assert_eq!(world.secret("out").metadata.owner_references, Some(vec![ours("es-uid-2")]));
    world.rest();
}

#[test]
fn a_permanent_failure_is_looked_at_again_even_without_an_interval() {
    for (interval, wait) in [("0", 3600), ("5m", 300), ("1ns", 1)] {
        let mut world = World::new().with(|spec| spec.refresh_interval = Some(interval.to_owned()));
        world.somebody_creates("out", &[], owned_by(owner("apps/v1", "Deployment", "d")));
        assert_eq!(world.turn().requeue, Requeue::After(Duration::from_secs(wait)), "[B36] {interval}");
    }
}

#[test]
fn a_permanent_failure_ends_when_its_cause_is_gone() {
    let mut world = World::new();
    world.somebody_creates("out", &[], owned_by(owner("external-secrets.io/v1", "ExternalSecret", "a")));
    world.turn();
    world.wait(3600);
    assert!(world.turn().failed, "still theirs");
    world.api.secrets.clear();
    world.sync();
    assert_eq!(world.ready(), ("True", "SecretSynced", "secret synced"));
}
