//! Rules for the block that its schema cannot say. Source: ESO, but for the empty region, which it lets pass until the first use.

use eso_core::provider::StoreScope;
use eso_core::{Fault, FaultKind};
use eso_provider_kit::namespaces;

use crate::config::{AccessKeyAuth, AwsConfig, DeletionConfig};

/// Every rule that `config` breaks, with the path of its field.
pub(crate) fn check(config: &AwsConfig, scope: &StoreScope) -> Vec<Fault> {
    let mut faults = Vec::new();
    faults.extend(region(&config.region));
    faults.extend(service(&config.service));
    faults.extend(config.secrets_manager.as_ref().and_then(deletion));
    let Some(auth) = &config.auth else { return faults };
    for (name, selector) in auth.secret_ref.iter().flat_map(AccessKeyAuth::references) {
        let path = format!("spec.provider.aws.auth.secretRef.{name}");
        faults.extend(namespaces::referent(scope, selector.namespace.as_deref(), &path));
    }
    if let Some(account) = auth.jwt.as_ref().and_then(|jwt| jwt.service_account_ref.as_ref()) {
        let path = "spec.provider.aws.auth.jwt.serviceAccountRef";
        faults.extend(namespaces::referent(scope, account.namespace.as_deref(), path));
    }
    faults
}

fn wrong(field: &str, text: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Misconfigured, text).at(format!("spec.provider.aws.{field}"))
}

/// A region becomes a part of a host name; whether AWS has such a region is not asked.
fn region(region: &str) -> Option<Fault> {
    if region.is_empty() {
        return Some(wrong("region", "names no region. Set the AWS region that holds the secrets, such as us-west-2."));
    }
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let label = region.len() <= 63 && region.bytes().all(inner) && !region.starts_with('-') && !region.ends_with('-');
    (!label).then(|| wrong("region", format!("{region:?} is no name of an AWS region. Use one such as us-west-2.")))
}

fn service(service: &str) -> Option<Fault> {
    let known = matches!(service, "SecretsManager" | "ParameterStore" | "CertificateManager");
    (!known).then(|| {
        let text = format!(
            "unknown AWS Provider Service: {service}. Use SecretsManager, ParameterStore or CertificateManager."
        );
        wrong("service", text)
    })
}

fn deletion(deletion: &DeletionConfig) -> Option<Fault> {
    let days = deletion.recovery_window_in_days.unwrap_or_default();
    if days != 0 && deletion.force_delete_without_recovery == Some(true) {
        let text = "a recovery window cannot go together with forceDeleteWithoutRecovery. Remove one of the two.";
        return Some(wrong("secretsManager.recoveryWindowInDays", text));
    }
    let text = format!("is {days}, but a recovery window has 7 to 30 days, or 0 for AWS's own default.");
    (days != 0 && !(7..=30).contains(&days)).then(|| wrong("secretsManager.recoveryWindowInDays", text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test that fails may panic

    use eso_core::Fault;
    use eso_core::provider::{StoreKind, StoreScope};
    use eso_provider_kit::block;
    use serde_json::{Value, json};

    use super::check;
    use crate::config::AwsConfig;

    fn faults(mut block: Value, kind: StoreKind) -> Vec<String> {
        let defaults = json!({"service": "SecretsManager", "region": "eu-west-1"});
        for (key, value) in defaults.as_object().unwrap() {
            block.as_object_mut().unwrap().entry(key).or_insert(value.clone());
        }
        let config: AwsConfig = block::parse("aws", &block).unwrap();
        let namespace = if kind == StoreKind::SecretStore { "ns" } else { "" };
        let scope = StoreScope { kind, name: "st".into(), namespace: namespace.into() };
        check(&config, &scope).into_iter().filter_map(|fault: Fault| fault.field).collect()
    }

    #[test]
    fn a_14_odd_but_well_formed_region_passes_and_a_malformed_one_does_not() {
        let refused = |region: &str| !faults(json!({ "region": region }), StoreKind::SecretStore).is_empty();
        assert!(["us-west-2", "mars-1", "us-gov-west-1", "fips-us-east-1"].iter().all(|region| !refused(region)));
        assert!(["", "us-west-2.", "a b", "-a", "a/b", "a.b"].iter().all(|region| refused(region)));
    }

    #[test]
    fn a_14_unknown_service_is_refused() {
        let block = json!({"service": "Nope"});
        assert_eq!(faults(block, StoreKind::SecretStore), ["spec.provider.aws.service"]);
    }

    #[test]
    fn a_13_recovery_window_is_0_or_7_to_30_and_never_with_force() {
        let refused = |days: i64, force: bool| {
            let deletion = json!({"recoveryWindowInDays": days, "forceDeleteWithoutRecovery": force});
            !faults(json!({ "secretsManager": deletion }), StoreKind::SecretStore).is_empty()
        };
        assert!([0, 7, 30].iter().all(|days| !refused(*days, false)));
        assert!([-1, 6, 31].iter().all(|days| refused(*days, false)));
        assert!(refused(7, true) && !refused(0, true));
    }

    #[test]
    fn references_of_a_secret_store_stay_in_its_namespace() {
        let key = |namespace: Option<&str>| match namespace {
            Some(namespace) => json!({"name": "a", "key": "k", "namespace": namespace}),
            None => json!({"name": "a", "key": "k"}),
        };
        let block = |namespace: Option<&str>| {
            json!({"auth": {
                "secretRef": {"accessKeyIDSecretRef": key(namespace), "secretAccessKeySecretRef": key(None)},
                "jwt": {"serviceAccountRef": {"name": "sa", "namespace": namespace}},
            }})
        };
        let fields = [
            "spec.provider.aws.auth.secretRef.accessKeyIDSecretRef.namespace",
            "spec.provider.aws.auth.jwt.serviceAccountRef.namespace",
        ];
        assert_eq!(faults(block(Some("other")), StoreKind::SecretStore), fields);
        assert!(faults(block(Some("ns")), StoreKind::SecretStore).is_empty());
        assert!(faults(block(None), StoreKind::SecretStore).is_empty());
        assert!(faults(block(Some("other")), StoreKind::ClusterSecretStore).is_empty());
        assert!(faults(block(None), StoreKind::ClusterSecretStore).is_empty());
    }
}
