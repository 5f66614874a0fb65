//! The generated CRDs against the facts of ESO 2.9's: every field, with type, default, enum, bounds and rules, in both
//! directions. The facts stand in `crates/core/tests/contract/crds.json`: per field its path (`[]` an item, `{}` a map's
//! value), type and attributes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test may fail loudly

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};
use xtask::generate::{self, crd};

/// Attributes of a field that we want otherwise than ESO has them: kind, path, attribute, our value, reason.
const DIFFERENCES: [(&str, &str, &str, bool, &str); 2] = [
    ("SecretStore", ".spec.provider", PRESERVE, true, KEEP_UNKNOWN),
    ("ClusterSecretStore", ".spec.provider", PRESERVE, true, KEEP_UNKNOWN),
];
const PRESERVE: &str = "x-kubernetes-preserve-unknown-fields";
const KEEP_UNKNOWN: &str =
    "a store of a backend that this build does not know keeps its block and gets a clear condition";

/// Keywords that hold other schemas or are compared in another form.
const STRUCTURE: [&str; 8] = [
    "type",
    "description",
    "properties",
    "items",
    "additionalProperties",
    "required",
    "anyOf",
    "x-kubernetes-validations",
];

/// Fields whose omission must stay an omission in storage.
const STRATEGIES: [&str; 5] =
    ["conversionStrategy", "decodingStrategy", "metadataPolicy", "nullBytePolicy", "valuesDecodingStrategy"];

type Fields = BTreeMap<String, (String, Map<String, Value>)>;

fn contract() -> Vec<Value> {
    serde_json::from_str(include_str!("../../crates/core/tests/contract/crds.json")).unwrap()
}

fn generated() -> BTreeMap<String, Value> {
    let definitions = crd::definitions().unwrap();
    definitions.into_iter().map(|(_, crd)| (crd["spec"]["names"]["kind"].as_str().unwrap().to_owned(), crd)).collect()
}

/// (kind, what the contract says, what we generate)
fn pairs() -> Vec<(String, Value, Value)> {
    let mut generated = generated();
    let pairs: Vec<_> = contract()
        .into_iter()
        .map(|facts| {
            let kind = facts["names"]["kind"].as_str().unwrap().to_owned();
            let crd = generated.remove(&kind).unwrap_or_else(|| panic!("no CRD of {kind} is generated"));
            (kind, facts, crd)
        })
        .collect();
    assert!(generated.is_empty(), "CRDs without facts: {:?}", generated.keys());
    pairs
}

fn contract_fields(facts: &Value) -> Fields {
    let fields = facts["fields"].as_array().unwrap();
    fields
        .iter()
        .map(|field| {
            let attributes = field[2].as_object().unwrap().clone();
            (field[0].as_str().unwrap().to_owned(), (field[1].as_str().unwrap().to_owned(), attributes))
        })
        .collect()
}

/// The v1 schema of a generated CRD in the contract's form.
fn generated_fields(crd: &Value) -> Fields {
    let mut fields = Fields::new();
    collect("", schema(crd), false, &mut fields);
    fields.remove("");
    fields
}

fn schema(crd: &Value) -> &Value {
    &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
}

fn collect(path: &str, schema: &Value, required: bool, fields: &mut Fields) {
    let object = schema.as_object().unwrap();
    let kind = object.get("type").and_then(Value::as_str).unwrap_or("any").to_owned();
    let mut attributes: Map<String, Value> = object
        .iter()
        .filter(|(key, _)| !STRUCTURE.contains(&key.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    if required {
        attributes.insert("required".into(), true.into());
    }
    if object.contains_key("anyOf") {
        attributes.insert("combinators".into(), json!(["anyOf"]));
    }
    if let Some(rules) = object.get("x-kubernetes-validations") {
        let rules: Vec<&Value> = rules.as_array().unwrap().iter().map(|rule| &rule["rule"]).collect();
        attributes.insert("cel".into(), json!(rules));
    }
    fields.insert(path.to_owned(), (kind, attributes));
    let needed = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    for (name, inner) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
        collect(&format!("{path}.{name}"), inner, needed.contains(&json!(name)), fields);
    }
    for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if let Some(inner) = object.get(key) {
            collect(&format!("{path}{mark}"), inner, false, fields);
        }
    }
}

#[test]
fn every_field_is_as_in_the_contract_and_none_is_added() {
    let mut wrong = Vec::new();
    for (kind, facts, crd) in pairs() {
        let mut expected = contract_fields(&facts);
        for (_, path, attribute, ours, _) in DIFFERENCES.iter().filter(|difference| difference.0 == kind) {
            let theirs = expected.get_mut(*path).unwrap().1.insert((*attribute).into(), json!(ours));
            assert_ne!(theirs, Some(json!(ours)), "{kind}{path}: {attribute} is no difference any more");
        }
        let found = generated_fields(&crd);
        wrong.extend(
            expected.keys().filter(|path| !found.contains_key(*path)).map(|path| format!("{kind}{path}: missing")),
        );
        for (path, ours) in &found {
            match expected.get(path) {
                None => wrong.push(format!("{kind}{path}: not in the contract")),
                Some(theirs) if theirs != ours => wrong.push(format!("{kind}{path}: {ours:?} instead of {theirs:?}")),
                Some(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{} difference(s):\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn names_categories_labels_and_scope_are_as_in_the_contract() {
    for (kind, facts, crd) in pairs() {
        let spec = &crd["spec"];
        assert_eq!(spec["names"], facts["names"], "{kind}");
        assert_eq!(spec["group"], facts["group"], "{kind}");
        assert_eq!(spec["scope"], facts["scope"], "{kind}");
        assert_eq!(crd["metadata"]["labels"], facts["labels"], "{kind}");
        let plural = spec["names"]["plural"].as_str().unwrap();
        assert_eq!(crd["metadata"]["name"], format!("{plural}.external-secrets.io"), "{kind}");
        assert!(spec.get("conversion").is_none(), "{kind} must not ask for conversion");
    }
}

#[test]
fn parity_228_printer_columns_short_names_and_selectable_fields_match() {
    for (kind, facts, crd) in pairs() {
        let version = &crd["spec"]["versions"][0];
        let columns: Vec<Value> = version["additionalPrinterColumns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| {
                let priority = column.get("priority").cloned().unwrap_or(json!(0));
                json!([column["name"], column["type"], column["jsonPath"], priority])
            })
            .collect();
        assert_eq!(json!(columns), facts["printerColumns"], "{kind}");
        assert_eq!(crd["spec"]["names"]["shortNames"], facts["names"]["shortNames"], "{kind}");
        let empty = json!([]);
        let selectable = version.get("selectableFields").unwrap_or(&empty).as_array().unwrap();
        let selectable: Vec<&Value> = selectable.iter().map(|field| &field["jsonPath"]).collect();
        assert_eq!(json!(selectable), facts["selectableFields"], "{kind}");
        let subresources: Vec<&String> = version["subresources"].as_object().unwrap().keys().collect();
        assert_eq!(json!(subresources), facts["subresources"], "{kind}");
    }
}

#[test]
fn parity_229_v1beta1_is_present_but_not_served() {
    for (kind, facts, crd) in pairs() {
        let versions = crd["spec"]["versions"].as_array().unwrap();
        let names: Vec<&Value> = versions.iter().map(|version| &version["name"]).collect();
        assert_eq!(names, [&facts["version"], &json!("v1beta1")], "{kind}");
        let (v1, v1beta1) = (&versions[0], &versions[1]);
        assert_eq!((&v1["served"], &v1["storage"]), (&json!(true), &facts["storage"]), "{kind}");
        assert_eq!((&v1beta1["served"], &v1beta1["storage"]), (&json!(false), &json!(false)), "{kind}");
        assert_eq!(v1beta1["deprecated"], json!(true), "{kind}");
        assert_eq!(v1beta1["schema"]["openAPIV3Schema"][PRESERVE], json!(true), "{kind}: old objects lose fields");
    }
}

#[test]
fn parity_230_omitted_strategy_fields_get_no_default() {
    let crd = &generated()["ExternalSecret"];
    let mut seen = 0;
    for (path, (_, attributes)) in generated_fields(crd) {
        if STRATEGIES.iter().any(|name| path.ends_with(&format!(".{name}"))) {
            assert!(!attributes.contains_key("default"), "{path} has a default: it would appear in stored objects");
            seen += 1;
        }
    }
    assert_eq!(seen, 12, "strategy fields of the schema");
    let manifest = json!({
        "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": { "name": "a" },
        "spec": {
            "data": [{ "secretKey": "a", "remoteRef": { "key": "k" } }],
            "dataFrom": [{ "extract": { "key": "k" } }, { "find": {} }],
            "target": { "template": { "templateFrom": [{ "literal": "a: b" }] } }
        }
    });
    let object: eso_core::crd::ExternalSecret = serde_json::from_value(manifest).unwrap();
    let text = serde_json::to_string(&object).unwrap();
    for name in STRATEGIES {
        assert!(!text.contains(name), "{name} appears in {text}");
    }
}

#[test]
fn every_field_that_we_read_says_what_it_is_in_words_for_users() {
    let unread: Value = serde_json::from_str(include_str!("../../crates/core/schema/provider-blocks.json")).unwrap();
    let unread: Vec<String> =
        unread["blocks"].as_object().unwrap().keys().map(|key| format!(".spec.provider.{key}.")).collect();
    for (kind, crd) in generated() {
        describe("", schema(&crd), &mut |path, text| {
            let inner = unread.iter().any(|prefix| path.starts_with(prefix));
            assert!(
                inner || path.ends_with("[]") || path.ends_with("{}") || !text.is_empty(),
                "{kind}{path} has no words"
            );
            for mark in ["`", "::", "Option<", "Vec<", "derived", "\n"] {
                assert!(!text.contains(mark), "{kind}{path} speaks Rust: {text}");
            }
        });
    }
}

fn describe(path: &str, schema: &Value, visit: &mut impl FnMut(&str, &str)) {
    visit(path, schema["description"].as_str().unwrap_or_default());
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        describe(&format!("{path}.{name}"), inner, visit);
    }
    for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if let Some(inner) = schema.get(key) {
            describe(&format!("{path}{mark}"), inner, visit);
        }
    }
}

#[test]
fn every_cel_rule_has_a_message_that_says_what_to_do() {
    for (kind, crd) in generated() {
        let mut stack = vec![schema(&crd)];
        while let Some(schema) = stack.pop() {
            for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
                assert!(rule["message"].as_str().is_some_and(|text| !text.is_empty()), "{kind}: {rule}");
            }
            stack.extend(schema["properties"].as_object().into_iter().flatten().map(|(_, inner)| inner));
            stack.extend(["items", "additionalProperties"].iter().filter_map(|key| schema.get(*key)));
        }
    }
}

#[test]
fn every_crd_fits_into_the_annotation_of_kubectl_apply() {
    for (kind, crd) in generated() {
        // kubectl writes the object with an empty annotations map and a newline into its annotation
        let bytes = serde_json::to_string(&crd).unwrap().len() + r#""annotations":{},"#.len() + 1;
        println!("{kind}: {bytes} bytes");
        assert!(bytes < crd::MAX_BYTES, "{kind}: {bytes} bytes");
    }
}

#[test]
fn committed_crds_and_rbac_are_what_the_generator_writes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (name, content) in generate::files(root).unwrap().into_iter().filter(|(name, _)| name.starts_with("deploy/")) {
        let committed = std::fs::read_to_string(root.join(&name)).unwrap();
        assert!(committed == content, "{name} is not up to date: run `cargo xtask gen`");
    }
}
