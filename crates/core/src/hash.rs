//! The object hash: SHA3-224 over Go's `%+v` rendering of a value.
//!
//! Secrets of a cluster that ran ESO carry these hashes in labels and annotations; one different bit would make every
//! one of them look edited. Source: ESO 2.9, with its vectors as tests below.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha3::{Digest, Sha3_224};

use crate::SecretBytes;

/// Hash of a text: of its UTF-8 bytes as they are.
pub fn of_text(text: &str) -> String {
    hex(&Sha3_224::digest(text.as_bytes()))
}

/// Hash over a Secret's data. An absent map and an empty one hash alike.
pub fn data_hash<'a>(data: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    // `itertools`-free joining, straight into the hasher: a Secret may hold a megabyte, its rendering four.
    let mut hasher = Sha3_224::new();
    hasher.update(b"map[");
    let sorted: BTreeMap<&str, &[u8]> = data.into_iter().collect();
    for (position, (key, value)) in sorted.into_iter().enumerate() {
        if position > 0 {
            hasher.update(b" ");
        }
        hasher.update(key.as_bytes());
        hasher.update(b":[");
        for (index, byte) in value.iter().enumerate() {
            if index > 0 {
                hasher.update(b" ");
            }
            hasher.update(decimal(*byte, &mut [0; 3]));
        }
        hasher.update(b"]");
    }
    hasher.update(b"]");
    hex(&hasher.finalize())
}

/// [`data_hash`] of a [`crate::SecretMap`].
pub fn secret_map_hash(data: &BTreeMap<String, SecretBytes>) -> String {
    data_hash(data.iter().map(|(key, value)| (key.as_str(), value.expose())))
}

/// Value of the owner label of Secrets that belong to the `ExternalSecret` `namespace/name`.
pub fn owner_hash(namespace: &str, name: &str) -> String {
    of_text(&format!("{namespace}/{name}"))
}

/// Hash over all annotations and labels of an object.
pub fn metadata_hash(
    annotations: Option<&BTreeMap<String, String>>,
    labels: Option<&BTreeMap<String, String>>,
) -> String {
    of_text(&format!("{{annotations:{} labels:{}}}", string_map(annotations), string_map(labels)))
}

/// `status.syncedResourceVersion`: `<generation>-<metadata hash>`.
///
/// It covers every label and annotation, so that any annotation forces a sync, but no finalizer and no owner.
pub fn synced_resource_version(
    generation: i64,
    annotations: Option<&BTreeMap<String, String>>,
    labels: Option<&BTreeMap<String, String>>,
) -> String {
    format!("{generation}-{}", metadata_hash(annotations, labels))
}

fn string_map(map: Option<&BTreeMap<String, String>>) -> String {
    let entries: Vec<String> = map.into_iter().flatten().map(|(key, value)| format!("{key}:{value}")).collect();
    format!("map[{}]", entries.join(" "))
}

/// Decimal digits of `byte` without an allocation.
fn decimal(byte: u8, buffer: &mut [u8; 3]) -> &[u8] {
    let digits = [byte / 100, byte / 10 % 10, byte % 10];
    *buffer = digits.map(|digit| b'0' + digit);
    let skip = if byte >= 100 { 0 } else { 1 + usize::from(byte < 10) };
    buffer.get(skip..).unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn texts_hash_as_eso_hashes_them() {
        for (text, hash) in [
            ("<nil>", "c461202a18e99215f121936fb2452e03843828e448a00a53f285a6fc"),
            ("hello there", "f78681ec611ebaeea0689bff6c7812a83ff98a7faba986d9af76c999"),
            ("ExternalSecret-default-test-es-0", "f51b40db6ea849b7543d13dac6bdb65dce2c586cd79488d9505b8a9b"),
            ("PushSecret-default-ps-__pushsecret", "c80f165e4265e4b052b6bf9be90a45060e1f440ba84b89e96fb898d7"),
            ("map[key:val]", "2e738a375f9934e48bf078b82d2214e9c058d2b6b45478dcf01785ed"),
        ] {
            assert_eq!(of_text(text), hash, "{text}");
        }
    }

    #[test]
    fn parity_104_data_hash_is_the_documented_hash_of_all_keys() {
        let two: [(&str, &[u8]); 2] = [("foo", b"value1"), ("bar", b"value2")];
        assert_eq!(data_hash(two), "1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64");
        assert_eq!(data_hash([]), "74a974446e359fb3e6baff9bd0058950e6edd0f040888d9989b0a11b");
        let empty: [(&str, &[u8]); 1] = [("a", b"")];
        assert_eq!(data_hash(empty), "b4267d3031c382774d3148a47147cc308a0e534ac8381b5d58565df8");
    }

    #[test]
    fn data_hash_renders_every_byte_value_in_decimal() {
        let all: Vec<u8> = (0..=255).collect();
        let rendering = all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(data_hash([("k", all.as_slice())]), of_text(&format!("map[k:[{rendering}]]")));
    }

    #[test]
    fn parity_89_owner_label_is_the_hash_of_namespace_and_name() {
        assert_eq!(owner_hash("default", "test-es"), "a8e09351ea392b727f69f63683b28619fbed1174f572e728706a9ea8");
    }

    #[test]
    fn parity_33_synced_resource_version_is_generation_and_metadata_hash() {
        assert_eq!(
            synced_resource_version(1, None, None),
            "1-f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2"
        );
        assert_eq!(
            synced_resource_version(7, Some(&map(&[("a", "b")])), Some(&map(&[("x", "y"), ("foo", "bar")]))),
            "7-7e94ca92eb6fa68c322099bb5e8642be6a6cf6599e4903041d3e5d30"
        );
    }

    #[test]
    fn parity_34_label_order_does_not_influence_the_version_hash() {
        let one = map(&[("foo", "bar"), ("x", "y")]);
        let other = map(&[("x", "y"), ("foo", "bar")]);
        assert_eq!(metadata_hash(None, Some(&one)), metadata_hash(None, Some(&other)));
    }
}
