//! From a key to the paths of Vault's API. Source: ESO's documentation of `path` and `remoteRef.key`, with its corners.

use eso_core::{Fault, FaultKind};

/// Version of the KV engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// One value per secret.
    V1,
    /// Versions, and metadata beside them.
    V2,
}

/// Where a secret lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Path of its value, below `/v1/`.
    pub(crate) data: String,
    /// Path of what is known about it; only version 2 has one.
    pub(crate) metadata: Option<String>,
}

impl Address {
    /// The address of `key` in the engine at `mount`; without one the key begins with it.
    ///
    /// A key may repeat the mount, and after it `data/`; so a secret whose own path begins with the mount's name must repeat it.
    ///
    /// Faults: Invalid, for a key that would climb out of its engine.
    pub(crate) fn of(version: Version, mount: Option<&str>, key: &str) -> Result<Self, Fault> {
        let key = key.trim_start_matches('/');
        let mount = mount.map(|mount| mount.trim_matches('/')).filter(|mount| !mount.is_empty());
        if key.is_empty() || key.split('/').any(|part| part == "." || part == "..") {
            let text = format!("key {key:?} is no path of a secret: it must not be empty, nor hold the parts . and ..");
            return Err(Fault::new(FaultKind::Invalid, text));
        }
        let within = mount.map(|mount| (mount, key.strip_prefix(mount).and_then(|rest| rest.strip_prefix('/'))));
        let (mount, inner) = match (version, within) {
            (Version::V1, Some((mount, inner))) => return Ok(Self::plain(format!("{mount}/{}", inner.unwrap_or(key)))),
            (Version::V1, None) => return Ok(Self::plain(key.to_owned())),
            (Version::V2, Some((mount, Some(inner)))) => (mount, inner.strip_prefix("data/").unwrap_or(inner)),
            (Version::V2, Some((mount, None))) => (mount, key),
            (Version::V2, None) => key.split_once("/data/").or_else(|| key.split_once('/')).unwrap_or((key, "")),
        };
        Ok(Self { data: format!("{mount}/data/{inner}"), metadata: Some(format!("{mount}/metadata/{inner}")) })
    }

    fn plain(data: String) -> Self {
        Self { data, metadata: None }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test that fails may panic

    use super::{Address, Version};

    #[test]
    fn v_01_paths_with_and_without_a_mount() {
        let table = [
            (Version::V2, Some("secret"), "foo", "secret/data/foo"),
            (Version::V2, Some("secret/path"), "secret/path/foo", "secret/path/data/foo"),
            (Version::V2, Some("secret"), "secret/data/foo", "secret/data/foo"),
            (Version::V2, Some("secret"), "data/foo", "secret/data/data/foo"),
            (Version::V2, Some("secret"), "secrets/foo", "secret/data/secrets/foo"),
            (Version::V2, Some("/secret/"), "/foo", "secret/data/foo"),
            (Version::V2, None, "secret/path/foo", "secret/data/path/foo"),
            (Version::V2, None, "secret/path/data/foo", "secret/path/data/foo"),
            (Version::V2, Some(""), "secret/foo", "secret/data/foo"),
            (Version::V1, Some("secret"), "foo", "secret/foo"),
            (Version::V1, Some("secret"), "secret/foo", "secret/foo"),
            (Version::V1, None, "secret/foo", "secret/foo"),
        ];
        for (version, mount, key, data) in table {
            assert_eq!(Address::of(version, mount, key).unwrap().data, data, "{mount:?} {key}");
        }
    }

    #[test]
    fn metadata_lies_beside_the_value() {
        let metadata = |mount, key| Address::of(Version::V2, mount, key).unwrap().metadata.unwrap();
        assert_eq!(metadata(Some("secret"), "foo"), "secret/metadata/foo");
        assert_eq!(metadata(Some("secret"), "secret/foo"), "secret/metadata/foo");
        assert_eq!(metadata(None, "secret/data/foo"), "secret/metadata/foo");
        assert_eq!(metadata(None, "secret/foo"), "secret/metadata/foo");
        assert_eq!(Address::of(Version::V1, None, "secret/foo").unwrap().metadata, None);
    }

    #[test]
    fn a_key_cannot_climb_out_of_its_engine() {
        for key in ["", "/", "..", "a/../../sys/mounts", "./a"] {
            assert!(Address::of(Version::V2, Some("secret"), key).is_err(), "{key}");
        }
        assert!(Address::of(Version::V2, Some("secret"), "a..b/.c").is_ok());
    }
}
