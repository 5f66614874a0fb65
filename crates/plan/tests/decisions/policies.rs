//! Creation policies other than Owner and Orphan, immutable Secrets, sync windows.

use std::time::Duration;

use eso_core::crd::{CreationPolicy, DeletionPolicy, RefreshPolicy, SyncWindow, SyncWindowKind, SyncWindows, Template};
use eso_plan::Requeue;

use crate::world::{World, entry};

fn world(policy: CreationPolicy) -> World {
    World::new().with(|spec| spec.target.creation_policy = policy)
}

#[test]
fn parity_92_none_writes_nothing_says_synced_and_binds_nothing() {
    let mut world = world(CreationPolicy::None);
    world.somebody_creates("out", &[("theirs", "1")], |_| ());
    let turn = world.sync();
    assert_eq!((turn.writes.len(), turn.events.len()), (0, 0));
    assert_eq!((world.ready().1, world.bound()), ("SecretSynced", ""));
    assert_eq!(world.data("out"), [("theirs", "1")].into());
    // Nothing to look at: the backend is read when the interval is over, not on every occasion ([B2] and what follows from it).
    world.rest();
}

#[test]
fn parity_93_merge_waits_for_the_secret_without_an_error() {
    let mut world = world(CreationPolicy::Merge);
    let turn = world.sync();
    assert_eq!((turn.writes.len(), turn.failed), (0, false));
    let message = "secret will not be created due to CreationPolicy=Merge";
    assert_eq!(world.ready(), ("True", "SecretMissing", message));
    assert_eq!(world.bound(), "");
    world.rest();
    world.somebody_creates("out", &[("theirs", "1")], |_| ());
    world.wait(3601);
    assert_eq!(world.sync().writes, ["replace out"]);
    assert_eq!((world.ready().1, world.bound()), ("SecretSynced", "out"));
}

#[test]
fn parity_94_95_merge_keeps_what_is_there_and_wins_where_both_have_a_key() {
    let mut world = world(CreationPolicy::Merge);
    world.somebody_creates("out", &[("theirs", "1"), ("k", "old")], |secret| {
        secret.metadata.labels = Some([("team".to_owned(), "red".to_owned())].into());
    });
    assert_eq!(world.sync().writes, ["replace out"]);
    assert_eq!(world.data("out"), [("k", "hello"), ("theirs", "1")].into());
    assert_eq!(world.labels("out")["team"], "red");
    assert_eq!(world.secret("out").metadata.owner_references, Some(Vec::new()));
    world.rest();
    // Edits are undone at once, and foreign keys are left alone.
    world.somebody_edits("out", |secret| {
        secret.data.insert("k".to_owned(), "edited".into());
        secret.data.insert("more".to_owned(), "2".into());
    });
    assert_eq!(world.sync().writes, ["replace out"]);
    assert_eq!(world.data("out"), [("k", "hello"), ("more", "2"), ("theirs", "1")].into());
}

#[test]
fn parity_118_keys_that_leave_the_template_leave_the_secret_and_foreign_ones_stay() {
    let template = |keys: &[&str]| Template {
        data: Some(keys.iter().map(|key| ((*key).to_owned(), "{{ .k }}".to_owned())).collect()),
        ..Template::default()
    };
    let mut world = world(CreationPolicy::Merge).with(|spec| spec.target.template = Some(template(&["a", "b"])));
    world.somebody_creates("out", &[("theirs", "1")], |_| ());
    world.sync();
    assert_eq!(world.data("out"), [("a", "hello"), ("b", "hello"), ("theirs", "1")].into());
    world.edit(|spec| spec.target.template = Some(template(&["a"])));
    world.sync();
    assert_eq!(world.data("out"), [("a", "hello"), ("theirs", "1")].into());
}

#[test]
fn a_merge_whose_backend_is_empty_takes_its_own_keys_away() {
    let mut world = world(CreationPolicy::Merge).with(|spec| spec.target.deletion_policy = DeletionPolicy::Merge);
    world.somebody_creates("out", &[("theirs", "1")], |_| ());
    world.sync();
    world.vanish("plain");
    world.wait(3601);
    world.sync();
    assert_eq!(world.data("out"), [("theirs", "1")].into());
}

#[test]
fn parity_98_99_create_or_merge_makes_what_is_missing_at_once_whatever_the_refresh_policy() {
    let mut world = world(CreationPolicy::CreateOrMerge).with(|spec| {
        spec.refresh_policy = Some(RefreshPolicy::CreatedOnce);
    });
    assert_eq!(world.sync().writes, ["create out"]);
    assert_eq!(world.secret("out").metadata.owner_references, Some(Vec::new()));
    world.rest();
    world.api.secrets.remove("out");
    assert_eq!(world.sync().writes, ["create out"]);
}

#[test]
fn create_or_merge_joins_a_secret_that_is_there() {
    let mut world = world(CreationPolicy::CreateOrMerge);
    world.somebody_creates("out", &[("theirs", "1")], |_| ());
    assert_eq!(world.sync().writes, ["replace out"]);
    assert_eq!(world.data("out"), [("k", "hello"), ("theirs", "1")].into());
}

#[test]
fn parity_110_111_112_immutable_secrets_are_made_left_alone_and_made_again() {
    let immutable = |world: World| world.with(|spec| spec.target.immutable = Some(true));
    let mut fresh = immutable(World::new());
    assert_eq!(fresh.sync().writes, ["create out"]);
    assert_eq!((fresh.secret("out").immutable, fresh.data("out")["k"]), (Some(true), "hello"));
    fresh.put_text("plain", "changed");
    fresh.wait(3601);
    assert!(fresh.sync().writes.is_empty());
    assert_eq!(fresh.data("out")["k"], "hello");
    fresh.api.secrets.remove("out");
    assert_eq!(fresh.sync().writes, ["create out"]);
    assert_eq!(fresh.data("out")["k"], "changed");

    let mut there = immutable(World::new());
    there.somebody_creates("out", &[("theirs", "1")], |_| ());
    assert_eq!(there.sync().writes, ["replace out"]);
    assert_eq!((there.secret("out").immutable, there.data("out")), (Some(true), [("theirs", "1")].into()));
    there.rest();
}

/// A window each day around noon, when worlds begin.
fn windows(kind: SyncWindowKind, schedule: &str) -> SyncWindows {
    SyncWindows { kind, windows: vec![SyncWindow { schedule: schedule.to_owned(), duration: "3h".to_owned() }] }
}

#[test]
fn parity_37_41_an_open_deny_window_holds_back_interval_reads_only() {
    let deny = windows(SyncWindowKind::Deny, "0 11 * * *");
    let mut world = World::new().with(|spec| spec.sync_windows = Some(deny));
    // The first sync does not wait.
    world.sync();
    world.wait(3601);
    world.rest();
    world.annotate("force", "1");
    world.sync();
    world.wait(3601);
    world.put_text("plain", "new");
    assert_eq!(world.sync().writes, ["replace out"]);
}

#[test]
fn parity_38_a_closed_allow_window_holds_back_interval_reads() {
    let allow = windows(SyncWindowKind::Allow, "0 15 * * *");
    let mut world = World::new().with(|spec| spec.sync_windows = Some(allow));
    world.sync();
    world.wait(3601);
    world.rest();
    world.wait(2 * 3600);
    world.put_text("plain", "new");
    assert_eq!(world.sync().writes, ["replace out"]);
}

#[test]
fn the_timer_of_a_held_back_read_neither_spins_nor_sleeps_for_days() {
    let yearly = windows(SyncWindowKind::Allow, "0 15 1 1 *");
    let mut world = World::new().with(|spec| {
        spec.sync_windows = Some(yearly);
        spec.data = Some(vec![entry("k", "plain")]);
    });
    world.sync();
    world.wait(7200);
    let Requeue::After(wait) = world.rest().requeue else { panic!("no timer") };
    assert!(wait > Duration::from_mins(50) && wait < Duration::from_mins(61), "{wait:?}");
}
