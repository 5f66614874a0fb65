//! Rendered texts that are YAML.
#![allow(clippy::unwrap_used)] // Tests fail loudly.

use eso_template::yaml::{document, key_values};
use serde_json::json;

#[test]
fn a_document_keeps_whole_numbers_whole() {
    let text = "replicas: 3\nbig: 18446744073709551615\nratio: 0.50\non: yes\nname: '3'\nlist: [1, ~, {a: b}]\n";
    let wanted = json!({"replicas": 3, "big": 18_446_744_073_709_551_615_u64, "ratio": 0.5, "true": true, "name": "3",
        "list": [1, null, {"a": "b"}]});
    assert_eq!(document(text.as_bytes()).unwrap(), wanted);
}

#[test]
fn scalars_and_nothing_are_documents_too() {
    assert_eq!(document(b"").unwrap(), json!(null));
    assert_eq!(document(b"# only a comment\n").unwrap(), json!(null));
    assert_eq!(document(b"plain text").unwrap(), json!("plain text"));
    assert_eq!(document(b"010").unwrap(), json!(8));
}

#[test]
fn what_json_cannot_hold_is_refused() {
    document(b"a: .inf").unwrap_err();
    document(b"a: [").unwrap_err();
    document(b"\xFF").unwrap_err();
}

#[test]
fn bytes_that_are_no_text_need_a_decoding_strategy() {
    let error = key_values(b"a: \xC3\x28\n").unwrap_err();
    assert_eq!(error, "error converting YAML to JSON: yaml: invalid leading UTF-8 octet");
}

#[test]
fn a_text_that_aliases_itself_to_no_end_is_refused() {
    let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 100].join(","));
    document(text.as_bytes()).unwrap_err();
}

#[test]
fn a_byte_order_mark_is_skipped_at_the_beginning_only() {
    assert_eq!(document("\u{FEFF}a: 1".as_bytes()).unwrap(), json!({"a": 1}));
    assert_eq!(document("a: 1\n\u{FEFF}b: 2".as_bytes()).unwrap(), json!({"a": 1, "\u{FEFF}b": 2}));
}

#[test]
fn an_alias_merges_one_map() {
    assert_eq!(document(b"x: &x {a: 1}\nz: {<<: *x}").unwrap()["z"], json!({"a": 1}));
    assert_eq!(document(b"x: &x {a: 1}\nz: {<<: [*x, {a: 2, b: 3}]}").unwrap()["z"], json!({"a": 1, "b": 3}));
    document(b"x: &x [{a: 1}]\nz: {<<: *x}").unwrap_err();
}

#[test]
fn a_key_that_is_nothing_is_refused_where_it_stays() {
    document(b"a: {~: 1}").unwrap_err();
    document(b"a: [{<<: {~: 1}}]").unwrap_err();
    assert_eq!(document(b"a: {~: 1}\na: 2").unwrap(), json!({"a": 2}));
}

#[test]
fn the_prefix_of_a_tag_ends_at_a_blank() {
    assert_eq!(document(b"%TAG ! tag:x,1:\n---\na: 1").unwrap(), json!({"a": 1}));
    document(b"%TAG ! tag:x,#:\n---\na: 1").unwrap_err();
}
