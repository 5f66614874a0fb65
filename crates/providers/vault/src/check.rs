//! Rules for the block that its schema cannot say. Source: ESO.

use eso_core::crd::{SecretKeySelector, ServiceAccountSelector};
use eso_core::provider::StoreScope;
use eso_core::{Fault, FaultKind};
use eso_provider_kit::namespaces;

use crate::config::{AppRoleAuth, JwtAuth, VaultConfig, VaultTls};

/// A reference of the block: the path of its field below `spec.provider.vault`, and the namespace that it names.
pub(crate) struct Reference<'a> {
    /// Such as `auth.appRole.secretRef`.
    pub(crate) field: &'static str,
    pub(crate) namespace: Option<&'a str>,
}

/// Every rule that `config` breaks, with the path of its field.
pub(crate) fn check(config: &VaultConfig, scope: &StoreScope) -> Vec<Fault> {
    let mut faults = Vec::new();
    let auth = config.auth.as_ref();
    faults.extend(auth.and_then(|auth| auth.app_role.as_ref()).and_then(app_role));
    faults.extend(auth.and_then(|auth| auth.jwt.as_ref()).and_then(jwt));
    faults.extend(config.tls.as_ref().and_then(tls));
    let cas = config.check_and_set.as_ref().is_some_and(|cas| cas.required == Some(true));
    if cas && config.version == "v1" {
        let text = "checkAndSet is not supported with Vault KV version v1. Remove it, or use version v2.";
        faults.push(wrong("checkAndSet.required", text));
    }
    faults.extend(references(config).into_iter().filter_map(|Reference { field, namespace }| {
        namespaces::referent(scope, namespace, &format!("spec.provider.vault.{field}"))
    }));
    faults
}

/// Whether credentials come from whatever namespace uses the store: some reference names none of its own.
///
/// Unlike in ESO every reference counts: one that was forgotten would be read once and then serve every namespace.
pub(crate) fn is_referent(config: &VaultConfig) -> bool {
    references(config).iter().any(|reference| reference.namespace.is_none_or(str::is_empty))
}

fn wrong(field: &str, text: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Misconfigured, text).at(format!("spec.provider.vault.{field}"))
}

fn app_role(auth: &AppRoleAuth) -> Option<Fault> {
    let named = auth.role_id.as_deref().is_some_and(|id| !id.is_empty()) || auth.role_ref.is_some();
    (!named).then(|| wrong("auth.appRole", "neither `roleId` nor `roleRef` was supplied. Set one of them."))
}

fn jwt(auth: &JwtAuth) -> Option<Fault> {
    let named = auth.secret_ref.is_some() || auth.kubernetes_service_account_token.is_some();
    let text = "neither `secretRef` nor `kubernetesServiceAccountToken` was supplied. Set one of them.";
    (!named).then(|| wrong("auth.jwt", text))
}

fn tls(tls: &VaultTls) -> Option<Fault> {
    match (&tls.cert_secret_ref, &tls.key_secret_ref) {
        (Some(_), None) => Some(wrong("tls.keySecretRef", "is required with certSecretRef.")),
        (None, Some(_)) => Some(wrong("tls.certSecretRef", "is required with keySecretRef.")),
        _ => None,
    }
}

/// Every reference to credentials that is set. `caProvider` is none: it has a rule of its own.
fn references(config: &VaultConfig) -> Vec<Reference<'_>> {
    let mut found = References::default();
    if let Some(tls) = &config.tls {
        found.secret("tls.certSecretRef", tls.cert_secret_ref.as_ref());
        found.secret("tls.keySecretRef", tls.key_secret_ref.as_ref());
    }
    let Some(auth) = &config.auth else { return found.0 };
    found.secret("auth.tokenSecretRef", auth.token_secret_ref.as_ref());
    if let Some(auth) = &auth.app_role {
        found.secret("auth.appRole.secretRef", Some(&auth.secret_ref));
        found.secret("auth.appRole.roleRef", auth.role_ref.as_ref());
    }
    if let Some(auth) = &auth.kubernetes {
        found.account("auth.kubernetes.serviceAccountRef", auth.service_account_ref.as_ref());
        found.secret("auth.kubernetes.secretRef", auth.secret_ref.as_ref());
    }
    found.secret("auth.ldap.secretRef", auth.ldap.as_ref().and_then(|auth| auth.secret_ref.as_ref()));
    found.secret("auth.userPass.secretRef", auth.user_pass.as_ref().and_then(|auth| auth.secret_ref.as_ref()));
    if let Some(auth) = &auth.jwt {
        let token = auth.kubernetes_service_account_token.as_ref();
        found.secret("auth.jwt.secretRef", auth.secret_ref.as_ref());
        let field = "auth.jwt.kubernetesServiceAccountToken.serviceAccountRef";
        found.account(field, token.map(|token| &token.service_account_ref));
    }
    if let Some(auth) = &auth.cert {
        found.secret("auth.cert.clientCert", auth.client_cert.as_ref());
        found.secret("auth.cert.secretRef", auth.secret_ref.as_ref());
    }
    if let Some(auth) = &auth.iam {
        let key = auth.secret_ref.as_ref();
        let field = "auth.iam.secretRef.accessKeyIDSecretRef";
        found.secret(field, key.and_then(|key| key.access_key_id_secret_ref.as_ref()));
        let field = "auth.iam.secretRef.secretAccessKeySecretRef";
        found.secret(field, key.and_then(|key| key.secret_access_key_secret_ref.as_ref()));
        let field = "auth.iam.secretRef.sessionTokenSecretRef";
        found.secret(field, key.and_then(|key| key.session_token_secret_ref.as_ref()));
        let account = auth.jwt.as_ref().and_then(|jwt| jwt.service_account_ref.as_ref());
        found.account("auth.iam.jwt.serviceAccountRef", account);
    }
    found.0
}

#[derive(Default)]
struct References<'a>(Vec<Reference<'a>>);

impl<'a> References<'a> {
    fn secret(&mut self, field: &'static str, selector: Option<&'a SecretKeySelector>) {
        self.0.extend(selector.map(|it| Reference { field, namespace: it.namespace.as_deref() }));
    }

    fn account(&mut self, field: &'static str, selector: Option<&'a ServiceAccountSelector>) {
        self.0.extend(selector.map(|it| Reference { field, namespace: it.namespace.as_deref() }));
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
