//! What the controller may do in the cluster, and why.

use anyhow::Result;
use serde_json::{Value, json};

use super::yaml;

/// One line of the controller's rights.
pub struct Right {
    /// API group; empty for the core one.
    pub group: &'static str,
    /// Resources and subresources.
    pub resources: &'static [&'static str],
    /// Verbs.
    pub verbs: &'static [&'static str],
    /// What it is for.
    pub why: &'static str,
}

const ESO: &str = "external-secrets.io";

/// Rights in the whole cluster.
pub const CLUSTER: &[Right] = &[
    Right {
        group: ESO,
        resources: &["externalsecrets", "secretstores", "clustersecretstores"],
        verbs: &["get", "list", "watch"],
        why: "the objects that are reconciled",
    },
    Right {
        group: ESO,
        resources: &["externalsecrets"],
        verbs: &["update", "patch"],
        why: "the finalizer of ExternalSecrets whose deletion has an effect of its own",
    },
    Right {
        group: ESO,
        resources: &["externalsecrets/status", "secretstores/status", "clustersecretstores/status"],
        verbs: &["get", "update", "patch"],
        why: "conditions and refresh times",
    },
    Right {
        group: "",
        resources: &["secrets"],
        verbs: &["get", "list", "watch", "create", "update", "patch", "delete"],
        why: "the Secrets that are written, and the credentials that stores refer to",
    },
    Right {
        group: "",
        resources: &["configmaps"],
        verbs: &["get", "list", "watch"],
        why: "ConfigMaps that hold templates",
    },
    Right {
        group: "",
        resources: &["namespaces"],
        verbs: &["get", "list", "watch"],
        why: "labels of namespaces, for the conditions of ClusterSecretStores",
    },
    Right { group: "", resources: &["configmaps"], verbs: &["get"], why: "CA certificates that stores refer to" },
    Right {
        group: "",
        resources: &["serviceaccounts"],
        verbs: &["get"],
        why: "annotations of ServiceAccounts that stores refer to",
    },
    Right {
        group: "",
        resources: &["serviceaccounts/token"],
        verbs: &["create"],
        why: "tokens of those ServiceAccounts, to log in at a backend",
    },
    Right {
        group: "",
        resources: &["events"],
        verbs: &["create", "patch"],
        why: "events on the objects that are reconciled",
    },
];

/// Rights in the controller's own namespace.
pub const NAMESPACED: &[Right] = &[Right {
    group: "coordination.k8s.io",
    resources: &["leases"],
    verbs: &["get", "create", "update", "patch"],
    why: "the lease that keeps a second controller waiting",
}];

const NAMESPACE: &str = "external-secrets";
const ACCOUNT: &str = "external-secrets";
const ROLE: &str = "external-secrets-controller";
const LEASE_ROLE: &str = "external-secrets-leaderelection";
const RBAC: &str = "rbac.authorization.k8s.io";

/// `deploy/manifests/controller-rbac.yaml`.
pub fn manifest() -> Result<String> {
    let account = json!([{ "kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE }]);
    let documents = [
        yaml::document(&object("v1", "Namespace", json!({ "name": NAMESPACE })))?,
        yaml::document(&object("v1", "ServiceAccount", json!({ "name": ACCOUNT, "namespace": NAMESPACE })))?,
        role("ClusterRole", json!({ "name": ROLE }), CLUSTER)?,
        yaml::document(&binding("ClusterRoleBinding", json!({ "name": ROLE }), ("ClusterRole", ROLE), &account))?,
        role("Role", json!({ "name": LEASE_ROLE, "namespace": NAMESPACE }), NAMESPACED)?,
        yaml::document(&binding(
            "RoleBinding",
            json!({ "name": LEASE_ROLE, "namespace": NAMESPACE }),
            ("Role", LEASE_ROLE),
            &account,
        ))?,
    ];
    Ok(documents.join("---\n"))
}

fn object(api_version: &str, kind: &str, metadata: Value) -> Value {
    json!({ "apiVersion": api_version, "kind": kind, "metadata": metadata })
}

fn binding(kind: &str, metadata: Value, role: (&str, &str), subjects: &Value) -> Value {
    let mut binding = object(&format!("{RBAC}/v1"), kind, metadata);
    if let Some(fields) = binding.as_object_mut() {
        fields.insert("roleRef".into(), json!({ "apiGroup": RBAC, "kind": role.0, "name": role.1 }));
        fields.insert("subjects".into(), subjects.clone());
    }
    binding
}

/// A role with the reason above each rule.
fn role(kind: &str, metadata: Value, rights: &[Right]) -> Result<String> {
    let mut text = yaml::document(&object(&format!("{RBAC}/v1"), kind, metadata))?;
    text.push_str("rules:\n");
    for right in rights {
        text.push_str("# ");
        text.push_str(right.why);
        text.push('\n');
        let rule = json!([{ "apiGroups": [right.group], "resources": right.resources, "verbs": right.verbs }]);
        text.push_str(&yaml::document(&rule)?);
    }
    Ok(text)
}
