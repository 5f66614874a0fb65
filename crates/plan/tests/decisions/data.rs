//! From answers to the Secret's data.

use std::collections::BTreeMap;

use eso_core::crd::{
    ConversionStrategy, DataFromEntry, DecodingStrategy, DeletionPolicy, NullBytePolicy, RemoteRef, SourceRef, StoreRef,
};
use eso_core::provider::{MetadataPolicy, Shape};
use eso_plan::Requeue;

use crate::world::{Content, Turn, World, entry, extract};

/// A world whose `dataFrom` is this and whose `data` is empty.
fn from(entries: Vec<DataFromEntry>) -> World {
    World::new().with(|spec| (spec.data, spec.data_from) = (None, Some(entries)))
}

/// `extract` of `key`, bent.
fn bent(key: &str, bend: impl FnOnce(&mut RemoteRef)) -> DataFromEntry {
    let mut entry = extract(key);
    bend(entry.extract.as_mut().unwrap());
    entry
}

/// The turn fails at this entry with a text that begins so; nothing is written.
#[track_caller]
fn assert_fails(world: &mut World, at: &str, text: &str) -> Turn {
    let turn = world.turn();
    let prefix = format!("Warning UpdateFailed: error processing {at}, err: {text}");
    assert!(turn.events.last().unwrap().starts_with(&prefix), "{:?}\n{prefix:?}", turn.events);
    assert!(world.ready().2.starts_with(&format!("could not get secret data from provider: error processing {at}")));
    assert_eq!((turn.failed, turn.requeue, turn.writes.len()), (true, Requeue::Backoff, 0));
    turn
}

#[test]
fn parity_43_later_maps_win_over_earlier_ones() {
    let mut world = from(vec![extract("one"), extract("two")])
        .holds_map("one", &[("a", "1"), ("b", "1")])
        .holds_map("two", &[("b", "2"), ("c", "2")]);
    world.sync();
    assert_eq!(world.data("out"), [("a", "1"), ("b", "2"), ("c", "2")].into());
}

#[test]
fn parity_44_single_values_win_over_maps_and_later_ones_over_earlier() {
    let mut world = from(vec![extract("one")]).holds_map("one", &[("a", "1"), ("b", "1")]).holds("other", "last");
    world.object.spec.data = Some(vec![entry("b", "plain"), entry("c", "plain"), entry("c", "other")]);
    // Under Retain a key that repeats is refused.
    world.object.spec.target.deletion_policy = DeletionPolicy::Merge;
    let turn = world.sync();
    assert_eq!(world.data("out"), [("a", "1"), ("b", "hello"), ("c", "last")].into());
    let shapes: Vec<Shape> = turn.requests.iter().map(|request| request.locator.shape).collect();
    assert_eq!(shapes, [Shape::Map, Shape::Value, Shape::Value, Shape::Value]);
}

#[test]
fn a_request_says_all_that_the_entry_says() {
    let mut world = World::new();
    let remote = &mut world.object.spec.data.as_mut().unwrap()[0].remote_ref;
    remote.version = Some("3".to_owned());
    remote.property = Some("a.b".to_owned());
    remote.metadata_policy = Some(MetadataPolicy::Fetch);
    let turn = world.sync();
    let locator = &turn.requests[0].locator;
    assert_eq!((locator.key.as_str(), locator.version.as_str(), locator.property.as_str()), ("plain", "3", "a.b"));
    assert_eq!((locator.metadata, locator.shape), (MetadataPolicy::Fetch, Shape::Value));
}

#[test]
fn an_entry_with_only_a_store_adds_nothing() {
    let store = StoreRef { name: Some("st".to_owned()), kind: None };
    let source_ref = Some(SourceRef { store_ref: Some(store), generator_ref: None });
    let empty = DataFromEntry { source_ref, ..DataFromEntry::default() };
    let mut world = from(vec![empty, extract("one")]).holds_map("one", &[("a", "1")]);
    assert_eq!(world.sync().requests.len(), 1);
    assert_eq!(world.data("out"), [("a", "1")].into());
}

#[test]
fn parity_46_47_keys_are_converted_by_the_strategy_of_their_entry() {
    let members = [("a/b", "1"), ("plain", "2")];
    for (strategy, expected) in
        [(None, "a_b"), (Some(ConversionStrategy::Default), "a_b"), (Some(ConversionStrategy::Unicode), "a_U002f_b")]
    {
        let mut world = from(vec![bent("one", |it| it.conversion_strategy = strategy)]).holds_map("one", &members);
        world.sync();
        assert_eq!(world.data("out"), BTreeMap::from([(expected, "1"), ("plain", "2")]), "{strategy:?}");
    }
}

#[test]
fn parity_48_keys_that_become_one_fail_the_object() {
    let mut world = from(vec![extract("one")]).holds_map("one", &[("a/b", "1"), ("a b", "2")]);
    assert!(assert_fails(&mut world, "spec.dataFrom[0].extract", "key \"a/b\"").events[0].contains("\"a_b\""));
}

#[test]
fn parity_50_51_empty_keys_are_dropped_and_long_ones_fail_the_object() {
    let mut world = from(vec![extract("one")]).holds_map("one", &[("", "1"), ("a", "2")]);
    world.sync();
    assert_eq!(world.data("out"), [("a", "2")].into());
    let long = "k".repeat(254);
    let mut world = from(vec![extract("one")]).holds_map("one", &[(&long, "1")]);
    assert_fails(&mut world, "spec.dataFrom[0].extract", "key \"kkkk");
}

#[test]
fn parity_52_what_is_not_base64_fails_the_object_and_names_the_entry() {
    let mut world = World::new();
    world.object.spec.data.as_mut().unwrap()[0].remote_ref.decoding_strategy = Some(DecodingStrategy::Base64);
    // Recorded with ESO 2.9.
    let text = "error applying decoding strategy Base64 to data: illegal base64 data at input byte 4";
    assert_fails(&mut world, "spec.data[0] (key: plain)", text);
    let mut world = from(vec![bent("one", |it| it.decoding_strategy = Some(DecodingStrategy::Base64Url))])
        .holds_map("one", &[("a", "aGVsbG8="), ("b", "a+/=")]);
    assert!(assert_fails(&mut world, "spec.dataFrom[0].extract", "error applying").events[0].contains("\"b\""));
}

#[test]
fn parity_53_54_55_values_are_decoded_by_the_strategy_of_their_entry() {
    for (strategy, stored, expected) in [
        (None, "aGVsbG8=", "aGVsbG8="),
        (Some(DecodingStrategy::None), "aGVsbG8=", "aGVsbG8="),
        (Some(DecodingStrategy::Base64), "aGVsbG8=", "hello"),
        (Some(DecodingStrategy::Base64Url), "Pz8_", "???"),
        (Some(DecodingStrategy::Auto), "Pz8_", "???"),
        (Some(DecodingStrategy::Auto), "not base64!", "not base64!"),
    ] {
        let mut world = World::new().holds("plain", stored).holds_map("one", &[("m", stored)]).with(|spec| {
            spec.data.as_mut().unwrap()[0].remote_ref.decoding_strategy = strategy;
            spec.data_from = Some(vec![bent("one", |it| it.decoding_strategy = strategy)]);
        });
        world.sync();
        assert_eq!(world.data("out"), [("k", expected), ("m", expected)].into(), "{strategy:?}");
    }
}

#[test]
fn parity_56_an_unknown_decoding_strategy_cannot_even_be_read() {
    for (text, ok) in [("Base64", true), ("Base64URL", true), ("Auto", true), ("None", true), ("Base32", false)] {
        let manifest = serde_json::json!({ "key": "k", "decodingStrategy": text });
        assert_eq!(serde_json::from_value::<RemoteRef>(manifest).is_ok(), ok, "{text}");
    }
}

#[test]
fn parity_57_a_nul_byte_in_a_single_value_fails_under_policy_fail_after_decoding() {
    let mut world = World::new().holds("plain", "AAE="); // 0x00 0x01 once decoded
    let remote = &mut world.object.spec.data.as_mut().unwrap()[0].remote_ref;
    remote.null_byte_policy = Some(NullBytePolicy::Fail);
    world.sync();
    assert_eq!(world.data("out")["k"], "AAE=");
    world.edit(|spec| spec.data.as_mut().unwrap()[0].remote_ref.decoding_strategy = Some(DecodingStrategy::Base64));
    assert_fails(&mut world, "spec.data[0] (key: plain)", "the value for key \"k\" contains a NUL byte");
    assert_eq!(world.data("out")["k"], "AAE=");
}

#[test]
fn parity_58_a_nul_byte_in_a_map_fails_and_names_the_first_key_in_order() {
    let mut world = from(vec![bent("one", |it| it.null_byte_policy = Some(NullBytePolicy::Fail))])
        .holds_map("one", &[("z", "\0"), ("b", "\0"), ("a", "fine")]);
    assert_fails(&mut world, "spec.dataFrom[0].extract", "the value for key \"b\" contains a NUL byte");
}

#[test]
fn parity_59_nul_bytes_are_kept_under_policy_ignore_and_without_one() {
    for policy in [None, Some(NullBytePolicy::Ignore)] {
        let mut world = from(vec![bent("one", |it| it.null_byte_policy = policy)])
            .holds_map("one", &[("a", "x\0y")])
            .holds("p", "\0");
        world.object.spec.data = Some(vec![entry("b", "p")]);
        world.object.spec.data.as_mut().unwrap()[0].remote_ref.null_byte_policy = policy;
        world.sync();
        assert_eq!(world.data("out"), [("a", "x\0y"), ("b", "\0")].into());
    }
}

#[test]
fn parity_72_a_missing_secret_is_an_error_under_retain() {
    let mut world = World::new().with(|spec| spec.data = Some(vec![entry("k", "nope")]));
    let turn = assert_fails(&mut world, "spec.data[0] (key: nope)", "Secret does not exist");
    assert_eq!(turn.events.len(), 1);
    let mut world = from(vec![extract("nope")]);
    assert_fails(&mut world, "spec.dataFrom[0].extract", "Secret does not exist");
}

#[test]
fn parity_73_135_a_missing_secret_is_skipped_with_an_event_under_delete_and_merge() {
    for policy in [DeletionPolicy::Delete, DeletionPolicy::Merge] {
        let mut world = from(vec![extract("gone"), extract("one")]).holds_map("one", &[("a", "1")]);
        world.object.spec.target.deletion_policy = policy;
        world.object.spec.data = Some(vec![entry("k", "plain"), entry("u", "vanished")]);
        let turn = world.sync();
        // [B7]: ESO says dataFrom for entries of data too.
        let texts = [
            "Normal MissingProviderSecret: secret does not exist at provider using spec.dataFrom[0] (key=gone)",
            "Normal MissingProviderSecret: secret does not exist at provider using spec.data[1] (key=vanished)",
            "Normal Created: secret created",
        ];
        assert_eq!(turn.events, texts, "{policy:?}");
        assert_eq!(world.data("out"), [("a", "1"), ("k", "hello")].into());
        assert_eq!(world.ready(), ("True", "SecretSynced", "secret synced"));
    }
}

#[test]
fn what_was_missing_is_told_although_a_later_entry_fails() {
    let mut world = from(vec![extract("gone")]);
    world.object.spec.target.deletion_policy = DeletionPolicy::Merge;
    world.object.spec.data = Some(vec![entry("k", "plain")]);
    world.put("plain", Content::Fault(eso_core::Fault::new(eso_core::FaultKind::Denied, "no.")));
    let turn = assert_fails(&mut world, "spec.data[0] (key: plain)", "no.");
    assert_eq!(
        turn.events[0],
        "Normal MissingProviderSecret: secret does not exist at provider using spec.dataFrom[0] (key=gone)"
    );
    assert!(turn.events[1].starts_with("Warning UpdateFailed"), "{:?}", turn.events);
}

#[test]
fn only_not_found_drives_the_deletion_policy() {
    use eso_core::{Fault, FaultKind};
    for kind in [
        FaultKind::Denied,
        FaultKind::Unauthenticated,
        FaultKind::Misconfigured,
        FaultKind::Unsupported,
        FaultKind::Conflict,
        FaultKind::Invalid,
        FaultKind::Throttled,
        FaultKind::Unavailable,
        FaultKind::Internal,
    ] {
        let mut world = World::new().with(|spec| spec.target.deletion_policy = DeletionPolicy::Delete);
        world.sync();
        world.put("plain", Content::Fault(Fault::new(kind, "no.")));
        world.annotate("external-secrets.io/force-sync", "1");
        assert_fails(&mut world, "spec.data[0] (key: plain)", "no.");
        assert_eq!(world.data("out"), [("k", "hello")].into(), "{kind:?}");
    }
}

#[test]
fn one_failing_entry_leaves_the_whole_secret_as_it_was() {
    let mut world = World::new().holds("other", "1").with(|spec| spec.data.as_mut().unwrap().push(entry("o", "other")));
    world.sync();
    world.put_text("plain", "changed");
    world.vanish("other");
    world.annotate("external-secrets.io/force-sync", "1");
    assert_fails(&mut world, "spec.data[1] (key: other)", "Secret does not exist");
    assert_eq!(world.data("out"), [("k", "hello"), ("o", "1")].into());
}
