use std::num::NonZeroUsize;
use std::time::Duration;

use eso_core::crd::Rewrite;
use eso_core::{Fault, SecretBytes, SecretMap};
use eso_template::{Cache, Host, Limits};
use serde_json::{Value, json};

use super::{Engine, rewrite};

struct Still;

impl Host for Still {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn random(&mut self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

/// Pairs after the operations.
fn after(pairs: &[(&str, &str)], operations: Value) -> Result<Vec<(String, String)>, Fault> {
    let operations: Vec<Rewrite> = serde_json::from_value(operations).unwrap();
    let map: SecretMap = pairs.iter().map(|(key, value)| ((*key).to_owned(), SecretBytes::from(*value))).collect();
    let parsed = Cache::new(NonZeroUsize::MIN, 1 << 16);
    let mut engine = Engine { limits: Limits::default(), parsed: &parsed, host: &mut Still };
    let map = rewrite(map, &operations, &mut engine)?;
    Ok(map.into_iter().map(|(key, value)| (key, value.expose_str().unwrap().to_owned())).collect())
}

fn keys(keys: &[&str], operations: Value) -> Vec<String> {
    let pairs: Vec<(&str, &str)> = keys.iter().map(|key| (*key, "v")).collect();
    after(&pairs, operations).unwrap().into_iter().map(|(key, _)| key).collect()
}

fn refused(pairs: &[(&str, &str)], operations: Value, parts: &[&str]) {
    let text = after(pairs, operations).unwrap_err().message;
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
}

fn regexp(source: &str, target: &str) -> Value {
    json!({"regexp": {"source": source, "target": target}})
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn parity_74_operations_run_in_order_each_on_what_the_one_before_left() {
    assert_eq!(keys(&["db/user"], json!([regexp("/", "-"), regexp("^db-", "x_"), {}])), ["x_user"]);
}

#[test]
fn parity_75_what_does_not_match_stays() {
    assert_eq!(keys(&["a", "b1"], json!([regexp("[0-9]", "")])), ["a", "b"]);
}

#[test]
fn parity_76_groups_by_number_and_by_name() {
    assert_eq!(keys(&["db-user"], json!([regexp("^(db)-(?P<what>.*)$", "${what}_$1")])), ["user_db"]);
    // A group named 1x, which there is not: the key is empty and is dropped later.
    assert_eq!(keys(&["user"], json!([regexp("user", "$1x")])), [""]);
    assert_eq!(keys(&["user"], json!([regexp("user", "$$")])), ["$"]);
}

#[test]
fn parity_77_a_bad_expression_is_an_error_with_the_operations_index() {
    let operations = json!([regexp("a", "b"), regexp("(", "x")]);
    refused(&[("a", "v")], operations, &["failed rewrite operation[1]: regexp failed with failed to compile", "\"(\""]);
}

#[test]
fn parity_78_transform_gives_the_key_as_value_and_has_the_functions_of_templates() {
    let transform = |template: &str| json!([{"transform": {"template": template}}]);
    assert_eq!(keys(&["db/user"], transform(r#"{{ .value | upper | replace "/" "_" }}"#)), ["DB_USER"]);
    assert_eq!(keys(&["a"], transform("{{ .other }}x")), ["<no value>x"]);
    refused(&[("a", "v")], transform("{{ fail \"no\" }}"), &["operation[0]: transform failed with", "no"]);
}

#[test]
fn keys_that_become_one_are_an_error_but_for_those_that_vanish() {
    refused(&[("a1", "v"), ("a2", "v")], json!([regexp("[0-9]", "")]), &["\"a\"", "\"a2\""]);
    assert_eq!(keys(&["a1", "a2", "b"], json!([regexp("^a.*", "")])), ["", "b"]);
}

#[test]
fn parity_79_80_merge_extract_puts_the_members_in_place_of_the_map() {
    let value = r#"{"text":"<a>","number":123,"big":1234567890123,"small":0.00000012,"no":null,"yes":true,"deep":{"b":["<"],"a":1e21}}"#;
    let expected = [
        ("big", "1234567890123"),
        ("deep", r#"{"a":1e+21,"b":["\u003c"]}"#),
        ("no", ""),
        ("number", "123"),
        ("small", "0.00000012"),
        ("text", "<a>"),
        ("yes", "true"),
    ];
    let got = after(&[("db", value)], json!([{"merge": {}}])).unwrap();
    assert_eq!(got, expected.map(|(key, value)| pair(key, value)));
}

#[test]
fn parity_81_merge_json_adds_into_and_keeps_the_rest() {
    let got = after(&[("db", r#"{"b":"<","a":1}"#)], json!([{"merge": {"strategy": "JSON", "into": "all"}}])).unwrap();
    assert_eq!(got, [pair("all", r#"{"a":1,"b":"<"}"#), pair("db", r#"{"b":"<","a":1}"#)]);
}

#[test]
fn parity_82_merge_json_without_into_is_an_error() {
    refused(&[("db", "{}")], json!([{"merge": {"strategy": "JSON"}}]), &["merge failed with", "merge.into"]);
}

#[test]
fn parity_83_merge_refuses_what_is_not_an_object_and_does_not_quote_it() {
    for value in ["canary-text", "[\"canary-text\"]", "\"canary-text\"", "1e999"] {
        let text = after(&[("db", value)], json!([{"merge": {}}])).unwrap_err().message;
        assert!(text.contains("\"db\"") && !text.contains("canary"), "{text}");
    }
    assert_eq!(after(&[("db", "null")], json!([{"merge": {}}])).unwrap(), []);
}

#[test]
fn parity_84_85_conflicts_are_an_error_unless_they_are_ignored() {
    let both = [("a", r#"{"x":1,"y":2,"z":3}"#), ("b", r#"{"x":3,"z":4}"#)];
    refused(&both, json!([{"merge": {}}]), &["merge failed with conflicts: x, z"]);
    refused(&both, json!([{"merge": {"conflictPolicy": "Error"}}]), &["conflicts: x, z"]);
    let got = after(&both, json!([{"merge": {"conflictPolicy": "Ignore"}}])).unwrap();
    assert_eq!(got, [pair("x", "3"), pair("y", "2"), pair("z", "4")]);
}

#[test]
fn parity_86_87_priority_keys_come_last_and_must_be_there_unless_that_is_said() {
    let three = [("a", r#"{"x":"a"}"#), ("b", r#"{"x":"b"}"#), ("c", r#"{"x":"c"}"#)];
    let got = after(&three, json!([{"merge": {"conflictPolicy": "Ignore", "priority": ["b", "a"]}}])).unwrap();
    assert_eq!(got, [pair("x", "a")]);
    refused(&three, json!([{"merge": {"priority": ["d"]}}]), &["\"d\"", "IgnoreNotFound"]);
    let lenient =
        json!([{"merge": {"conflictPolicy": "Ignore", "priority": ["d"], "priorityPolicy": "IgnoreNotFound"}}]);
    assert_eq!(after(&three, lenient).unwrap(), [pair("x", "c")]);
}
