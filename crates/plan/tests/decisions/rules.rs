//! What the webhook refuses the controller refuses too: whether a webhook saw an object is not known.

use eso_core::crd::DataFromEntry;
use eso_plan::Requeue;

use crate::world::{World, entry};

#[test]
fn an_object_that_breaks_rules_says_all_of_them_and_nothing_is_touched() {
    let mut world = World::synced();
    world.somebody_edits("out", |secret| drop(secret.data.insert("k".to_owned(), "edited".into())));
    world.edit(|spec| {
        let data = spec.data.as_mut().unwrap();
        let repeated = entry(&data[0].secret_key.clone(), "plain");
        data.push(repeated);
        spec.data_from = Some(vec![DataFromEntry::default()]);
    });
    let turn = world.turn();
    let (status, reason, message) = world.ready();
    assert_eq!((status, reason), ("False", "SecretSyncedError"));
    assert!(
        message.contains("spec.dataFrom[0]: either extract") && message.contains("spec.data[1].secretKey: duplicate")
    );
    assert_eq!((turn.failed, turn.requeue, turn.requests.len(), turn.writes.len()), (true, Requeue::Never, 0, 0));
    assert_eq!(world.data("out")["k"], "edited");
}

#[test]
fn an_object_that_is_put_right_is_synced_again() {
    let mut world = World::synced();
    world.edit(|spec| spec.refresh_interval = Some("soon".to_owned()));
    world.turn();
    assert!(world.ready().2.contains("spec.refreshInterval: \"soon\" is not a duration"));
    world.edit(|spec| spec.refresh_interval = Some("1h".to_owned()));
    world.sync();
}
