//! What is not built yet is refused by its path and nothing is touched.

use eso_core::crd::{DataFromEntry, ExternalSecretSpec, Find, GeneratorRef, SourceRef};
use eso_plan::Requeue;

use crate::world::{World, extract};

fn generator() -> SourceRef {
    SourceRef { store_ref: None, generator_ref: Some(GeneratorRef::default()) }
}

/// What uses a field that is not built yet.
type Use = fn(&mut ExternalSecretSpec);

const FIELDS: [(&str, Use); 3] = [
    ("spec.dataFrom[1].find", |spec| {
        let find = DataFromEntry { find: Some(Find::default()), ..DataFromEntry::default() };
        spec.data_from = Some(vec![extract("plain"), find]);
    }),
    ("spec.dataFrom[0].sourceRef.generatorRef", |spec| {
        spec.data_from = Some(vec![DataFromEntry { source_ref: Some(generator()), ..DataFromEntry::default() }]);
    }),
    ("spec.data[0].sourceRef.generatorRef", |spec| spec.data.as_mut().unwrap()[0].source_ref = Some(generator())),
];

#[test]
fn each_field_that_is_not_built_yet_fails_by_its_path_and_touches_nothing() {
    for (path, bend) in FIELDS {
        let mut world = World::synced();
        world.somebody_edits("out", |secret| drop(secret.data.insert("k".to_owned(), "edited".into())));
        world.edit(bend);
        let turn = world.turn();
        assert!(turn.events[0].starts_with(&format!("Warning UpdateFailed: {path}: ")), "{path} {:?}", turn.events);
        assert_eq!((world.ready().0, world.ready().1), ("False", "SecretSyncedError"));
        assert!(world.ready().2.contains(path), "{path}");
        assert_eq!((turn.failed, turn.requeue, turn.requests.len(), turn.writes.len()), (true, Requeue::Never, 0, 0));
        assert_eq!(world.data("out")["k"], "edited");
    }
}

#[test]
fn the_same_fields_left_at_their_defaults_are_no_obstacle() {
    let mut world = World::new().holds_map("one", &[("a", "1")]).with(|spec| {
        spec.target.immutable = Some(false);
        spec.data_from = Some(vec![DataFromEntry { rewrite: Some(Vec::new()), ..extract("one") }]);
    });
    world.sync();
}
