//! What the chart installs around the two programs.

use serde_json::{Value, json};

use super::WEBHOOK;
use crate::cluster::NAMESPACE;

/// Service, endpoints, Secret, webhook configurations and the cert-controller's rights.
pub(super) fn installed(port: u16, address: &str, account: &str) -> Vec<Value> {
    let mut objects = vec![
        // Leads the API server to this machine, without a node.
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": WEBHOOK, "namespace": NAMESPACE},
            "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"name": "webhook", "port": port}]},
        }),
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": WEBHOOK, "namespace": NAMESPACE, "labels": {"kubernetes.io/service-name": WEBHOOK}},
            "ports": [{"name": "webhook", "port": port}],
            "endpoints": [{"addresses": [address], "conditions": {"ready": true}}],
        }),
        certificate_secret(),
        configuration("externalsecret-validate", &[hook("externalsecret", "Namespaced", port)]),
        configuration(
            "secretstore-validate",
            &[hook("secretstore", "Namespaced", port), hook("clustersecretstore", "Cluster", port)],
        ),
    ];
    objects.extend(rights(account));
    objects
}

/// The Secret as the chart makes it: empty.
pub fn certificate_secret() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": WEBHOOK, "namespace": NAMESPACE,
            "labels": {"external-secrets.io/component": "webhook"}},
    })
}

fn configuration(name: &str, hooks: &[Value]) -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name, "labels": {"external-secrets.io/component": "webhook"}}, "webhooks": hooks,
    })
}

fn hook(kind: &str, scope: &str, port: u16) -> Value {
    hook_that(kind, scope, port, "Fail")
}

/// With what happens when the webhook does not answer.
fn hook_that(kind: &str, scope: &str, port: u16, policy: &str) -> Value {
    json!({
        "name": format!("validate.{kind}.external-secrets.io"), "sideEffects": "None",
        "admissionReviewVersions": ["v1", "v1beta1"], "timeoutSeconds": 5, "failurePolicy": policy,
        "rules": [{
            "apiGroups": ["external-secrets.io"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE", "DELETE"],
            "resources": [format!("{kind}s")], "scope": scope,
        }],
        "clientConfig": {"service": {
            "name": WEBHOOK, "namespace": NAMESPACE, "port": port, "path": format!("/validate-external-secrets-io-v1-{kind}"),
        }},
    })
}

/// Just what the cert-controller needs; a right that is missing would show as a refusal in its log.
fn rights(account: &str) -> Vec<Value> {
    let read = json!(["get", "list", "watch"]);
    let cluster = json!([
        {"apiGroups": ["apiextensions.k8s.io"], "resources": ["customresourcedefinitions"], "verbs": ["get"]},
        {"apiGroups": ["admissionregistration.k8s.io"], "resources": ["validatingwebhookconfigurations"], "verbs": ["list", "watch"]},
        {"apiGroups": ["admissionregistration.k8s.io"], "resources": ["validatingwebhookconfigurations"],
            "resourceNames": ["secretstore-validate", "externalsecret-validate"], "verbs": ["update"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
    ]);
    let own = json!([
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": [WEBHOOK], "verbs": ["get", "list", "watch", "patch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": read},
    ]);
    // Outside a pod the lease is in the namespace of the kubeconfig, which names none.
    let lease =
        json!([{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]}]);
    let default = json!({"name": account, "namespace": "default"});
    let api = "rbac.authorization.k8s.io/v1";
    let subjects = json!([{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}]);
    let reference = |kind: &str| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": account});
    let named = json!({"name": account});
    let spaced = json!({"name": account, "namespace": NAMESPACE});
    vec![
        json!({"apiVersion": api, "kind": "ClusterRole", "metadata": named, "rules": cluster}),
        json!({"apiVersion": api, "kind": "ClusterRoleBinding", "metadata": named, "roleRef": reference("ClusterRole"), "subjects": subjects}),
        json!({"apiVersion": api, "kind": "Role", "metadata": default, "rules": lease}),
        json!({"apiVersion": api, "kind": "RoleBinding", "metadata": default, "roleRef": reference("Role"), "subjects": subjects}),
        json!({"apiVersion": api, "kind": "Role", "metadata": spaced, "rules": own}),
        json!({"apiVersion": api, "kind": "RoleBinding", "metadata": spaced, "roleRef": reference("Role"), "subjects": subjects}),
    ]
}

/// A webhook configuration of somebody else, which the cert-controller leaves alone; it asks the same webhook, which may fail.
pub fn foreign_configuration(port: u16) -> Value {
    let hook = hook_that("externalsecret", "Namespaced", port, "Ignore");
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "foreign"}, "webhooks": [hook],
    })
}
