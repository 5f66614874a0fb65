//! A secret that is a JSON object, member by member.

use std::collections::BTreeMap;

use eso_core::{Fault, FaultKind, SecretBytes, SecretMap};
use serde_json::value::RawValue;

use crate::gjson;

/// The members of the object in `json`, which was read from the secret called `key`.
///
/// Strings come out without quotes and escapes, null as no bytes at all, anything else as the very text that stands there. Of
/// members with the same key the last counts. Source: ESO's conversion for AWS, Google, Azure and the fake backend.
///
/// Faults: Invalid, naming `key` and no part of the value.
pub fn members(json: &[u8], key: &str) -> Result<SecretMap, Fault> {
    let text = String::from_utf8_lossy(json);
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(&text).map_err(|error| {
        let what = match error.classify() {
            // serde_json's own text may quote the value, its position does not.
            serde_json::error::Category::Data => "it is JSON of another kind".to_owned(),
            _ => format!("it is not JSON from line {} column {} on", error.line(), error.column()),
        };
        let message = format!("unable to unmarshal secret: the value of {key:?} is not a JSON object: {what}.");
        Fault::new(FaultKind::Invalid, message)
    })?;
    Ok(members.into_iter().map(|(name, value)| (name, bytes(value.get()))).collect())
}

fn bytes(raw: &str) -> SecretBytes {
    match raw.as_bytes() {
        b"null" => SecretBytes::default(),
        [b'"', ..] => SecretBytes::new(gjson::unquoted(raw.as_bytes())),
        other => SecretBytes::new(other.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that fails may panic

    use eso_core::FaultKind;

    use super::members;

    fn shown(json: &str) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        members(json.as_bytes(), "db").unwrap().into_iter().map(|(key, value)| (key, text(value.expose()))).collect()
    }

    #[test]
    fn strings_are_unquoted_null_is_empty_and_the_rest_keeps_its_text() {
        let json = r#" {"s":"a\n\u00e9\ud83d\ude00","n":null,"i":12345678901234567890,"f":1.50,"t":true,"o":{ "x" : [1, 2] },"e":""} "#;
        let expected = [
            ("e", ""),
            ("f", "1.50"),
            ("i", "12345678901234567890"),
            ("n", ""),
            ("o", r#"{ "x" : [1, 2] }"#),
            ("s", "a\né😀"),
            ("t", "true"),
        ];
        assert_eq!(shown(json), expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn half_a_surrogate_pair_becomes_the_replacement_character_as_in_go() {
        assert_eq!(shown(r#"{"a":"x\ud800y"}"#), [("a".to_owned(), "x\u{fffd}y".to_owned())]);
    }

    #[test]
    fn last_of_two_members_with_one_key_counts() {
        assert_eq!(shown(r#"{"a":1,"a":2}"#), [("a".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn anything_else_is_refused_with_the_key_and_without_the_value() {
        for value in ["canary", "[\"canary\"]", "\"canary\"", "{\"canary\":", "{\"a\":canary}", "", "null"] {
            let fault = members(value.as_bytes(), "team/db").unwrap_err();
            assert_eq!(fault.kind, FaultKind::Invalid, "{value}");
            assert!(fault.message.starts_with("unable to unmarshal secret: the value of \"team/db\""), "{fault}");
            assert!(!fault.to_string().contains("canary"), "{fault}");
        }
    }
}
