//! Which namespaces a store may name in references to credentials. Source: ESO.

use eso_core::provider::{StoreKind, StoreScope};
use eso_core::{Fault, FaultKind};

/// Checks the namespace that the reference at `path` names. A `SecretStore` may name its own at most. A `ClusterSecretStore`
/// may name any, or none: then every namespace that uses the store brings its own credentials.
///
/// Faults: Misconfigured at `<path>.namespace`.
pub fn referent(scope: &StoreScope, namespace: Option<&str>, path: &str) -> Option<Fault> {
    let namespace = namespace.filter(|namespace| !namespace.is_empty())?;
    let foreign = scope.kind == StoreKind::SecretStore && namespace != scope.namespace;
    foreign.then(|| {
        let text = format!(
            "namespace should either be empty or match the namespace of the SecretStore for a namespaced SecretStore: it is \
             {namespace:?}. Remove it, or use a ClusterSecretStore."
        );
        Fault::new(FaultKind::Misconfigured, text).at(format!("{path}.namespace"))
    })
}

/// The namespace in which a reference is looked up, by the same rule as [`eso_core::provider::Host`].
pub fn resolved<'a>(scope: &StoreScope, namespace: Option<&'a str>, user: &'a str) -> &'a str {
    match (scope.kind, namespace) {
        (StoreKind::ClusterSecretStore, Some(named)) if !named.is_empty() => named,
        _ => user,
    }
}

#[cfg(test)]
mod tests {
    use eso_core::provider::{StoreKind, StoreScope};

    use super::{referent, resolved};

    fn scope(kind: StoreKind) -> StoreScope {
        let namespace = if kind == StoreKind::SecretStore { "own" } else { "" };
        StoreScope { kind, name: "st".into(), namespace: namespace.into() }
    }

    #[test]
    fn s_02_secret_store_may_name_its_own_namespace_only() {
        let scope = scope(StoreKind::SecretStore);
        assert_eq!(referent(&scope, None, "p"), None);
        assert_eq!(referent(&scope, Some("own"), "p"), None);
        let field = referent(&scope, Some("other"), "p").and_then(|fault| fault.field);
        assert_eq!(field.as_deref(), Some("p.namespace"));
    }

    #[test]
    fn s_03_s_04_cluster_store_reads_the_named_namespace_or_the_users() {
        let cluster = scope(StoreKind::ClusterSecretStore);
        assert_eq!(referent(&cluster, Some("other"), "p"), None);
        assert_eq!(resolved(&cluster, Some("other"), "user"), "other");
        assert_eq!(resolved(&cluster, None, "user"), "user");
    }

    #[test]
    fn s_06_secret_store_ignores_a_named_namespace_at_run_time() {
        assert_eq!(resolved(&scope(StoreKind::SecretStore), Some("other"), "own"), "own");
    }
}
