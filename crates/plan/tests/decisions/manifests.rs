//! Targets of other kinds than Secret.

use eso_core::SecretBytes;
use eso_core::crd::{
    CreationPolicy, DeletionPolicy, TargetManifest, Template, TemplateAs, TemplateFrom, TemplateItem, TemplateObject,
};
use eso_plan::Requeue;
use eso_plan::externalsecret::{ApiFailure, SourceKey, SourceKind};
use serde_json::{Value, json};

use crate::world::World;

const MANAGED: &str = "reconcile.external-secrets.io/managed";

fn world(kind: &str) -> World {
    let api_version = if kind == "ConfigMap" { "v1" } else { "example.org/v1" };
    let manifest = TargetManifest { api_version: api_version.to_owned(), kind: kind.to_owned() };
    World::new().with(|spec| spec.target.manifest = Some(manifest))
}

fn literal(target: &str, text: &str) -> TemplateFrom {
    TemplateFrom { literal: Some(text.to_owned()), target: Some(target.to_owned()), ..TemplateFrom::default() }
}

fn templated(kind: &str, from: Vec<TemplateFrom>) -> World {
    let template = Template { template_from: Some(from), ..Template::default() };
    world(kind).with(|spec| spec.target.template = Some(template))
}

fn object(world: &World) -> &Value {
    &world.api.objects["out"]
}

#[test]
fn parity_143_without_the_flag_nothing_is_done_and_not_tried_again() {
    let mut world = world("ConfigMap");
    world.settings.generic_targets = false;
    let turn = world.turn();
    assert_eq!((turn.failed, turn.requeue, turn.writes.len(), turn.requests.len()), (true, Requeue::Never, 0, 0));
    assert_eq!((world.ready().0, world.ready().1), ("False", "SecretSyncedError"));
    assert!(world.ready().2.starts_with("invalid generic target: "), "{}", world.ready().2);
    assert!(turn.events[0].contains("--unsafe-allow-generic-targets"), "{:?}", turn.events);
}

#[test]
fn parity_144_152_a_config_map_gets_texts_under_data() {
    let mut world = world("ConfigMap");
    world.label("team", "red");
    let turn = world.sync();
    assert_eq!(
        (turn.writes, turn.events),
        (vec!["create out".to_owned()], vec!["Normal Created: Created ConfigMap out".to_owned()])
    );
    assert_eq!(world.ready(), ("True", "ResourceSynced", "secret synced"));
    assert_eq!(world.bound(), "");
    let object = object(&world);
    assert_eq!(object["data"], json!({"k": "hello"}));
    assert_eq!(
        (&object["metadata"]["labels"]["team"], &object["metadata"]["labels"][MANAGED]),
        (&json!("red"), &json!("true"))
    );
    assert_eq!(object["metadata"]["ownerReferences"][0]["uid"], json!("es-uid-1"));
    world.rest();
}

#[test]
fn parity_145_other_kinds_get_texts_under_spec_data() {
    let mut world = world("Widget");
    world.sync();
    assert_eq!(object(&world)["spec"], json!({"data": {"k": "hello"}}));
}

#[test]
fn a_literal_at_a_path_is_yaml_and_joins_what_is_there() {
    let texts = [
        literal("spec.connection", "host: '{{ .k }}'\nport: 5432\n"),
        literal("spec.connection", "port: 5433"),
        literal("spec.list[1].name", "{first: x}"),
        literal("Labels", "tier: 010"),
    ];
    let mut world = templated("Widget", texts.to_vec());
    world.sync();
    let object = object(&world);
    let expected = json!({"connection": {"host": "hello", "port": 5433}, "list": [null, {"name": {"first": "x"}}]});
    assert_eq!(object["spec"], expected);
    assert_eq!(object["metadata"]["labels"]["tier"], "8", "labels are texts");
    world.rest();
}

#[test]
fn values_of_a_config_map_are_rendered_once_and_read_as_yaml_at_a_path() {
    let item = TemplateItem { key: "replicas".to_owned(), template_as: Some(TemplateAs::Values) };
    let source = TemplateObject { name: "tpl".to_owned(), items: vec![item] };
    let from =
        TemplateFrom { config_map: Some(source), target: Some("spec.replicas".to_owned()), ..TemplateFrom::default() };
    let mut world = templated("Widget", vec![from]).holds("plain", "{{ 1 }}");
    let key = SourceKey { kind: SourceKind::ConfigMap, name: "tpl".to_owned() };
    let sources = |text: &str| Some([("replicas".to_owned(), SecretBytes::from(text))].into());
    world.sources.insert(key.clone(), sources("{{ 3 }}"));
    world.sync();
    assert_eq!(object(&world)["spec"], json!({"replicas": 3}));
    // What was fetched is data, never a template ([B14]).
    world.sources.insert(key, sources("x {{ .k }}"));
    world.sources_changed = true;
    world.sync();
    assert_eq!(object(&world)["spec"], json!({"replicas": "x {{ 1 }}"}));
}

#[test]
fn what_makes_the_object_the_one_that_it_is_is_not_for_templates() {
    for target in ["metadata.namespace", "kind", "metadata.ownerReferences", "status.phase"] {
        let mut world = templated("Widget", vec![literal(target, "{a: b}")]);
        let turn = world.turn();
        assert!(turn.failed && turn.writes.is_empty() && turn.events[0].contains(target), "{target} {turn:?}");
        assert_eq!(world.ready().1, "ResourceSyncedError");
    }
}

#[test]
fn parity_150_foreign_edits_are_undone_and_foreign_metadata_stays() {
    let mut world = world("ConfigMap");
    world.sync();
    let mut edited = object(&world).clone();
    edited["data"] = json!({"k": "edited", "more": "x"});
    edited["metadata"]["labels"]["theirs"] = json!("1");
    let live = object(&world).clone();
    assert_eq!(world.api.put(edited, Some(&live)), None);
    assert_eq!(world.sync().writes, ["replace out"]);
    assert_eq!(object(&world)["data"], json!({"k": "hello"}));
    assert_eq!(object(&world)["metadata"]["labels"]["theirs"], "1", "[B15]");
    world.rest();
}

#[test]
fn defaults_that_the_server_adds_to_spec_are_not_fought() {
    let mut world = world("Widget");
    world.sync();
    let mut defaulted = object(&world).clone();
    defaulted["spec"]["mode"] = json!("default");
    let live = object(&world).clone();
    assert_eq!(world.api.put(defaulted, Some(&live)), None);
    assert!(world.sync().writes.is_empty());
}

#[test]
fn parity_151_merge_waits_for_the_object_and_keeps_what_is_in_it() {
    let mut world = world("ConfigMap").with(|spec| spec.target.creation_policy = CreationPolicy::Merge);
    assert!(world.sync().writes.is_empty());
    let message = "resource will not be created due to CreationPolicy=Merge";
    assert_eq!(world.ready(), ("True", "ResourceMissing", message));
    world.rest();
    let there = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"theirs": "1"},
        "metadata": {"name": "out", "namespace": "g004"}});
    assert_eq!(world.api.put(there, None), None);
    world.wait(3601);
    assert_eq!(world.sync().writes, ["replace out"]);
    assert_eq!(object(&world)["metadata"]["ownerReferences"], json!([]));
}

#[test]
fn an_object_of_another_external_secret_is_not_taken() {
    let mut world = world("ConfigMap");
    let owner = json!({"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "name": "other", "uid": "x", "controller": true});
    let there = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "out", "namespace": "g004", "ownerReferences": [owner]}});
    assert_eq!(world.api.put(there, None), None);
    let turn = world.turn();
    assert!(turn.failed && turn.writes.is_empty(), "{turn:?}");
    assert!(world.ready().2.starts_with("target is owned by another ExternalSecret"), "{}", world.ready().2);
}

#[test]
fn an_empty_backend_deletes_only_what_is_ours() {
    let mut world = world("ConfigMap").with(|spec| spec.target.deletion_policy = DeletionPolicy::Delete);
    world.sync();
    world.vanish("plain");
    world.wait(3601);
    let turn = world.sync();
    assert_eq!(turn.writes, ["delete out"]);
    assert!(turn.events.contains(&"Normal Deleted: Deleted ConfigMap out".to_owned()), "{:?}", turn.events);
    assert_eq!(world.ready().1, "ResourceDeleted");
    world.rest();
    let foreign = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "out", "namespace": "g004"}});
    assert_eq!(world.api.put(foreign, None), None);
    world.wait(3601);
    let turn = world.turn();
    assert!(turn.failed && turn.writes.is_empty(), "[B10] {turn:?}");
}

#[test]
fn parity_152_a_conflict_is_tried_again_and_says_nothing() {
    let mut world = world("ConfigMap");
    world.api.refuse = Some((0, ApiFailure::Conflict));
    let turn = world.step(crate::world::Look::Index);
    assert_eq!((turn.requeue, turn.status_written, turn.failed), (Requeue::Now, false, false));
    assert_eq!(world.sync().writes, ["create out"]);
}
