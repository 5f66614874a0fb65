//! What is written, what is kept, what is said about it.

use eso_plan::Requeue;
use eso_plan::externalsecret::ApiFailure;
use std::time::Duration;

use crate::world::{Look, World, entry};

#[test]
fn parity_113_an_immutable_secret_whose_data_would_change_is_left_alone() {
    let mut world = World::synced();
    world.somebody_edits("out", |secret| secret.immutable = Some(true));
    world.put_text("plain", "changed");
    world.label("tier", "y");
    let turn = world.turn();
    let (status, reason, message) = world.ready();
    assert_eq!((status, reason), ("False", "SecretSyncedError"));
    assert!(message.starts_with("could not update secret, target is immutable: "), "{message}");
    assert_eq!((turn.writes.len(), turn.requeue), (0, Requeue::After(Duration::from_hours(1))));
    assert_eq!(world.data("out"), [("k", "hello")].into());
}

#[test]
fn parity_113_an_immutable_secret_that_was_found_is_not_adopted_when_its_data_differs() {
    let mut world = World::new();
    world.somebody_creates("out", &[("k", "theirs")], |secret| secret.immutable = Some(true));
    assert!(world.turn().writes.is_empty());
    assert!(world.ready().2.starts_with("could not update secret, target is immutable: "), "{}", world.ready().2);
    assert_eq!((world.bound(), world.labels("out").len()), ("out", 0));
}

#[test]
fn an_immutable_secrets_metadata_follows_in_one_write() {
    let mut world = World::synced();
    world.somebody_edits("out", |secret| secret.immutable = Some(true));
    world.label("tier", "y");
    assert_eq!(world.sync().writes, ["replace out"], "[B9]");
    assert_eq!(world.labels("out")["tier"], "y");
    assert_eq!(world.secret("out").immutable, Some(true));
}

#[test]
fn parity_114_an_unchanged_secret_costs_no_write_and_no_event() {
    let mut world = World::synced();
    world.wait(3601);
    let turn = world.sync();
    assert_eq!((turn.writes, turn.events, turn.status_written), (vec![], vec![], true));
    assert_eq!(world.synced_as_of().0.as_deref(), Some("2026-01-01T13:00:01Z"));
}

#[test]
fn parity_115_116_create_and_change_have_their_events_and_name_the_secret() {
    let mut world = World::new();
    let turn = world.sync();
    assert_eq!((turn.writes, turn.events), (vec!["create out".into()], vec!["Normal Created: secret created".into()]));
    assert_eq!(world.bound(), "out");
    world.put_text("plain", "changed");
    world.annotate("external-secrets.io/force-sync", "1");
    let turn = world.sync();
    assert_eq!((turn.writes, turn.events), (vec!["replace out".into()], vec!["Normal Updated: secret updated".into()]));
    assert_eq!(world.bound(), "out");
    assert_eq!(world.secret("out").type_.as_deref(), Some("Opaque"));
}

#[test]
fn parity_116_an_unchanged_secret_that_was_synced_before_is_named_too() {
    let mut world = World::synced();
    world.object.status = None;
    assert!(world.sync().writes.is_empty());
    assert_eq!(world.bound(), "out");
}

#[test]
fn parity_117_119_a_label_that_goes_from_the_object_goes_from_its_secret_whatever_the_length_of_the_name() {
    // [B1]: from 28 bytes on ESO looks for the wrong manager and never cleans up.
    for length in [2, 27, 28, 40, 63, 64, 200] {
        let mut world = World::new();
        world.object.metadata.name = Some("e".repeat(length));
        world.label("app", "x");
        world.label("tier", "y");
        world.sync();
        let managers = world.secret("out").metadata.managed_fields.clone().unwrap();
        let plain = format!("externalsecrets.external-secrets.io/{}", "e".repeat(length));
        assert_eq!(managers[0].manager == Some(plain), length <= 27, "{length}");
        world.somebody_edits("out", |secret| {
            secret.metadata.labels.as_mut().unwrap().insert("team".into(), "foreign".into());
        });
        world.unlabel("tier");
        world.label("app", "z");
        world.sync();
        let labels = world.labels("out");
        assert_eq!((labels.get("app"), labels.get("tier"), labels["team"]), (Some(&"z"), None, "foreign"), "{length}");
    }
}

#[test]
fn annotations_that_go_from_the_object_go_from_its_secret() {
    let mut world = World::new();
    world.annotate("note", "hello");
    world.sync();
    assert_eq!(world.annotations("out")["note"], "hello");
    world.object.metadata.annotations = None;
    world.sync();
    assert_eq!(world.annotations("out").len(), 1, "the data hash stays");
}

#[test]
fn a_label_that_was_somebody_elses_before_stays_when_the_object_drops_it() {
    let mut world = World::new();
    world.somebody_creates("out", &[], |secret| {
        secret.metadata.labels = Some([("team".to_owned(), "x".to_owned())].into());
    });
    world.label("team", "x");
    world.sync();
    world.unlabel("team");
    world.sync();
    assert_eq!(world.labels("out")["team"], "x");
}

#[test]
fn parity_120_all_labels_and_annotations_of_the_object_are_copied() {
    let mut world = World::new();
    world.label("app", "x");
    world.label("tier", "y");
    world.annotate("note", "hello");
    world.annotate("kubectl.kubernetes.io/last-applied-configuration", "{}");
    world.sync();
    assert_eq!((world.labels("out")["app"], world.labels("out")["tier"]), ("x", "y"));
    assert_eq!(world.annotations("out")["note"], "hello");
    assert_eq!(world.annotations("out")["kubectl.kubernetes.io/last-applied-configuration"], "{}");
    // Recorded with ESO 2.9 for label app=x, tier=y and annotation note=hello.
    world.object.metadata.annotations.as_mut().unwrap().remove("kubectl.kubernetes.io/last-applied-configuration");
    world.sync();
    let version = "1-8e08b4683ce0d753314b12de3e7b54c06db6a6ab66e974b3ebf63319";
    assert_eq!(world.synced_as_of().1.as_deref(), Some(version));
}

#[test]
fn the_objects_own_metadata_cannot_forge_what_we_maintain() {
    let mut world = World::new();
    world.label("reconcile.external-secrets.io/managed", "false");
    world.label("reconcile.external-secrets.io/created-by", "forged");
    world.annotate("reconcile.external-secrets.io/data-hash", "forged");
    world.sync();
    assert_eq!(world.labels("out")["reconcile.external-secrets.io/managed"], "true");
    assert_ne!(world.labels("out")["reconcile.external-secrets.io/created-by"], "forged");
    assert_ne!(world.annotations("out")["reconcile.external-secrets.io/data-hash"], "forged");
    world.rest();
}

#[test]
fn a_key_that_goes_from_the_spec_goes_from_the_secret() {
    let mut world = World::new().with(|spec| spec.data.as_mut().unwrap().push(entry("d", "plain")));
    world.sync();
    world.edit(|spec| drop(spec.data.as_mut().unwrap().pop()));
    world.sync();
    assert_eq!(world.data("out"), [("k", "hello")].into());
    let version = "2-f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2";
    assert_eq!(world.synced_as_of().1.as_deref(), Some(version));
}

#[test]
fn parity_106_creating_what_exists_already_leads_to_reading_it_first() {
    let mut world = World::new();
    world.somebody_creates("out", &[("k", "old")], |_| {});
    let turn = world.step(Look::Index);
    assert_eq!((turn.requeue, turn.failed, turn.status_written), (Requeue::Now, false, false));
    assert!(turn.writes.is_empty() && turn.events.is_empty());
    assert_eq!(world.data("out"), [("k", "old")].into());
    assert_eq!(world.step(Look::Cluster).writes, ["replace out"]);
}

#[test]
fn parity_141_a_conflict_is_a_retry_without_a_condition() {
    for failure in [ApiFailure::Conflict, ApiFailure::Exists] {
        let mut world = World::synced();
        world.put_text("plain", "changed");
        world.annotate("external-secrets.io/force-sync", "1");
        world.api.refuse = Some((0, failure));
        let before = world.object.status.clone();
        let turn = world.step(Look::Index);
        assert_eq!((turn.requeue, turn.failed, turn.status_written), (Requeue::Now, false, false));
        assert_eq!((turn.events.len(), &world.object.status), (0, &before));
        assert_eq!(world.sync().writes, ["replace out"]);
    }
}
