#![allow(clippy::unwrap_used)] // a test that fails may panic

use eso_core::provider::{StoreKind, StoreScope};
use eso_provider_kit::block;
use serde_json::{Value, json};

use super::{check, is_referent};
use crate::config::VaultConfig;

fn config(mut block: Value) -> VaultConfig {
    block["server"] = json!("https://v");
    block::parse("vault", &block).unwrap()
}

fn faults(block: Value, kind: StoreKind) -> Vec<String> {
    let namespace = if kind == StoreKind::SecretStore { "ns" } else { "" };
    let scope = StoreScope { kind, name: "st".into(), namespace: namespace.into() };
    check(&config(block), &scope).iter().map(ToString::to_string).collect()
}

fn secret(namespace: Option<&str>) -> Value {
    json!({"name": "s", "key": "k", "namespace": namespace})
}

/// Every way to log in, and each reference in `namespace`.
fn everything(namespace: Option<&str>) -> [Value; 8] {
    let (secret, account) = (secret(namespace), json!({"name": "sa", "namespace": namespace}));
    [
        json!({"tokenSecretRef": secret}),
        json!({"appRole": {"path": "a", "roleId": "r", "secretRef": secret}}),
        json!({"appRole": {"path": "a", "roleRef": secret, "secretRef": {"name": "s", "namespace": "ns"}}}),
        json!({"kubernetes": {"mountPath": "k", "role": "r", "serviceAccountRef": account}}),
        json!({"userPass": {"path": "u", "username": "n", "secretRef": secret}}),
        json!({"jwt": {"path": "j", "kubernetesServiceAccountToken": {"serviceAccountRef": account}}}),
        json!({"cert": {"clientCert": secret, "secretRef": {"name": "s", "namespace": "ns"}}}),
        json!({"iam": {"vaultRole": "r", "secretRef": {"accessKeyIDSecretRef": secret}}}),
    ]
}

#[test]
fn references_of_a_secret_store_stay_in_its_namespace() {
    for auth in everything(Some("other")) {
        let told = faults(json!({ "auth": auth }), StoreKind::SecretStore);
        assert!(
            matches!(told.as_slice(), [one] if one.contains(".namespace: namespace should either be empty")),
            "{told:?}"
        );
        assert!(faults(json!({ "auth": auth }), StoreKind::ClusterSecretStore).is_empty(), "{auth}");
    }
    for auth in everything(None).into_iter().chain(everything(Some("ns"))) {
        assert!(faults(json!({ "auth": auth }), StoreKind::SecretStore).is_empty(), "{auth}");
    }
}

#[test]
fn a_reference_without_a_namespace_makes_each_namespace_bring_its_own() {
    assert!(everything(None).into_iter().all(|auth| is_referent(&config(json!({ "auth": auth })))));
    assert!(!everything(Some("x")).into_iter().any(|auth| is_referent(&config(json!({ "auth": auth })))));
    assert!(is_referent(&config(json!({"tls": {"certSecretRef": secret(None), "keySecretRef": secret(Some("x"))}}))));
    assert!(!is_referent(&config(json!({"auth": {"kubernetes": {"role": "r"}}}))), "the controller's own token");
    assert!(!is_referent(&config(json!({}))));
}

#[test]
fn v_15_app_role_without_role_and_jwt_without_token_are_refused() {
    let of = |auth: Value| faults(json!({ "auth": auth }), StoreKind::SecretStore);
    let told = of(json!({"appRole": {"path": "approle", "secretRef": secret(None)}}));
    let expected = "spec.provider.vault.auth.appRole: neither `roleId` nor `roleRef` was supplied. Set one of them.";
    assert_eq!(told, [expected]);
    assert!(of(json!({"jwt": {"path": "jwt"}})).first().unwrap().starts_with("spec.provider.vault.auth.jwt: neither"));
}

#[test]
fn v_18_a_client_certificate_needs_its_key_and_the_other_way_round() {
    let of = |tls: Value| faults(json!({ "tls": tls }), StoreKind::SecretStore);
    assert_eq!(
        of(json!({"certSecretRef": secret(None)})),
        ["spec.provider.vault.tls.keySecretRef: is required with certSecretRef."]
    );
    assert_eq!(
        of(json!({"keySecretRef": secret(None)})),
        ["spec.provider.vault.tls.certSecretRef: is required with keySecretRef."]
    );
    assert!(of(json!({"certSecretRef": secret(None), "keySecretRef": secret(None)})).is_empty());
    assert!(of(json!({})).is_empty());
}

#[test]
fn v_19_check_and_set_takes_version_2() {
    let of =
        |version: &str| faults(json!({"version": version, "checkAndSet": {"required": true}}), StoreKind::SecretStore);
    assert!(of("v1").first().unwrap().contains("checkAndSet is not supported with Vault KV version v1"));
    assert!(of("v2").is_empty());
}

#[test]
fn admission_lets_pass_what_only_connecting_can_tell() {
    assert!(faults(json!({"version": "v3"}), StoreKind::SecretStore).is_empty());
    let provider = json!({"caProvider": {"type": "Secret", "name": "ca", "key": "c"}});
    assert!(faults(provider, StoreKind::ClusterSecretStore).is_empty());
}
