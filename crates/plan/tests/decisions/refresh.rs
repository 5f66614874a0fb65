//! When the backend is read, and when it is looked at next.

use std::time::Duration;

use eso_core::crd::{CreationPolicy, RefreshPolicy, Time};
use eso_plan::Requeue;
use eso_plan::externalsecret::Why;

use crate::world::{World, entry};

/// The timer fires a millisecond after the interval, because "over" means longer than.
fn after(seconds: u64) -> Requeue {
    Requeue::After(Duration::from_secs(seconds) + Duration::from_millis(1))
}

fn with_policy(policy: RefreshPolicy) -> World {
    let mut world = World::new().with(|spec| spec.refresh_policy = Some(policy));
    world.sync();
    world
}

fn once() -> World {
    let mut world = World::new().with(|spec| spec.refresh_interval = Some("0".to_owned()));
    world.sync();
    world
}

#[test]
fn parity_19_29_the_first_turn_reads_under_every_policy_and_interval() {
    for policy in [None, Some(RefreshPolicy::CreatedOnce), Some(RefreshPolicy::Periodic), Some(RefreshPolicy::OnChange)]
    {
        for interval in [None, Some("1h"), Some("0"), Some("0s"), Some("-5m")] {
            let mut world = World::new().with(|spec| {
                spec.refresh_policy = policy;
                spec.refresh_interval = interval.map(str::to_owned);
            });
            let turn = world.sync();
            assert_eq!(turn.why, Some(Why::NeverSynced), "{policy:?} {interval:?}");
            assert_eq!(turn.writes, ["create out"], "{policy:?} {interval:?}");
            assert_eq!(world.ready(), ("True", "SecretSynced", "secret synced"));
        }
    }
}

#[test]
fn parity_20_created_once_rests_whatever_changes_but_the_secret() {
    let mut world = with_policy(RefreshPolicy::CreatedOnce);
    world.put_text("plain", "changed");
    world.annotate("x", "1");
    world.edit(|spec| spec.refresh_interval = Some("1m".to_owned()));
    world.wait(100_000);
    assert_eq!(world.rest().requeue, Requeue::Never, "[B6]: no timer");
    assert_eq!(world.data("out")["k"], "hello");
}

#[test]
fn parity_21_105_created_once_reads_again_after_its_secret_was_edited() {
    let mut world = with_policy(RefreshPolicy::CreatedOnce);
    world.put_text("plain", "changed");
    world.somebody_edits("out", |secret| drop(secret.data.insert("k".to_owned(), "x".into())));
    let turn = world.sync();
    assert_eq!((turn.why, turn.writes), (Some(Why::Drift), vec!["replace out".to_owned()]));
    assert_eq!(world.data("out"), [("k", "changed")].into());
    world.rest();
}

#[test]
fn parity_22_created_once_reads_again_for_a_recreated_object() {
    let mut world = with_policy(RefreshPolicy::CreatedOnce);
    world.put_text("plain", "changed");
    world.rest();
    world.recreate_the_object();
    assert_eq!(world.sync().why, Some(Why::NeverSynced));
    assert_eq!(world.data("out")["k"], "changed");
}

#[test]
fn parity_23_24_on_change_reads_after_a_change_of_spec_annotation_or_label() {
    let mut world = with_policy(RefreshPolicy::OnChange);
    world.put_text("plain", "changed");
    world.rest();
    world.edit(|spec| spec.data.as_mut().unwrap().push(entry("k2", "plain")));
    assert_eq!(world.sync().why, Some(Why::Changed));
    assert_eq!(world.data("out"), [("k", "changed"), ("k2", "changed")].into());
    world.rest();
    world.annotate("external-secrets.io/force-sync", "1");
    assert_eq!(world.sync().why, Some(Why::Changed));
    world.label("tier", "y");
    assert_eq!(world.sync().why, Some(Why::Changed));
}

#[test]
fn parity_25_on_change_has_no_clock() {
    let mut world = with_policy(RefreshPolicy::OnChange);
    world.put_text("plain", "changed");
    world.wait(1_000_000);
    assert_eq!(world.rest().requeue, Requeue::Never);
}

#[test]
fn parity_26_30_periodic_and_no_policy_read_when_the_interval_is_over_and_not_before() {
    for policy in [None, Some(RefreshPolicy::Periodic)] {
        let mut world = World::new().with(|spec| spec.refresh_policy = policy);
        assert_eq!(world.sync().requeue, after(3600));
        world.put_text("plain", "changed");
        world.wait(3599);
        world.rest();
        world.wait(1);
        assert_eq!(world.sync().why, Some(Why::IntervalOver));
        assert_eq!(world.data("out")["k"], "changed");
    }
}

#[test]
fn the_interval_is_over_only_once_it_is_exceeded() {
    let mut world = World::new();
    world.now = "2026-01-01T12:00:00Z".parse().unwrap();
    world.sync();
    world.wait(3600);
    // ESO refreshes when refreshTime + interval is strictly before now.
    assert_eq!(world.rest().requeue, Requeue::After(Duration::from_millis(1)));
    world.wait(1);
    assert_eq!(world.sync().why, Some(Why::IntervalOver));
}

#[test]
fn parity_27_28_interval_zero_ignores_spec_labels_and_annotations_once_synced() {
    for interval in ["0", "0s", "-1h"] {
        let mut world = once();
        world.object.spec.refresh_interval = Some(interval.to_owned());
        world.put_text("plain", "changed");
        world.edit(|spec| spec.data = Some(vec![entry("k2", "plain")]));
        world.label("tier", "y");
        world.annotate("external-secrets.io/force-sync", "1");
        world.wait(1_000_000);
        assert_eq!(world.rest().requeue, Requeue::Never);
        assert_eq!(world.data("out"), [("k", "hello")].into());
    }
}

#[test]
fn interval_zero_stays_at_rest_even_when_the_refresh_time_was_lost() {
    let mut world = once();
    world.object.status.as_mut().unwrap().refresh_time = None;
    world.rest();
}

#[test]
fn renaming_the_target_syncs_even_with_interval_zero() {
    let mut world = once();
    world.edit(|spec| spec.target.name = Some("out2".to_owned()));
    assert_eq!(world.sync().why, Some(Why::Drift));
    assert_eq!(world.data("out2"), [("k", "hello")].into());
}

#[test]
fn parity_31_a_refresh_time_in_the_future_forces_a_read() {
    let mut world = World::synced();
    world.wait(-7200);
    assert_eq!(world.sync().why, Some(Why::ClockWentBack));
    assert_eq!(world.synced_as_of().0.as_deref(), Some("2026-01-01T10:00:00Z"));
    world.rest();
}

#[test]
fn parity_32_a_lost_version_or_refresh_time_forces_a_read_under_created_once() {
    for lose in [
        (|status| status.synced_resource_version = None) as fn(&mut eso_core::crd::ExternalSecretStatus),
        |status| status.synced_resource_version = Some(String::new()),
        |status| status.refresh_time = None,
    ] {
        let mut world = with_policy(RefreshPolicy::CreatedOnce);
        lose(world.object.status.as_mut().unwrap());
        assert_eq!(world.sync().why, Some(Why::NeverSynced));
    }
}

#[test]
fn parity_33_34_the_synced_version_is_generation_and_hash_whatever_the_order_of_labels() {
    let mut world = World::synced();
    // Vectors: core specification, and a recorded world of ESO 2.9.
    let bare = "1-f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2";
    assert_eq!(world.synced_as_of(), (Some("2026-01-01T12:00:00Z".to_owned()), Some(bare.to_owned())));
    world.annotate("external-secrets.io/force-sync", "1");
    world.sync();
    let forced = "1-65cd34c07f24d8b8d7a029bdeb7680a40e3ae0b9c6e6560f0d6c5a6e";
    assert_eq!(world.synced_as_of().1.as_deref(), Some(forced));
    for order in [["x", "foo"], ["foo", "x"]] {
        let mut world = World::new();
        world.object.metadata.generation = Some(7);
        world.annotate("a", "b");
        for key in order {
            world.label(key, if key == "x" { "y" } else { "bar" });
        }
        world.sync();
        let both = "7-7e94ca92eb6fa68c322099bb5e8642be6a6cf6599e4903041d3e5d30";
        assert_eq!(world.synced_as_of().1.as_deref(), Some(both));
    }
}

#[test]
fn parity_35_half_way_through_the_interval_the_rest_of_it_is_waited() {
    let mut world = World::synced();
    world.wait(1800);
    // refreshTime is stored without its quarter second.
    let rest = Duration::from_mins(30) - Duration::from_millis(250) + Duration::from_millis(1);
    assert_eq!(world.rest().requeue, Requeue::After(rest));
}

#[test]
fn parity_36_interval_zero_schedules_nothing() {
    let mut world = World::new().with(|spec| spec.refresh_interval = Some("0".to_owned()));
    assert_eq!(world.sync().requeue, Requeue::Never);
}

#[test]
fn created_once_and_on_change_schedule_nothing_after_a_sync() {
    for policy in [RefreshPolicy::CreatedOnce, RefreshPolicy::OnChange] {
        let mut world = World::new().with(|spec| spec.refresh_policy = Some(policy));
        assert_eq!(world.sync().requeue, Requeue::Never, "[B6] {policy:?}");
    }
}

#[test]
fn parity_42_a_steady_object_is_left_alone_within_its_interval() {
    let mut world = World::synced();
    let before = world.object.status.clone();
    for _ in 0..35 {
        world.wait(100);
        world.rest();
    }
    assert_eq!(world.object.status, before);
}

#[test]
fn no_interval_means_an_hour() {
    let mut world = World::new().with(|spec| spec.refresh_interval = None);
    assert_eq!(world.sync().requeue, after(3600), "[B35]");
}

#[test]
fn a_tiny_interval_does_not_become_a_busy_loop() {
    for interval in ["1ns", "100ms"] {
        let mut world = World::new().with(|spec| spec.refresh_interval = Some(interval.to_owned()));
        assert_eq!(world.sync().requeue, after(1), "{interval}");
    }
}

#[test]
fn an_interval_that_is_no_duration_is_named_and_waits_for_an_edit() {
    for interval in ["90", "1d", "soon", ""] {
        let mut world = World::new().with(|spec| spec.refresh_interval = Some(interval.to_owned()));
        let turn = world.turn();
        assert_eq!((turn.failed, turn.requeue, turn.why), (true, Requeue::Never, None), "{interval:?}");
        assert!(world.ready().2.contains("spec.refreshInterval"), "{}", world.ready().2);
    }
}

#[test]
fn parity_100_101_an_orphan_is_recreated_when_due_and_not_before() {
    let mut world = World::new().with(|spec| {
        spec.target.creation_policy = CreationPolicy::Orphan;
        spec.refresh_policy = Some(RefreshPolicy::CreatedOnce);
    });
    world.sync();
    world.api.secrets.clear();
    world.wait(1_000_000);
    world.rest();

    let mut world = World::new().with(|spec| spec.target.creation_policy = CreationPolicy::Orphan);
    world.sync();
    world.api.secrets.clear();
    world.wait(1800);
    world.rest();
    world.wait(1801);
    assert_eq!(world.sync().writes, ["create out"]);
}

#[test]
fn parity_102_an_owned_secret_that_was_deleted_is_back_at_once_under_every_policy() {
    for policy in [RefreshPolicy::CreatedOnce, RefreshPolicy::Periodic, RefreshPolicy::OnChange] {
        let mut world = with_policy(policy);
        world.api.secrets.clear();
        let turn = world.sync();
        assert_eq!((turn.why, turn.writes), (Some(Why::Drift), vec!["create out".to_owned()]), "{policy:?}");
        assert_eq!(turn.events, ["Normal Created: secret created"]);
    }
    let mut world = once();
    world.api.secrets.clear();
    assert_eq!(world.sync().why, Some(Why::Drift));
}

#[test]
fn edited_labels_of_the_secret_are_no_drift_but_an_edited_hash_or_managed_label_is() {
    let mut world = World::synced();
    world.somebody_edits("out", |secret| drop(secret.metadata.labels.as_mut().unwrap().insert("a".into(), "b".into())));
    world.rest();
    world.somebody_edits("out", |secret| {
        secret.metadata.labels.as_mut().unwrap().remove("reconcile.external-secrets.io/managed");
    });
    assert_eq!(world.sync().writes, ["replace out"], "create was refused, then the Secret was read and adopted");
    assert_eq!(world.labels("out")["reconcile.external-secrets.io/managed"], "true");
    assert_eq!(world.labels("out")["a"], "b");
}

#[test]
fn the_refresh_time_is_the_start_of_the_turn_in_whole_seconds() {
    let mut world = World::synced();
    world.wait(4000);
    world.sync();
    let refreshed = world.object.status.as_ref().unwrap().refresh_time.clone();
    assert_eq!(refreshed, Some(Time("2026-01-01T13:06:40Z".parse().unwrap())));
}
