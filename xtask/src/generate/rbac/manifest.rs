//! `deploy/manifests`: the roles for those who install without the chart, with the chart's names and defaults.

use anyhow::Result;
use serde_json::{Value, json};

use super::{CERT_CONTROLLER, CERT_CONTROLLER_OWN, CONTROLLER, CONTROLLER_OWN, Right};
use crate::generate::yaml;

const NAMESPACE: &str = "external-secrets";
const WEBHOOK_SECRET: &str = "external-secrets-webhook";
const RBAC: &str = "rbac.authorization.k8s.io";

/// `controller-rbac.yaml`.
pub fn controller() -> Result<String> {
    let account = "external-secrets";
    let mut documents = vec![yaml::document(&object("v1", "Namespace", json!({ "name": NAMESPACE })))?];
    documents.extend(roles(
        account,
        ("external-secrets-controller", CONTROLLER),
        ("external-secrets-leaderelection", CONTROLLER_OWN),
    )?);
    Ok(documents.join("---\n"))
}

/// `cert-controller-rbac.yaml`.
pub fn cert_controller() -> Result<String> {
    let name = "external-secrets-cert-controller";
    Ok(roles(name, (name, CERT_CONTROLLER), (name, CERT_CONTROLLER_OWN))?.join("---\n"))
}

/// A `ServiceAccount` with its rights in the cluster and in its own namespace, each with the name of the role.
fn roles(account: &str, cluster: (&str, &[Right]), own: (&str, &[Right])) -> Result<Vec<String>> {
    let subjects = json!([{ "kind": "ServiceAccount", "name": account, "namespace": NAMESPACE }]);
    let local = json!({ "name": own.0, "namespace": NAMESPACE });
    Ok(vec![
        yaml::document(&object("v1", "ServiceAccount", json!({ "name": account, "namespace": NAMESPACE })))?,
        role("ClusterRole", json!({ "name": cluster.0 }), cluster.1)?,
        binding("ClusterRoleBinding", json!({ "name": cluster.0 }), ("ClusterRole", cluster.0), &subjects)?,
        role("Role", local.clone(), own.1)?,
        binding("RoleBinding", local, ("Role", own.0), &subjects)?,
    ])
}

fn object(api_version: &str, kind: &str, metadata: Value) -> Value {
    json!({ "apiVersion": api_version, "kind": kind, "metadata": metadata })
}

fn binding(kind: &str, metadata: Value, role: (&str, &str), subjects: &Value) -> Result<String> {
    let mut binding = object(&format!("{RBAC}/v1"), kind, metadata);
    if let Some(fields) = binding.as_object_mut() {
        fields.insert("roleRef".into(), json!({ "apiGroup": RBAC, "kind": role.0, "name": role.1 }));
        fields.insert("subjects".into(), subjects.clone());
    }
    yaml::document(&binding)
}

/// A role with the reason above each rule.
fn role(kind: &str, metadata: Value, rights: &[Right]) -> Result<String> {
    let mut text = yaml::document(&object(&format!("{RBAC}/v1"), kind, metadata))?;
    text.push_str("rules:\n");
    for right in rights {
        let rule = yaml::document(&json!([right.rule(WEBHOOK_SECRET)]))?;
        text.extend(["# ", right.why, "\n", &rule]);
    }
    Ok(text)
}
