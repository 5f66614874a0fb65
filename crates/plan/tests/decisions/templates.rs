//! What a target's template makes of the fetched data.

use std::collections::BTreeMap;

use eso_core::crd::{
    DecodingStrategy, DeletionPolicy, Template, TemplateAs, TemplateFrom, TemplateItem, TemplateMergePolicy,
    TemplateMetadata, TemplateObject,
};
use eso_core::names;
use eso_plan::Requeue;
use eso_plan::externalsecret::{SourceKey, SourceKind, Why};

use crate::world::{World, secret_map, text_map};

/// A world whose backend holds `user` and `pass`, with this template.
fn with_template(template: Template) -> World {
    let mut world = World::new().holds("user", "svc").holds("pass", "p@ss");
    world.object.spec.data = Some(vec![crate::world::entry("user", "user"), crate::world::entry("pass", "pass")]);
    world.object.spec.target.template = Some(template);
    world
}

fn data(pairs: &[(&str, &str)]) -> Template {
    Template { data: Some(text_map(pairs)), ..Template::default() }
}

fn from(entries: Vec<TemplateFrom>) -> Template {
    Template { template_from: Some(entries), ..Template::default() }
}

fn literal(text: &str) -> TemplateFrom {
    TemplateFrom { literal: Some(text.to_owned()), ..TemplateFrom::default() }
}

fn config_map(name: &str, items: &[(&str, TemplateAs)]) -> TemplateFrom {
    let items = items.iter().map(|(key, it)| TemplateItem { key: (*key).to_owned(), template_as: Some(*it) });
    let object = TemplateObject { name: name.to_owned(), items: items.collect() };
    TemplateFrom { config_map: Some(object), ..TemplateFrom::default() }
}

fn metadata(labels: &[(&str, &str)], annotations: &[(&str, &str)]) -> Template {
    let metadata =
        TemplateMetadata { labels: Some(text_map(labels)), annotations: Some(text_map(annotations)), finalizers: None };
    Template { metadata: Some(metadata), ..Template::default() }
}

fn shown(pairs: &[(&'static str, &'static str)]) -> BTreeMap<&'static str, &'static str> {
    pairs.iter().copied().collect()
}

/// The failed turn's event, and that nothing was written.
fn refusal(world: &mut World) -> String {
    let turn = world.turn();
    assert!(turn.failed && turn.writes.is_empty(), "{turn:?}");
    assert_eq!(turn.requeue, Requeue::Backoff);
    let (status, reason, message) = world.ready();
    assert_eq!((status, reason), ("False", "SecretSyncedError"));
    assert!(message.starts_with("could not update secret"), "{message}");
    let [event] = turn.events.as_slice() else { panic!("{:?}", turn.events) };
    event.strip_prefix("Warning UpdateFailed: could not apply template: ").expect("ESO's beginning").to_owned()
}

#[test]
fn parity_121_with_a_template_only_its_metadata_is_copied() {
    let mut world = with_template(metadata(&[("l", "v-{{ .user }}")], &[("a", "{{ .user }}")]));
    world.label("team", "x");
    world.annotate("note", "y");
    world.sync();
    assert_eq!(world.labels("out").get("l"), Some(&"v-svc"));
    assert_eq!(world.annotations("out").get("a"), Some(&"svc"));
    assert!(!world.labels("out").contains_key("team") && !world.annotations("out").contains_key("note"));
}

#[test]
fn a_label_that_leaves_the_template_leaves_the_secret_and_foreign_ones_stay() {
    let mut world = with_template(metadata(&[("l", "x"), ("m", "y")], &[]));
    world.sync();
    world.somebody_edits("out", |secret| {
        secret.metadata.labels.as_mut().unwrap().insert("theirs".to_owned(), "1".to_owned());
    });
    world.edit(|spec| {
        spec.target.template = Some(metadata(&[("m", "y")], &[]));
    });
    world.sync();
    let labels = world.labels("out");
    assert!(!labels.contains_key("l") && labels.contains_key("m") && labels.contains_key("theirs"), "{labels:?}");
}

#[test]
fn parity_122_finalizers_of_the_template_are_added_and_never_removed() {
    let finalizers = |names: &[&str]| Template {
        metadata: Some(TemplateMetadata {
            finalizers: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            ..TemplateMetadata::default()
        }),
        ..Template::default()
    };
    let mut world = with_template(finalizers(&["example.org/keep"]));
    world.sync();
    world.edit(|spec| spec.target.template = Some(finalizers(&["example.org/other"])));
    world.sync();
    let kept = world.secret("out").metadata.finalizers.clone().unwrap();
    assert_eq!(kept, ["example.org/keep", "example.org/other"]);
}

#[test]
fn parity_123_a_template_of_metadata_alone_still_copies_the_data() {
    let mut world = with_template(metadata(&[("l", "x")], &[]));
    world.sync();
    assert_eq!(world.data("out"), shown(&[("user", "svc"), ("pass", "p@ss")]));
    let mut world = with_template(Template::default());
    world.sync();
    assert_eq!(world.data("out").len(), 2, "so does an empty template");
}

#[test]
fn parity_124_replace_drops_fetched_keys_and_merge_keeps_them_below() {
    let mut world = with_template(data(&[("url", "{{ .user }}:{{ .pass }}")]));
    world.sync();
    assert_eq!(world.data("out"), shown(&[("url", "svc:p@ss")]));
    world.edit(|spec| {
        let merge = Some(TemplateMergePolicy::Merge);
        spec.target.template = Some(Template { merge_policy: merge, ..data(&[("user", "{{ .user }}!")]) });
    });
    world.sync();
    assert_eq!(world.data("out"), shown(&[("user", "svc!"), ("pass", "p@ss")]));
}

#[test]
fn parity_125_template_data_wins_over_template_from_and_later_entries_over_earlier_ones() {
    let entries = vec![literal("a: from-1\nb: from-1\nc: from-1\n"), literal("b: from-2\nc: from-2\n")];
    let mut world = with_template(Template { data: Some(text_map(&[("c", "data")])), ..from(entries) });
    world.sync();
    assert_eq!(world.data("out"), shown(&[("a", "from-1"), ("b", "from-2"), ("c", "data")]));
}

#[test]
fn parity_126_keys_and_values_writes_several_keys_and_values_one() {
    let entries = vec![config_map("tpl", &[("many", TemplateAs::KeysAndValues), ("one", TemplateAs::Values)])];
    let mut world = with_template(from(entries));
    let texts = secret_map(&[("many", "{{ .user }}-k: {{ .pass }}\nmode: 010\n"), ("one", "u={{ .user }}")]);
    let key = SourceKey { kind: SourceKind::ConfigMap, name: "tpl".to_owned() };
    world.sources.insert(key, Some(texts));
    world.sync();
    assert_eq!(world.data("out"), shown(&[("svc-k", "p@ss"), ("mode", "8"), ("one", "u=svc")]));
}

#[test]
fn parity_127_a_literal_can_go_to_labels_and_annotations() {
    let to = |target: &str, text: &str| TemplateFrom { target: Some(target.to_owned()), ..literal(text) };
    let mut world = with_template(from(vec![to("Labels", "l: {{ .user }}"), to("annotations", "a: {{ .user }}")]));
    world.sync();
    assert_eq!(world.labels("out").get("l"), Some(&"svc"));
    assert_eq!(world.annotations("out").get("a"), Some(&"svc"));
    assert_eq!(world.data("out").len(), 0, "templateFrom replaces the fetched data");
}

#[test]
fn rendered_values_are_decoded() {
    let decoded =
        TemplateFrom { values_decoding_strategy: Some(DecodingStrategy::Base64), ..literal("a: {{ .user | b64enc }}") };
    let mut world = with_template(from(vec![decoded]));
    world.sync();
    assert_eq!(world.data("out"), shown(&[("a", "svc")]));
}

#[test]
fn parity_128_a_target_that_a_secret_does_not_have_is_refused_before_anything_changes() {
    let mut world = with_template(from(vec![TemplateFrom { target: Some("type".to_owned()), ..literal("a: b") }]));
    let text = refusal(&mut world);
    assert!(text.starts_with("templateFrom target=\"type\" is not allowed when targeting a Secret"), "{text}");
}

#[test]
fn parity_129_the_bootstrap_token_type_is_refused() {
    let type_ = Some("bootstrap.kubernetes.io/token".to_owned());
    let text = refusal(&mut with_template(Template { type_, ..Template::default() }));
    assert!(text.starts_with("template.type=\"bootstrap.kubernetes.io/token\" is not allowed: "), "{text}");
}

#[test]
fn parity_130_the_service_account_token_type_is_refused_with_its_annotation_or_with_rendered_annotations() {
    let type_ = Some("kubernetes.io/service-account-token".to_owned());
    let named = metadata(&[], &[("kubernetes.io/service-account.name", "default")]);
    let text = refusal(&mut with_template(Template { type_: type_.clone(), ..named }));
    assert!(text.contains("with annotation \"kubernetes.io/service-account.name\" is not allowed"), "{text}");
    let rendered = from(vec![TemplateFrom { target: Some("ANNOTATIONS".to_owned()), ..literal("a: b") }]);
    let text = refusal(&mut with_template(Template { type_, ..rendered }));
    assert!(text.contains("templateFrom target=\"Annotations\" is not allowed"), "{text}");
}

#[test]
fn parity_131_an_unknown_key_is_told_short_in_the_condition_and_whole_in_the_event() {
    let mut world = with_template(data(&[("url", "{{ .pass }} {{ .nope }}")]));
    let text = refusal(&mut world);
    let begins = "could not execute template: could not execute template: unable to execute template at key url: unable to \
                  execute template at key url: template: url:1:";
    assert!(text.starts_with(begins) && text.contains("nope"), "{text}");
    assert!(!text.contains("p@ss"), "no value is shown");
}

#[test]
fn a_text_that_is_no_template_is_told_with_its_position() {
    let text = refusal(&mut with_template(data(&[("url", "{{ .user")])));
    let ends =
        "unable to execute template at key url: unable to parse template at key url: template: url:1: unclosed action";
    assert!(text.ends_with(ends), "{text}");
}

#[test]
fn a_source_that_is_missing_and_a_key_that_it_lacks_are_named() {
    let mut world = with_template(from(vec![config_map("tpl", &[("one", TemplateAs::Values)])]));
    let text = refusal(&mut world);
    assert!(text.contains("ConfigMap \"tpl\" does not exist"), "{text}");
    world.sources.insert(SourceKey { kind: SourceKind::ConfigMap, name: "tpl".to_owned() }, Some(secret_map(&[])));
    let text = refusal(&mut world);
    assert!(text.contains("ConfigMap \"tpl\" has no key \"one\""), "{text}");
}

#[test]
fn the_type_is_the_templates_and_the_data_is_still_ours_to_hash() {
    let type_ = Some("kubernetes.io/basic-auth".to_owned());
    let mut world =
        with_template(Template { type_, ..data(&[("username", "{{ .user }}"), ("password", "{{ .pass }}")]) });
    world.sync();
    assert_eq!(world.secret("out").type_.as_deref(), Some("kubernetes.io/basic-auth"));
    assert!(world.annotations("out").contains_key(names::DATA_HASH_ANNOTATION));
    world.rest();
}

#[test]
fn a_changed_template_source_is_read_again_at_once_but_not_under_created_once_or_interval_zero() {
    let template = || from(vec![config_map("tpl", &[("one", TemplateAs::Values)])]);
    let key = SourceKey { kind: SourceKind::ConfigMap, name: "tpl".to_owned() };
    let world = |bend: fn(&mut eso_core::crd::ExternalSecretSpec)| {
        let mut world = with_template(template()).with(bend);
        world.sources.insert(key.clone(), Some(secret_map(&[("one", "1")])));
        world.sync();
        world.sources.insert(key.clone(), Some(secret_map(&[("one", "2")])));
        world.sources_changed = true;
        world
    };
    let mut periodic = world(|_| {});
    assert_eq!(periodic.turn().why, Some(Why::TemplateChanged));
    assert_eq!(periodic.data("out"), shown(&[("one", "2")]));
    let mut on_change = world(|spec| spec.refresh_policy = Some(eso_core::crd::RefreshPolicy::OnChange));
    assert_eq!(on_change.turn().why, Some(Why::TemplateChanged));
    world(|spec| spec.refresh_policy = Some(eso_core::crd::RefreshPolicy::CreatedOnce)).rest();
    world(|spec| spec.refresh_interval = Some("0".to_owned())).rest();
}

#[test]
fn nothing_at_the_backend_renders_nothing() {
    let mut world =
        with_template(data(&[("url", "x")])).with(|spec| spec.target.deletion_policy = DeletionPolicy::Delete);
    world.vanish("user");
    world.vanish("pass");
    let turn = world.turn();
    assert!(!turn.failed && turn.writes.is_empty(), "{turn:?}");
    assert_eq!(world.ready().1, "SecretDeleted");
}
