//! How `remoteRef.property` selects a part of a secret. Backends differ in what they try first; each order has its function.

use eso_core::SecretBytes;

use crate::gjson;

/// The part at `property`, which is a gjson path.
pub fn by_path(json: &[u8], property: &str) -> Option<SecretBytes> {
    gjson::get(json, property)
}

/// The member whose key is `property` itself, dots and all, else the part at the path `property`.
///
/// The order of AWS, Google and Akeyless in ESO: a key such as `tls.crt` needs no escapes, and wins over `crt` in `tls`.
pub fn literal_then_path(json: &[u8], property: &str) -> Option<SecretBytes> {
    let literal = property.contains('.').then(|| property.replace('.', "\\."));
    literal.and_then(|key| gjson::get(json, &key)).or_else(|| gjson::get(json, property))
}

#[cfg(test)]
mod tests {
    use super::{by_path, literal_then_path};

    fn text(found: Option<eso_core::SecretBytes>) -> Option<String> {
        found.map(|bytes| String::from_utf8_lossy(bytes.expose()).into_owned())
    }

    #[test]
    fn dotted_literal_key_beats_the_nested_path() {
        let json = br#"{"tls":{"crt":"nested"},"tls.crt":"literal"}"#;
        assert_eq!(text(literal_then_path(json, "tls.crt")).as_deref(), Some("literal"));
        assert_eq!(text(by_path(json, "tls.crt")).as_deref(), Some("nested"));
    }

    #[test]
    fn without_a_literal_key_the_path_counts() {
        let json = br#"{"tls":{"crt":"nested"},"plain":1}"#;
        assert_eq!(text(literal_then_path(json, "tls.crt")).as_deref(), Some("nested"));
        assert_eq!(text(literal_then_path(json, "plain")).as_deref(), Some("1"));
        assert_eq!(text(literal_then_path(json, "tls.key")), None);
    }
}
