//! From a backend's key to a key that a Secret can hold.

use std::sync::OnceLock;

use eso_core::crd::ConversionStrategy;
use eso_core::{Fault, FaultKind, SecretMap};
use regex_automata::meta::Regex;

/// Longest key that the API server takes, in bytes.
const MAX_KEY_BYTES: usize = 253;

/// Turns characters that a Secret's key cannot hold into `_` or, with strategy Unicode, into `_U<hex>_`.
///
/// Two keys that become one are an error that names both.
pub fn convert_keys(map: SecretMap, strategy: ConversionStrategy) -> Result<SecretMap, Fault> {
    let mut converted = SecretMap::new();
    for (key, value) in map {
        let new: String = key
            .chars()
            .map(|c| match strategy {
                _ if is_allowed(c) => c.to_string(),
                ConversionStrategy::Default => "_".to_owned(),
                ConversionStrategy::Unicode => format!("_U{:04x}_", u32::from(c)),
            })
            .collect();
        if converted.contains_key(&new) {
            return Err(Fault::new(
                FaultKind::Invalid,
                format!(
                    "key \"{key}\" becomes \"{new}\", which another key became already. Use conversionStrategy Unicode, \
                     or a rewrite, to keep them apart."
                ),
            ));
        }
        converted.insert(new, value);
    }
    Ok(converted)
}

/// Drops empty keys; refuses keys that a Secret cannot hold.
///
/// Letters and digits of any script pass, as in ESO; the API server has the last word.
pub fn validate_keys(map: SecretMap) -> Result<SecretMap, Fault> {
    let mut kept = SecretMap::new();
    for (key, value) in map {
        if key.is_empty() {
            continue;
        }
        if key.len() > MAX_KEY_BYTES {
            let start: String = key.chars().take(32).collect();
            return Err(Fault::new(
                FaultKind::Invalid,
                format!(
                    "key \"{start}...\" has {} bytes and a Secret's key at most {MAX_KEY_BYTES}. Shorten it with a rewrite.",
                    key.len()
                ),
            ));
        }
        if !key.chars().all(is_allowed) {
            return Err(Fault::new(
                FaultKind::Invalid,
                format!(
                    "key \"{key}\" holds a character that a Secret's key cannot hold. Only letters, digits, '-', '_' and \
                     '.' are allowed; a rewrite can change it."
                ),
            ));
        }
        kept.insert(key, value);
    }
    Ok(kept)
}

/// `-`, `.`, `_`, and letters and numbers of Unicode's classes L and N.
fn is_allowed(c: char) -> bool {
    static CLASS: OnceLock<Option<Regex>> = OnceLock::new();
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    }
    let class = CLASS.get_or_init(|| Regex::new(r"^[\p{L}\p{N}]$").ok());
    class.as_ref().is_some_and(|class| class.is_match(c.encode_utf8(&mut [0; 4]).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use eso_core::SecretBytes;

    fn map(keys: &[&str]) -> SecretMap {
        keys.iter().map(|key| ((*key).to_owned(), SecretBytes::from("v"))).collect()
    }

    fn keys(result: Result<SecretMap, Fault>) -> Vec<String> {
        result.unwrap().into_keys().collect()
    }

    #[test]
    fn parity_46_default_turns_other_characters_into_underscores() {
        assert_eq!(keys(convert_keys(map(&["/a b", "é"]), ConversionStrategy::Default)), ["_a_b", "é"]);
    }

    #[test]
    fn parity_47_unicode_spells_the_code_point() {
        assert_eq!(keys(convert_keys(map(&["😀"]), ConversionStrategy::Unicode)), ["_U1f600_"]);
        assert_eq!(keys(convert_keys(map(&["/"]), ConversionStrategy::Unicode)), ["_U002f_"]);
    }

    #[test]
    fn parity_48_a_collision_is_an_error_that_names_the_key() {
        let fault = convert_keys(map(&["a/b", "a b"]), ConversionStrategy::Default).unwrap_err();
        assert!(fault.message.contains("\"a/b\"") && fault.message.contains("\"a_b\""), "{fault}");
    }

    #[test]
    fn parity_50_empty_keys_are_dropped() {
        assert_eq!(keys(validate_keys(map(&["", "a"]))), ["a"]);
    }

    #[test]
    fn parity_51_a_key_above_253_bytes_is_an_error() {
        assert!(validate_keys(map(&["a".repeat(253).as_str()])).is_ok());
        assert!(validate_keys(map(&["a".repeat(254).as_str()])).is_err());
    }

    #[test]
    fn parity_49_foo_slash_bar_fails_validation_when_nothing_converts_it() {
        assert!(validate_keys(map(&["foo/bar"])).unwrap_err().message.contains("\"foo/bar\""));
    }
}
