//! What happens when the backend holds nothing, and when the object goes.

use eso_core::crd::{CreationPolicy, DataFromEntry, DeletionPolicy, SourceRef, StoreRef};
use eso_core::names::EXTERNAL_SECRET_FINALIZER;
use eso_plan::Requeue;
use eso_plan::externalsecret::{ApiFailure, Why};
use std::time::Duration;

use crate::ownership::owner;
use crate::world::{World, entry, extract};

fn with_policies(creation: CreationPolicy, deletion: DeletionPolicy) -> World {
    World::new().with(|spec| (spec.target.creation_policy, spec.target.deletion_policy) = (creation, deletion))
}

/// As [`with_policies`], synced once; then the backend's only secret vanishes and a sync is forced.
fn emptied(creation: CreationPolicy, deletion: DeletionPolicy) -> World {
    let mut world = with_policies(creation, deletion);
    world.sync();
    world.vanish("plain");
    world.annotate("external-secrets.io/force-sync", "1");
    world
}

const MISSING: &str = "Normal MissingProviderSecret: secret does not exist at provider using spec.data[0] (key=plain)";
const DELETED: &str = "secret deleted due to DeletionPolicy=Delete";

#[test]
fn parity_132_delete_under_owner_deletes_the_secret() {
    let mut world = emptied(CreationPolicy::Owner, DeletionPolicy::Delete);
    let turn = world.sync();
    assert_eq!(
        (turn.writes, turn.events),
        (vec!["delete out".into()], vec![MISSING.into(), format!("Normal Deleted: {DELETED}")])
    );
    assert_eq!(world.ready(), ("True", "SecretDeleted", DELETED));
    // Recorded with ESO 2.9: the sync counts, and the binding stays.
    let version = "1-65cd34c07f24d8b8d7a029bdeb7680a40e3ae0b9c6e6560f0d6c5a6e";
    assert_eq!((world.synced_as_of().1.as_deref(), world.bound()), (Some(version), "out"));
    assert!(matches!(turn.requeue, Requeue::After(wait) if wait > Duration::from_secs(3599)));
    // The Secret's own deletion does not wake the backend; the interval does.
    world.rest();
    world.wait(3601);
    world.put_text("plain", "back");
    assert_eq!(world.sync().writes, ["create out"]);
}

#[test]
fn parity_132_the_condition_is_the_same_when_there_was_nothing_to_delete() {
    let mut world = with_policies(CreationPolicy::Owner, DeletionPolicy::Delete);
    world.vanish("plain");
    let turn = world.sync();
    assert_eq!((turn.writes.len(), turn.events), (0, vec![MISSING.to_owned()]));
    assert_eq!(world.ready(), ("True", "SecretDeleted", DELETED));
    assert_eq!(world.bound(), "");
}

#[test]
fn a_secret_that_is_not_ours_is_not_deleted_because_the_backend_is_empty() {
    for foreign in [
        None,
        Some(owner("apps/v1", "Deployment", "d")),
        Some(owner("external-secrets.io/v1", "ExternalSecret", "a")),
        Some(owner("kubernetes-client.io/v1", "ExternalSecret", "es")),
    ] {
        let mut world = with_policies(CreationPolicy::Owner, DeletionPolicy::Delete);
        world.vanish("plain");
        world.somebody_creates("out", &[("k", "theirs")], |secret| {
            secret.metadata.labels = Some(crate::world::text_map(&[("reconcile.external-secrets.io/managed", "true")]));
            secret.metadata.owner_references = foreign.map(|owner| vec![owner]);
        });
        let turn = world.turn();
        assert!(turn.failed && turn.writes.is_empty());
        assert!(world.ready().2.starts_with("could not delete secret: "), "{}", world.ready().2);
        assert_eq!(world.data("out"), [("k", "theirs")].into());
    }
}

#[test]
fn parity_133_delete_under_orphan_fails_and_keeps_the_secret() {
    let mut world = emptied(CreationPolicy::Orphan, DeletionPolicy::Delete);
    let turn = world.turn();
    let full = "unable to delete secret out: creationPolicy=Orphan is not Owner";
    assert_eq!(turn.events, [MISSING.to_owned(), format!("Warning UpdateFailed: {full}")]);
    let message = format!("could not delete secret: {full}");
    assert_eq!(world.ready(), ("False", "SecretSyncedError", message.as_str()));
    assert_eq!(turn.requeue, Requeue::After(Duration::from_hours(1)), "[B36]");
    assert_eq!((turn.writes.len(), world.data("out")), (0, [("k", "hello")].into()));
}

#[test]
fn parity_134_retain_with_empty_data_keeps_the_secret_and_says_so() {
    for creation in [CreationPolicy::Owner, CreationPolicy::Orphan] {
        let mut world = with_policies(creation, DeletionPolicy::Retain).holds_map("one", &[("a", "1")]);
        world.object.spec.data = None;
        world.object.spec.data_from = Some(vec![extract("one")]);
        world.sync();
        world = world.holds_map("one", &[]);
        world.annotate("external-secrets.io/force-sync", "1");
        let turn = world.sync();
        assert_eq!((turn.writes.len(), turn.events.len()), (0, 0));
        assert_eq!(world.ready(), ("True", "SecretSynced", "secret retained due to DeletionPolicy=Retain"));
        assert_eq!(world.data("out"), [("a", "1")].into());
        assert!(matches!(turn.requeue, Requeue::After(wait) if wait > Duration::from_secs(3599)));
    }
}

#[test]
fn an_object_that_asks_for_nothing_is_retained_unbound_and_rests() {
    let store = StoreRef { name: Some("st".to_owned()), kind: None };
    let source = SourceRef { store_ref: Some(store), generator_ref: None };
    let entry = DataFromEntry { source_ref: Some(source), ..DataFromEntry::default() };
    let mut world = World::new().with(|spec| (spec.data, spec.data_from) = (None, Some(vec![entry])));
    assert!(world.sync().writes.is_empty());
    assert_eq!(world.ready().2, "secret retained due to DeletionPolicy=Retain");
    assert_eq!((world.bound(), world.api.secrets.len()), ("", 0));
    world.wait(60);
    world.rest();
    world.wait(3600);
    assert_eq!(world.sync().why, Some(Why::IntervalOver));
}

#[test]
fn parity_135_merge_removes_vanished_keys_and_keeps_the_secret_even_when_empty() {
    for creation in [CreationPolicy::Owner, CreationPolicy::Orphan] {
        let mut world = with_policies(creation, DeletionPolicy::Merge).holds("user", "svc");
        world.object.spec.data.as_mut().unwrap().push(entry("u", "user"));
        world.sync();
        world.vanish("plain");
        world.annotate("external-secrets.io/force-sync", "1");
        assert_eq!(world.sync().events, [MISSING, "Normal Updated: secret updated"]);
        assert_eq!(world.data("out"), [("u", "svc")].into());
        world.vanish("user");
        world.annotate("external-secrets.io/force-sync", "2");
        world.sync();
        assert_eq!(world.data("out"), [].into());
        // Vector of the core specification for no data at all.
        let hash = "74a974446e359fb3e6baff9bd0058950e6edd0f040888d9989b0a11b";
        assert_eq!(world.annotations("out")["reconcile.external-secrets.io/data-hash"], hash);
        assert_eq!(world.ready(), ("True", "SecretSynced", "secret synced"));
        world.rest();
    }
}

#[test]
fn merge_creates_an_empty_secret_when_there_is_none() {
    let mut world = with_policies(CreationPolicy::Owner, DeletionPolicy::Merge);
    world.vanish("plain");
    assert_eq!(world.sync().writes, ["create out"]);
    assert_eq!(world.data("out"), [].into());
}

#[test]
fn parity_136_a_deleted_owner_takes_its_secret_along_whatever_the_deletion_policy() {
    for deletion in [DeletionPolicy::Retain, DeletionPolicy::Delete, DeletionPolicy::Merge] {
        let mut world = with_policies(CreationPolicy::Owner, deletion);
        world.sync();
        assert_eq!(world.object.metadata.finalizers, None, "nothing holds the object up");
        world.somebody_deletes_the_object();
        assert!(!world.exists && world.api.secrets.is_empty(), "{deletion:?}");
    }
}

/// A synced world whose object carries the finalizer that ESO left, and one more, and is being deleted.
fn deleting(creation: CreationPolicy, deletion: DeletionPolicy) -> World {
    let mut world = with_policies(creation, deletion);
    world.sync();
    world.object.metadata.finalizers = Some(vec!["a.example/x".to_owned(), EXTERNAL_SECRET_FINALIZER.to_owned()]);
    world.somebody_deletes_the_object();
    world
}

#[test]
fn parity_137_a_deleted_object_deletes_its_secret_only_when_its_uid_controls_it() {
    let mut world = deleting(CreationPolicy::Owner, DeletionPolicy::Delete);
    let turn = world.turn();
    assert_eq!(turn.writes, ["delete out", "let go"]);
    assert_eq!((turn.status_written, turn.requeue), (false, Requeue::Never));
    assert_eq!(world.object.metadata.finalizers, Some(vec!["a.example/x".to_owned()]));

    for uid in ["predecessor", ""] {
        let mut world = deleting(CreationPolicy::Owner, DeletionPolicy::Delete);
        world.somebody_edits("out", |secret| {
            secret.metadata.owner_references.as_mut().unwrap()[0].uid = uid.to_owned();
        });
        assert_eq!(world.turn().writes, ["let go"]);
        assert_eq!(world.data("out"), [("k", "hello")].into());
    }
    let mut world = deleting(CreationPolicy::Owner, DeletionPolicy::Delete);
    world.somebody_edits("out", |secret| {
        secret.metadata.owner_references.as_mut().unwrap()[0].controller = None;
    });
    assert_eq!(world.turn().writes, ["let go"]);
}

#[test]
fn parity_137_a_secret_that_is_gone_already_does_not_hold_up_the_object() {
    let mut world = deleting(CreationPolicy::Owner, DeletionPolicy::Delete);
    world.api.secrets.clear();
    assert_eq!(world.turn().writes, ["let go"]);
}

#[test]
fn parity_138_a_deleted_orphan_leaves_its_secret() {
    for deletion in [DeletionPolicy::Retain, DeletionPolicy::Delete, DeletionPolicy::Merge] {
        let mut world = deleting(CreationPolicy::Orphan, deletion);
        assert_eq!(world.turn().writes, ["let go"]);
        world.object.metadata.finalizers = None;
        world.somebody_deletes_the_object();
        assert_eq!(world.data("out"), [("k", "hello")].into(), "{deletion:?}");
    }
}

#[test]
fn only_policy_delete_makes_the_finalizer_delete() {
    for deletion in [DeletionPolicy::Retain, DeletionPolicy::Merge] {
        assert_eq!(deleting(CreationPolicy::Owner, deletion).turn().writes, ["let go"], "{deletion:?}");
    }
}

#[test]
fn a_deleted_object_with_only_foreign_finalizers_is_not_touched() {
    let mut world = deleting(CreationPolicy::Owner, DeletionPolicy::Delete);
    world.object.metadata.finalizers = Some(vec!["a.example/x".to_owned()]);
    let turn = world.turn();
    assert!(turn.writes.is_empty() && !turn.status_written && turn.requests.is_empty());
    assert_eq!(world.data("out"), [("k", "hello")].into());
}

#[test]
fn the_finalizer_stays_until_the_secret_is_deleted() {
    let mut world = deleting(CreationPolicy::Owner, DeletionPolicy::Delete);
    world.api.refuse = Some((0, ApiFailure::Refused("the server is on fire".to_owned())));
    let turn = world.turn();
    assert_eq!((turn.writes.len(), turn.requeue, turn.failed), (0, Requeue::Backoff, true));
    assert!(turn.events[0].contains("unable to delete secret out: the server is on fire"), "{:?}", turn.events);
    assert_eq!(world.turn().writes, ["delete out", "let go"]);

    let mut world = deleting(CreationPolicy::Owner, DeletionPolicy::Delete);
    world.api.refuse = Some((1, ApiFailure::Refused("no".to_owned())));
    let turn = world.turn();
    assert!(turn.events.last().unwrap().contains("finalizer"), "{:?}", turn.events);
    assert_eq!(world.turn().writes, ["let go"]);
}
