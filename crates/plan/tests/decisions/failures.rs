//! How failures are reported and tried again.

use eso_core::{Fault, FaultKind};
use eso_plan::Requeue;
use eso_plan::externalsecret::ApiFailure;
use std::time::Duration;

use crate::world::{Content, World, fault};

fn since(world: &World) -> String {
    world.object.status.as_ref().unwrap().conditions[0].last_transition_time.as_ref().unwrap().0.to_string()
}

fn force(world: &mut World, token: &str) {
    world.annotate("external-secrets.io/force-sync", token);
}

#[test]
fn parity_139_the_event_carries_the_whole_error_and_the_condition_begins_short() {
    let mut world = World::synced();
    world.put("plain", fault(FaultKind::Denied, "AWS refused (AccessDeniedException)."));
    force(&mut world, "1");
    let turn = world.turn();
    let full = "error processing spec.data[0] (key: plain), err: AWS refused (AccessDeniedException).";
    assert_eq!(turn.events, [format!("Warning UpdateFailed: {full}")]);
    let (status, reason, message) = world.ready();
    assert_eq!((status, reason), ("False", "SecretSyncedError"));
    assert_eq!(message, format!("could not get secret data from provider: {full}"));
}

#[test]
fn a_failure_leaves_secret_time_version_and_binding_as_they_were() {
    let mut world = World::synced();
    let (synced, secret) = (world.synced_as_of(), world.secret("out").duplicate());
    world.put("plain", fault(FaultKind::Unavailable, "down"));
    world.wait(4000);
    world.turn();
    assert_eq!((world.synced_as_of(), world.bound()), (synced, "out"));
    assert!(*world.secret("out") == secret);
}

#[test]
fn foreign_text_of_a_fault_shows_up_nowhere() {
    let mut world = World::new();
    world.put("plain", Content::Fault(Fault::new(FaultKind::Denied, "no").with_detail("canary-detail")));
    let turn = world.turn();
    assert!(!format!("{turn:?} {:?}", world.object.status).contains("canary-detail"));
}

#[test]
fn parity_140_the_transition_time_moves_only_when_the_status_flips() {
    let mut world = World::synced();
    assert_eq!(since(&world), "2026-01-01T12:00:00Z");
    world.wait(10);
    force(&mut world, "1");
    world.sync();
    assert_eq!(since(&world), "2026-01-01T12:00:00Z");
    world.put("plain", fault(FaultKind::Unavailable, "down"));
    world.wait(10);
    force(&mut world, "2");
    assert!(world.turn().status_written);
    assert_eq!(since(&world), "2026-01-01T12:00:20Z");
    world.wait(10);
    assert!(!world.turn().status_written, "the same failure is not written twice");
    world.put("plain", fault(FaultKind::Denied, "refused"));
    world.wait(10);
    assert!(world.turn().status_written, "another message is written");
    assert_eq!(since(&world), "2026-01-01T12:00:20Z");
    world.put_text("plain", "hello");
    world.wait(10);
    world.sync();
    assert_eq!(since(&world), "2026-01-01T12:00:50Z");
}

#[test]
fn conditions_of_other_types_stay_and_ready_moves_behind_them_only_when_it_changes() {
    let mut world = World::synced();
    let status = world.object.status.as_mut().unwrap();
    let mut other = status.conditions[0].clone();
    other.type_ = "Other".to_owned();
    status.conditions.push(other);
    let order = |world: &World| -> Vec<String> {
        world.object.status.as_ref().unwrap().conditions.iter().map(|condition| condition.type_.clone()).collect()
    };
    world.wait(10);
    force(&mut world, "1");
    world.turn();
    assert_eq!(order(&world), ["Ready", "Other"], "an identical condition is not rewritten");
    world.put("plain", fault(FaultKind::Unavailable, "down"));
    force(&mut world, "2");
    world.turn();
    assert_eq!(order(&world), ["Other", "Ready"]);
}

#[test]
fn parity_142_a_provider_error_is_tried_again_ever_slower() {
    for kind in
        [FaultKind::Unavailable, FaultKind::Denied, FaultKind::NotFound, FaultKind::Throttled, FaultKind::Invalid]
    {
        let mut world = World::new();
        world.put("plain", fault(kind, "no"));
        let turn = world.turn();
        assert_eq!((turn.requeue, turn.failed), (Requeue::Backoff, true), "{kind:?}");
    }
}

#[test]
fn parity_142_a_backends_own_wish_is_granted_within_the_bounds_of_the_backoff() {
    for (wish, granted) in [(0, 1), (5, 5), (420, 420), (100_000, 420)] {
        let mut world = World::new();
        let slow_down = Fault::new(FaultKind::Throttled, "slow down").after(Duration::from_secs(wish));
        world.put("plain", Content::Fault(slow_down));
        assert_eq!(world.turn().requeue, Requeue::After(Duration::from_secs(granted)), "{wish}");
    }
}

#[test]
fn a_refused_write_is_an_update_failure_that_is_tried_again() {
    let mut world = World::new();
    world.api.refuse = Some((0, ApiFailure::Refused("namespace is being terminated".to_owned())));
    let turn = world.turn();
    let full = "unable to write secret out: namespace is being terminated";
    assert_eq!(turn.events, [format!("Warning UpdateFailed: {full}")]);
    let message = format!("could not update secret: {full}");
    assert_eq!(world.ready(), ("False", "SecretSyncedError", message.as_str()));
    assert_eq!((turn.requeue, turn.failed, world.synced_as_of()), (Requeue::Backoff, true, (None, None)));
    world.sync();
}

#[test]
fn a_refused_update_names_the_secret_and_a_refused_creation_does_not() {
    let refused = || Some((0, ApiFailure::Refused("no".to_owned())));
    let mut world = World::new();
    world.api.refuse = refused();
    world.turn();
    assert_eq!(world.bound(), "");
    let mut world = World::synced();
    world.put_text("plain", "changed");
    world.object.status = None;
    world.api.refuse = refused();
    world.turn();
    assert_eq!(world.bound(), "out");
}

#[test]
fn a_refused_deletion_of_an_orphaned_secret_stops_the_turn() {
    let mut world = World::synced();
    world.edit(|spec| spec.target.name = Some("out2".to_owned()));
    world.api.refuse = Some((1, ApiFailure::Refused("no".to_owned())));
    let turn = world.turn();
    let message = "could not delete orphaned secrets: unable to delete secret out: no";
    assert_eq!(world.ready(), ("False", "SecretSyncedError", message));
    assert_eq!((turn.writes, turn.requeue), (vec!["create out2".to_owned()], Requeue::Backoff));
    assert_eq!(world.sync().writes, ["delete out"]);
}

#[test]
fn what_went_through_before_a_refusal_has_its_event() {
    let mut world = World::synced();
    world.edit(|spec| spec.target.name = Some("out2".to_owned()));
    world.api.refuse = Some((1, ApiFailure::Refused("no".to_owned())));
    let turn = world.turn();
    assert_eq!(turn.writes, ["create out2"]);
    assert_eq!(turn.events[0], "Normal Created: secret created");
    assert_eq!(turn.events[1], "Warning UpdateFailed: unable to delete secret out: no");
    assert_eq!(world.bound(), "out2", "the new one is there");
}

#[test]
fn a_refused_creation_leaves_the_secret_of_the_earlier_name() {
    let mut world = World::synced();
    world.edit(|spec| spec.target.name = Some("out2".to_owned()));
    world.api.refuse = Some((0, ApiFailure::Refused("no".to_owned())));
    let turn = world.turn();
    assert_eq!(turn.writes, Vec::<String>::new());
    assert_eq!(turn.events, ["Warning UpdateFailed: unable to write secret out2: no"]);
    assert_eq!((world.bound(), world.api.secrets.len()), ("out", 1));
}

#[test]
fn a_refused_deletion_for_an_empty_backend_says_so() {
    let mut world = World::new().with(|spec| spec.target.deletion_policy = eso_core::crd::DeletionPolicy::Delete);
    world.sync();
    world.vanish("plain");
    force(&mut world, "1");
    world.api.refuse = Some((0, ApiFailure::Refused("no".to_owned())));
    world.turn();
    assert_eq!(world.ready().2, "could not delete secret: unable to delete secret out: no");
}

#[test]
fn a_failure_whose_cause_is_undone_by_hand_ends_at_the_next_turn() {
    let mut world = World::new().with(|spec| spec.refresh_policy = Some(eso_core::crd::RefreshPolicy::CreatedOnce));
    world.sync();
    world.somebody_edits("out", |secret| {
        secret.data.insert("k".to_owned(), "edited".into());
    });
    world.vanish("plain");
    world.turn();
    assert_eq!(world.ready().0, "False");
    world.somebody_edits("out", |secret| {
        secret.data.insert("k".to_owned(), "hello".into());
    });
    world.put_text("plain", "hello");
    world.turn();
    assert_eq!(world.ready().0, "True");
    world.rest();
}
