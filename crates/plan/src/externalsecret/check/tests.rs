//! Each rule by itself, several together, and what is let pass.

use eso_core::FaultKind;
use eso_core::crd::ExternalSecretSpec;
use serde_json::{Value, json};

use super::{Delimiters, check};

fn spec(overlay: Value) -> ExternalSecretSpec {
    let mut whole = json!({
        "secretStoreRef": {"name": "st"}, "refreshInterval": "1h",
        "data": [{"secretKey": "k", "remoteRef": {"key": "x"}}],
    });
    for (key, value) in overlay.as_object().unwrap() {
        whole[key] = value.clone();
    }
    serde_json::from_value(whole).unwrap()
}

/// Fields and texts of all faults.
fn told(overlay: Value) -> Vec<(String, String)> {
    let faults = check(&spec(overlay), Delimiters::default()).into_iter();
    faults.map(|fault| (fault.field.unwrap_or_default(), fault.message)).collect()
}

/// The object breaks just one rule: this field's, with a text that has this part.
fn refused(overlay: Value, field: &str, part: &str) {
    let told = told(overlay.clone());
    let [(at, text)] = told.as_slice() else { panic!("{overlay}: {told:?}") };
    assert_eq!(at, field, "{overlay}");
    assert!(text.contains(part), "{overlay}: {text}");
}

fn accepted(overlay: Value) {
    assert_eq!(told(overlay.clone()), [], "{overlay}");
}

fn target(creation: &str, deletion: &str) -> Value {
    json!({"target": {"creationPolicy": creation, "deletionPolicy": deletion}})
}

#[test]
fn parity_211_deletion_needs_ownership_but_for_orphans() {
    for creation in ["Merge", "None", "CreateOrMerge"] {
        refused(target(creation, "Delete"), "spec.target.deletionPolicy", "creationPolicy=Owner");
    }
    for creation in ["Owner", "Orphan"] {
        accepted(target(creation, "Delete"));
    }
}

#[test]
fn parity_211_merging_needs_something_to_merge_with() {
    refused(target("None", "Merge"), "spec.target.deletionPolicy", "creationPolicy=None");
    for creation in ["Owner", "Orphan", "Merge", "CreateOrMerge"] {
        accepted(target(creation, "Merge"));
    }
}

#[test]
fn parity_211_something_must_be_read() {
    for nothing in [json!({"data": null}), json!({"data": []}), json!({"data": [], "dataFrom": []})] {
        refused(nothing, "spec", "either data or dataFrom");
    }
    accepted(json!({"data": [], "dataFrom": [{"extract": {"key": "x"}}]}));
}

#[test]
fn parity_211_templates_hand_out_no_tokens() {
    let sa = "kubernetes.io/service-account-token";
    let type_ = "spec.target.template.type";
    let template = |template: Value| json!({"target": {"template": template}});
    let annotations = json!({"annotations": {"kubernetes.io/service-account.name": "d"}});
    let from = json!([{"literal": "a: b", "target": "ANNotations"}]);
    refused(template(json!({"type": "bootstrap.kubernetes.io/token"})), type_, "is not allowed");
    refused(template(json!({"type": sa, "metadata": annotations})), type_, "service-account.name");
    refused(template(json!({"type": sa, "templateFrom": from})), type_, "target=\"Annotations\"");
    refused(template(json!({"type": sa, "metadata": annotations, "templateFrom": from})), type_, "with annotation");
    accepted(template(json!({"type": sa})));
    accepted(template(json!({"type": "Opaque", "metadata": annotations})));
}

#[test]
fn parity_211_a_secret_has_three_targets_in_any_case_and_other_kinds_have_more() {
    let from = |manifest: Value, targets: &[&str]| {
        let from: Vec<Value> = targets.iter().map(|target| json!({"literal": "a: b", "target": target})).collect();
        json!({"target": {"manifest": manifest, "template": {"templateFrom": from}}})
    };
    let secret = json!({"apiVersion": "v1", "kind": "Secret"});
    accepted(from(json!(null), &["", "Data", "LABELS", "annotations"]));
    accepted(from(json!({"apiVersion": "v1", "kind": "ConfigMap"}), &["spec.x"]));
    for manifest in [json!(null), secret] {
        refused(from(manifest, &["Data", "spec"]), "spec.target.template.templateFrom[1].target", "\"Labels\"");
    }
    assert_eq!(told(from(json!(null), &["spec", "Data", "type"])).len(), 2, "one for each entry");
}

#[test]
fn parity_211_an_entry_of_data_from_has_one_source() {
    let generator = json!({"generatorRef": {"kind": "Password", "name": "g"}});
    let find = json!({"name": {"regexp": "x"}});
    let from = |entry: Value| json!({"dataFrom": [{"extract": {"key": "x"}}, entry]});
    let field = "spec.dataFrom[1]";
    refused(from(json!({"find": find, "sourceRef": generator})), field, "cannot be set at the same time");
    refused(from(json!({"find": find, "extract": {"key": "x"}})), field, "cannot be set at the same time");
    refused(from(json!({})), field, "extract, find, or sourceRef");
    refused(from(json!({"sourceRef": {}})), field, "generatorRef or storeRef");
    accepted(from(json!({"sourceRef": generator})));
    accepted(from(json!({"sourceRef": {"storeRef": {"name": "o"}}})));
    accepted(from(json!({"find": find, "sourceRef": {"storeRef": {"name": "o"}}})));
    let both = from(json!({"find": find, "extract": {"key": "x"}, "sourceRef": {}}));
    assert_eq!(told(both).len(), 2, "an empty source is told beside the others");
}

#[test]
fn parity_212_a_repeated_key_is_refused_under_retain_alone_once_for_each_repetition() {
    let data = json!([
        {"secretKey": "k", "remoteRef": {"key": "x"}}, {"secretKey": "k", "remoteRef": {"key": "y"}},
        {"secretKey": "l", "remoteRef": {"key": "y"}}, {"secretKey": "k", "remoteRef": {"key": "z"}},
    ]);
    let fields: Vec<String> = told(json!({"data": data})).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["spec.data[1].secretKey", "spec.data[3].secretKey"]);
    for deletion in ["Delete", "Merge"] {
        accepted(json!({"data": data, "target": {"deletionPolicy": deletion}}));
    }
}

#[test]
fn parity_211_several_rules_are_told_together_in_their_order() {
    let told = told(json!({
        "data": [{"secretKey": "k", "remoteRef": {"key": "x"}}, {"secretKey": "k", "remoteRef": {"key": "x"}}],
        "dataFrom": [{}, {"rewrite": [{"regexp": {"source": "(", "target": ""}}], "extract": {"key": "x"}}],
        "target": {
            "creationPolicy": "None", "deletionPolicy": "Retain",
            "template": {"type": "bootstrap.kubernetes.io/token", "templateFrom": [{"literal": "a: b", "target": "spec"}]},
        },
    }));
    let fields: Vec<&str> = told.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "spec.target.template.type",
            "spec.target.template.templateFrom[0].target",
            "spec.dataFrom[0]",
            "spec.data[1].secretKey",
            "spec.dataFrom[1].rewrite[0].regexp.source",
        ]
    );
}

#[test]
fn durations_that_cannot_be_read_come_alone_and_are_invalid() {
    let windows = json!({"kind": "allow", "windows": [{"schedule": "99 * * * *", "duration": "x"}]});
    let faults =
        check(&spec(json!({"refreshInterval": "soon", "syncWindows": windows, "data": []})), Delimiters::default());
    let fields: Vec<_> = faults.iter().filter_map(|fault| fault.field.as_deref()).collect();
    assert_eq!(fields, ["spec.refreshInterval", "spec.syncWindows.windows[0].duration"]);
    assert!(faults.iter().all(|fault| fault.kind == FaultKind::Invalid));
    for interval in ["0", "0s", "-1h", "1h30m", "1.5h"] {
        accepted(json!({"refreshInterval": interval}));
    }
}

#[test]
fn a_schedule_that_cannot_be_read_is_told_with_what_is_wrong() {
    let windows = |schedule: &str| {
        json!({"syncWindows": {"kind": "deny", "windows": [
            {"schedule": "@daily", "duration": "1h"}, {"schedule": schedule, "duration": "1h"},
        ]}})
    };
    let field = "spec.syncWindows.windows[1].schedule";
    refused(windows("99 * * * *"), field, "values run from 0 to 59");
    refused(windows("0 0 * * 7"), field, "day of the week");
    refused(windows("@every soon"), field, "is not a duration");
    accepted(windows("0 22 * * MON-FRI"));
}

#[test]
fn a_regular_expression_that_cannot_be_read_is_told_wherever_it_stands() {
    let find = json!({"dataFrom": [{"find": {"name": {"regexp": "("}}}]});
    refused(find, "spec.dataFrom[0].find.name.regexp", "unclosed group");
    let rewrite = |source: &str| json!({"dataFrom": [{"extract": {"key": "k"}, "rewrite": [{"regexp": {"source": source, "target": ""}}]}]});
    refused(rewrite("[a"), "spec.dataFrom[0].rewrite[0].regexp.source", "is not a regular expression");
    accepted(rewrite(r"^\Qa.\E(?P<rest>[[:alpha:]]+)$"));
}

#[test]
fn a_template_that_cannot_be_read_is_told_wherever_it_stands() {
    let template = |template: Value| json!({"target": {"template": template}});
    let data = template(json!({"data": {"good": "{{ .a }}", "bad": "{{ .a "}}));
    refused(data, "spec.target.template.data.bad", "is not a template");
    let unknown = template(json!({"data": {"a": "{{ nope .x }}"}}));
    refused(unknown, "spec.target.template.data.a", "nope");
    let literal = template(json!({"templateFrom": [{"literal": "{{ end }}"}]}));
    refused(literal, "spec.target.template.templateFrom[0].literal", "end");
    let transform = json!({"dataFrom": [{"extract": {"key": "k"}, "rewrite": [{"transform": {"template": "{{"}}]}]});
    refused(transform, "spec.dataFrom[0].rewrite[0].transform.template", "is not a template");
    accepted(template(json!({"data": {"a": "{{ .a | upper }}", "b": "no action"}})));
}

#[test]
fn templates_are_read_with_the_delimiters_in_use() {
    let spec = spec(json!({"target": {"template": {"data": {"a": "{{ end }} [[ .x ]]"}}}}));
    assert_eq!(check(&spec, Delimiters { left: "[[", right: "]]" }), []);
    assert_eq!(check(&spec, Delimiters::default()).len(), 1);
}
