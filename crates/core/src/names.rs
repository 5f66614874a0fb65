//! Strings that are part of the contract with a running cluster.
//!
//! Source: ESO 2.9. A cluster that switches operators carries these on its objects, so none may change.

/// API group of the stores and of `ExternalSecret`.
pub const GROUP: &str = "external-secrets.io";

/// `apiVersion` of the served kinds.
pub const API_VERSION: &str = "external-secrets.io/v1";

/// Label on every Secret that is kept in step; its value is [`MANAGED_VALUE`].
pub const MANAGED_LABEL: &str = "reconcile.external-secrets.io/managed";

/// The only value of [`MANAGED_LABEL`].
pub const MANAGED_VALUE: &str = "true";

/// Label on Secrets of creation policy Owner: hash of `<namespace>/<name>` of the `ExternalSecret`.
pub const CREATED_BY_LABEL: &str = "reconcile.external-secrets.io/created-by";

/// Annotation on every managed Secret: hash over its data, see [`crate::hash::data_hash`].
pub const DATA_HASH_ANNOTATION: &str = "reconcile.external-secrets.io/data-hash";

/// Annotation on a store that silences events about unmaintained backends, whatever its value.
pub const IGNORE_MAINTENANCE_ANNOTATION: &str = "external-secrets.io/ignore-maintenance-checks";

/// Finalizer on an `ExternalSecret` whose deletion has an effect of its own.
pub const EXTERNAL_SECRET_FINALIZER: &str = "externalsecrets.external-secrets.io/externalsecret-cleanup";

/// Label that Kubernetes puts on every Namespace with its own name as value.
pub const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Label on `CustomResourceDefinition`s and webhook configurations that belong to the operator.
pub const COMPONENT_LABEL: &str = "external-secrets.io/component";

/// Field manager of writes to `ExternalSecret` and store objects.
///
/// ESO names no manager there; the API server then derives this from its program name.
pub const OPERATOR_FIELD_MANAGER: &str = "external-secrets";

/// Prefix of the field manager of writes to Secrets.
const SECRET_MANAGER_PREFIX: &str = "externalsecrets.external-secrets.io/";

/// The API server refuses longer field managers from ESO's point of view; above it the name is hashed.
const SECRET_MANAGER_MAX_BYTES: usize = 63;

/// Field manager of writes to the Secret of the `ExternalSecret` called `name`.
///
/// Plain while the whole string fits 63 bytes, else with the SHA3-224 of the name (ESO's rule).
pub fn secret_field_manager(name: &str) -> String {
    if SECRET_MANAGER_PREFIX.len() + name.len() <= SECRET_MANAGER_MAX_BYTES {
        format!("{SECRET_MANAGER_PREFIX}{name}")
    } else {
        format!("{SECRET_MANAGER_PREFIX}sha3/{}", crate::hash::of_text(name))
    }
}

#[cfg(test)]
mod tests {
    use super::secret_field_manager;

    #[test]
    fn parity_117_field_manager_is_plain_up_to_27_bytes_of_name_and_hashed_above() {
        let name27 = "a".repeat(27);
        assert_eq!(secret_field_manager(&name27), format!("externalsecrets.external-secrets.io/{name27}"));
        assert!(secret_field_manager(&"a".repeat(28)).starts_with("externalsecrets.external-secrets.io/sha3/"));
        assert_eq!(
            secret_field_manager("a-very-long-external-secret-name-0123456789"),
            "externalsecrets.external-secrets.io/sha3/3a19971756e88f0040eec2c8c4db372272c73b43bddd509503470637"
        );
    }
}
