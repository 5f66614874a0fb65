//! The audit is worth something: for each invariant a plan that breaks it, and only it, is reported.

use std::sync::Arc;
use std::time::Duration;

use eso_core::condition::SyncReason;
use eso_core::crd::{CreationPolicy, DeletionPolicy, ExternalSecret, Time};
use eso_core::{hash, names};
use eso_plan::externalsecret::{
    Need, Plan, Seen, TargetFacts, TargetSeen, Verdict, Write, audit, finalize, needs, plan,
};
use eso_plan::{EventDraft, Requeue, SecretObject};

use crate::ownership::owner;
use crate::world::World;

/// A sound plan, and what it was made from.
fn sound(world: &World) -> (Seen, Plan) {
    let seen = world.seen(world.live_target());
    let plan = match needs(&seen) {
        Need::Skip => panic!("skipped"),
        Need::Settled(plan) => *plan,
        Need::Finalize => finalize(&seen),
        Need::Fetch(fetch) => {
            let answers = fetch.requests.iter().map(|request| world.backend.answer(request)).collect();
            plan(&seen, answers, &mut crate::world::FixedHost)
        }
    };
    assert_eq!(audit(&seen, &plan), Vec::<String>::new());
    (seen, plan)
}

/// The plan of a first sync: it creates the Secret.
fn creating() -> (Seen, Plan) {
    sound(&World::new())
}

/// The plan of a forced sync with a new value: it replaces the Secret.
fn replacing() -> (Seen, Plan) {
    let mut world = World::synced();
    world.put_text("plain", "changed-value");
    world.annotate("external-secrets.io/force-sync", "1");
    sound(&world)
}

/// The plan when the backend is empty: it deletes the Secret.
fn deleting() -> (Seen, Plan) {
    let mut world = World::new().with(|spec| spec.target.deletion_policy = DeletionPolicy::Delete);
    world.sync();
    world.vanish("plain");
    world.annotate("external-secrets.io/force-sync", "1");
    sound(&world)
}

/// The plan at the end of the object: it deletes the Secret and lets go.
fn finalizing() -> (Seen, Plan) {
    let mut world = World::new().with(|spec| spec.target.deletion_policy = DeletionPolicy::Delete);
    world.sync();
    world.object.metadata.finalizers = Some(vec!["a.example/x".into(), names::EXTERNAL_SECRET_FINALIZER.into()]);
    world.somebody_deletes_the_object();
    sound(&world)
}

/// The plan after a renaming: it deletes the old Secret and creates the new one.
fn renaming() -> (Seen, Plan) {
    let mut world = World::synced();
    world.edit(|spec| spec.target.name = Some("out2".to_owned()));
    sound(&world)
}

/// The Secret that the last write of the plan writes.
fn written(plan: &mut Plan) -> &mut SecretObject {
    match plan.writes.last_mut() {
        Some(Write::CreateSecret { secret } | Write::ReplaceSecret { secret }) => secret,
        other => panic!("{other:?}"),
    }
}

fn object(seen: &mut Seen) -> &mut ExternalSecret {
    Arc::make_mut(&mut seen.object)
}

/// The Secret as it was read, to be bent.
fn bend(seen: &mut Seen, bend: impl FnOnce(&mut SecretObject)) {
    let TargetSeen::Read(secret) = &seen.target else { panic!("{:?}", seen.target) };
    let mut secret = secret.duplicate();
    bend(&mut secret);
    seen.target = TargetSeen::Read(Arc::new(secret));
}

#[track_caller]
fn assert_reported((seen, plan): (Seen, Plan), broken: &str) {
    assert_eq!(audit(&seen, &plan), [broken]);
}

/// As [`assert_reported`], for a plan made from this, after this was done to it.
#[track_caller]
fn assert_bites(mut made: (Seen, Plan), spoil: impl FnOnce(&mut Seen, &mut Plan), broken: &str) {
    let (seen, plan) = &mut made;
    spoil(seen, plan);
    assert_reported(made, broken);
}

#[test]
fn a_secret_that_is_written_twice() {
    let twice = |_: &mut Seen, plan: &mut Plan| {
        let secret = written(plan).duplicate();
        plan.writes.push(Write::CreateSecret { secret });
    };
    assert_bites(creating(), twice, "Secret out is written twice");
}

#[test]
fn a_secret_that_is_not_the_target() {
    let broken = "a Secret is written that is not the target";
    assert_bites(creating(), |_, plan| written(plan).metadata.name = Some("other".to_owned()), broken);
    assert_bites(creating(), |_, plan| written(plan).metadata.namespace = Some("kube-system".to_owned()), broken);
}

#[test]
fn a_write_for_an_object_that_is_being_deleted() {
    let deleted = |seen: &mut Seen, _: &mut Plan| {
        let now = seen.now;
        object(seen).metadata.deletion_timestamp = Some(Time(now));
    };
    assert_bites(creating(), deleted, "a Secret is written for an object that is being deleted");
}

#[test]
fn a_hash_that_is_not_the_datas() {
    let broken = "the data hash does not match the data";
    assert_bites(creating(), |_, plan| drop(written(plan).data.insert("more".to_owned(), "x".into())), broken);
    let unhashed = |_: &mut Seen, plan: &mut Plan| {
        written(plan).metadata.annotations.as_mut().unwrap().remove(names::DATA_HASH_ANNOTATION);
    };
    assert_bites(replacing(), unhashed, broken);
}

#[test]
fn a_managed_label_that_is_missing_or_false() {
    let broken = "the managed label is missing";
    let set = |value: Option<&'static str>| {
        move |_: &mut Seen, plan: &mut Plan| {
            let labels = written(plan).metadata.labels.as_mut().unwrap();
            labels.remove(names::MANAGED_LABEL);
            labels.extend(value.map(|value| (names::MANAGED_LABEL.to_owned(), value.to_owned())));
        }
    };
    assert_bites(creating(), set(None), broken);
    assert_bites(creating(), set(Some("false")), broken);
}

#[test]
fn a_secret_with_two_controllers() {
    let second = |_: &mut Seen, plan: &mut Plan| {
        written(plan).metadata.owner_references.as_mut().unwrap().push(owner("apps/v1", "Deployment", "d"));
    };
    assert_bites(creating(), second, "two owners control one Secret");
}

#[test]
fn a_secret_of_policy_owner_that_is_not_owned() {
    let broken = "creationPolicy is Owner and the Secret is not owned";
    assert_bites(creating(), |_, plan| written(plan).metadata.owner_references = None, broken);
    let of_predecessor = |_: &mut Seen, plan: &mut Plan| {
        written(plan).metadata.owner_references.as_mut().unwrap()[0].uid = "predecessor".to_owned();
    };
    assert_bites(creating(), of_predecessor, broken);
    let unlabelled = |_: &mut Seen, plan: &mut Plan| {
        written(plan).metadata.labels.as_mut().unwrap().remove(names::CREATED_BY_LABEL);
    };
    assert_bites(creating(), unlabelled, broken);
}

#[test]
fn a_secret_that_is_owned_against_its_policy() {
    let orphan = |seen: &mut Seen, _: &mut Plan| object(seen).spec.target.creation_policy = CreationPolicy::Orphan;
    assert_bites(creating(), orphan, "the Secret is owned although creationPolicy is not Owner");
}

#[test]
fn a_secret_that_is_written_under_policy_none() {
    let none = |seen: &mut Seen, _: &mut Plan| object(seen).spec.target.creation_policy = CreationPolicy::None;
    assert_bites(creating(), none, "a Secret is written although creationPolicy is None");
}

#[test]
fn a_secret_that_is_replaced_unread() {
    let broken = "a Secret is replaced that was not read";
    assert_bites(replacing(), |seen, _| seen.target = TargetSeen::Absent, broken);
    let indexed = |seen: &mut Seen, _: &mut Plan| seen.target = TargetSeen::Indexed(TargetFacts { intact: true });
    assert_bites(replacing(), indexed, broken);
}

#[test]
fn a_secret_that_is_replaced_without_preconditions() {
    let broken = "a Secret is replaced without the preconditions of what was read";
    assert_bites(replacing(), |_, plan| written(plan).metadata.uid = None, broken);
    assert_bites(replacing(), |_, plan| written(plan).metadata.uid = Some("other".to_owned()), broken);
    assert_bites(replacing(), |_, plan| written(plan).metadata.resource_version = None, broken);
}

#[test]
fn a_secret_that_is_taken_over_from_another_external_secret() {
    let theirs = |seen: &mut Seen, _: &mut Plan| {
        let other = owner("external-secrets.io/v1beta1", "ExternalSecret", "a");
        bend(seen, |secret| secret.metadata.owner_references = Some(vec![other]));
    };
    assert_bites(replacing(), theirs, "another ExternalSecret's Secret is taken over");
}

#[test]
fn an_immutable_secret_whose_data_changes() {
    let immutable = |seen: &mut Seen, _: &mut Plan| bend(seen, |secret| secret.immutable = Some(true));
    assert_bites(replacing(), immutable, "an immutable Secret's data is changed");
}

#[test]
fn a_deletion_without_a_uid() {
    let nameless = |_: &mut Seen, plan: &mut Plan| match &mut plan.writes[0] {
        Write::DeleteSecret { uid, .. } => uid.clear(),
        other => panic!("{other:?}"),
    };
    assert_bites(deleting(), nameless, "Secret out is deleted without naming its UID");
}

#[test]
fn a_deletion_of_what_is_not_ours() {
    let broken = "Secret out is deleted although it is not ours";
    for foreign in [
        owner("apps/v1", "Deployment", "d"),
        owner("external-secrets.io/v1", "ExternalSecret", "a"),
        owner("kubernetes-client.io/v1", "ExternalSecret", "es"),
    ] {
        let theirs = |seen: &mut Seen, _: &mut Plan| {
            bend(seen, |secret| secret.metadata.owner_references = Some(vec![foreign.clone()]));
        };
        assert_bites(deleting(), theirs, broken);
        assert_bites(finalizing(), theirs, broken);
    }
    assert_bites(deleting(), |seen, _| bend(seen, |secret| secret.metadata.owner_references = None), broken);
    assert_bites(deleting(), |seen, _| bend(seen, |secret| secret.metadata.uid = Some("another".to_owned())), broken);
}

#[test]
fn a_deletion_at_the_end_of_what_a_predecessor_controlled() {
    let predecessor = |seen: &mut Seen, _: &mut Plan| {
        bend(seen, |secret| secret.metadata.owner_references.as_mut().unwrap()[0].uid = "predecessor".to_owned());
    };
    assert_bites(finalizing(), predecessor, "Secret out is deleted although it is not ours");
    // Before its end an object may delete what its predecessor of the same name left.
    let (mut seen, plan) = deleting();
    predecessor(&mut seen, &mut Plan { writes: Vec::new(), ..replacing().1 });
    assert_eq!(audit(&seen, &plan), Vec::<String>::new());
}

#[test]
fn a_deletion_against_the_policy() {
    for policy in [DeletionPolicy::Retain, DeletionPolicy::Merge] {
        let keep = |seen: &mut Seen, _: &mut Plan| object(seen).spec.target.deletion_policy = policy;
        assert_bites(deleting(), keep, "Secret out is deleted although deletionPolicy is not Delete");
    }
}

#[test]
fn a_deletion_of_a_stray_that_is_none() {
    let broken = "Secret out is deleted although it is not ours";
    assert_bites(renaming(), |seen, _| seen.strays.clear(), broken);
    assert_bites(renaming(), |seen, _| seen.strays[0].1 = "another".to_owned(), broken);
}

#[test]
fn a_deletion_of_strays_under_orphan() {
    let (mut seen, mut plan) = renaming();
    object(&mut seen).spec.target.creation_policy = CreationPolicy::Orphan;
    plan.writes.remove(0);
    assert_reported((seen, plan), "Secret out is deleted although it is not ours");
}

#[test]
fn a_target_that_is_deleted_as_a_stray() {
    let (mut seen, mut plan) = renaming();
    plan.writes.remove(0);
    object(&mut seen).spec.target.name = Some("out".to_owned());
    object(&mut seen).spec.target.deletion_policy = DeletionPolicy::Delete;
    seen.target = TargetSeen::Absent;
    assert_reported((seen, plan), "Secret out is deleted although it is not ours");
}

#[test]
fn a_finalizer_that_is_removed_too_early() {
    let alive = |seen: &mut Seen, _: &mut Plan| object(seen).metadata.deletion_timestamp = None;
    assert_bites(finalizing(), alive, "the finalizer is removed from an object that is not being deleted");
}

#[test]
fn somebody_elses_finalizer_that_is_removed_too() {
    let all = |_: &mut Seen, plan: &mut Plan| match plan.writes.last_mut() {
        Some(Write::RemoveFinalizer { remaining, .. }) => remaining.clear(),
        other => panic!("{other:?}"),
    };
    assert_bites(finalizing(), all, "another finalizer than ours is removed");
}

#[test]
fn a_finalizer_that_is_removed_on_another_version() {
    let blind = |_: &mut Seen, plan: &mut Plan| match plan.writes.last_mut() {
        Some(Write::RemoveFinalizer { resource_version, .. }) => resource_version.clear(),
        other => panic!("{other:?}"),
    };
    assert_bites(finalizing(), blind, "the finalizer is removed without the precondition of what was read");
}

#[test]
fn a_failure_that_writes() {
    let fail = |_: &mut Seen, plan: &mut Plan| {
        plan.verdict = Verdict::Failed { short: "could not update secret", full: "no".to_owned() };
    };
    assert_bites(creating(), fail, "a failure writes");
}

#[test]
fn a_deletion_that_is_claimed_and_not_made() {
    let broken = "the Secret is said to be deleted and is not";
    assert_bites(deleting(), |_, plan| plan.writes.clear(), broken);
    let claim = |seen: &mut Seen, plan: &mut Plan| {
        seen.target = TargetSeen::Indexed(TargetFacts { intact: true });
        plan.writes.clear();
        plan.verdict = Verdict::Synced { reason: SyncReason::SecretDeleted, message: "secret deleted" };
    };
    assert_bites(deleting(), claim, broken);
}

#[test]
fn a_next_look_out_of_bounds() {
    let at = |wait: Duration| move |_: &mut Seen, plan: &mut Plan| plan.requeue = Requeue::After(wait);
    assert_bites(creating(), at(Duration::ZERO), "the next look is due at once, for ever");
    let late = "the next look is later than interval and backoff allow";
    assert_bites(creating(), at(Duration::from_secs(3610)), late);
    assert_bites(creating(), at(Duration::MAX), late);
}

#[test]
fn a_value_that_shows() {
    let broken = "a secret value stands in an event or in the status";
    let event =
        |text: &'static str| move |_: &mut Seen, plan: &mut Plan| plan.events.push(EventDraft::normal("Updated", text));
    assert_bites(replacing(), event("wrote changed-value."), broken);
    let existing = |seen: &mut Seen, plan: &mut Plan| {
        bend(seen, |secret| drop(secret.data.insert("k".to_owned(), "former-value".into())));
        plan.events.push(EventDraft::normal("Updated", "was former-value"));
    };
    assert_bites(replacing(), existing, broken);
    let status = |_: &mut Seen, plan: &mut Plan| {
        plan.writes.clear();
        plan.verdict = Verdict::Failed { short: "could not update secret", full: "not former-value".to_owned() };
    };
    let mut world = World::synced();
    world.somebody_edits("out", |secret| {
        secret.data.insert("k".to_owned(), "former-value".into());
        let hash = hash::secret_map_hash(&secret.data);
        secret.metadata.annotations.as_mut().unwrap().insert(names::DATA_HASH_ANNOTATION.to_owned(), hash);
    });
    assert_bites(sound(&world), status, broken);
    let farewell = |seen: &mut Seen, plan: &mut Plan| {
        bend(seen, |secret| drop(secret.data.insert("k".to_owned(), "former-value".into())));
        if let Write::DeleteSecret { event, .. } = &mut plan.writes[0] {
            event.message.push_str(" former-value");
        }
    };
    assert_bites(deleting(), farewell, broken);
}
