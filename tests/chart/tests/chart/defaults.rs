//! What the chart renders to when nothing is set: names, labels and selectors as ESO's chart has them, and pods that any namespace takes.

use eso_chart::{Helm, NAMESPACE, RELEASE, Rendered, chart};
use serde_json::{Value, json};

use crate::values::ensure_distinct;

async fn rendered(values: Value) -> Rendered {
    Helm::obtain().await.unwrap().render(&values, &[]).await.unwrap()
}

fn names<'a>(rendered: &'a Rendered, kind: &'a str) -> Vec<&'a str> {
    let mut names: Vec<&str> =
        rendered.of_kind(kind).map(|object| object["metadata"]["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn objects_have_the_names_that_an_upgrade_finds() {
    let rendered = rendered(json!({})).await;
    ensure_distinct(&rendered).unwrap();
    let expected = [
        ("Deployment", vec!["external-secrets", "external-secrets-cert-controller", "external-secrets-webhook"]),
        ("ServiceAccount", vec!["external-secrets", "external-secrets-cert-controller", "external-secrets-webhook"]),
        ("Service", vec!["external-secrets-webhook"]),
        ("Secret", vec!["external-secrets-webhook"]),
        ("ValidatingWebhookConfiguration", vec!["externalsecret-validate", "secretstore-validate"]),
        (
            "ClusterRole",
            vec![
                "external-secrets-cert-controller",
                "external-secrets-controller",
                "external-secrets-edit",
                "external-secrets-servicebindings",
                "external-secrets-view",
            ],
        ),
        ("ClusterRoleBinding", vec!["external-secrets-cert-controller", "external-secrets-controller"]),
        ("Role", vec!["external-secrets-cert-controller", "external-secrets-leaderelection"]),
        ("RoleBinding", vec!["external-secrets-cert-controller", "external-secrets-leaderelection"]),
        ("PodDisruptionBudget", vec![]),
        ("NetworkPolicy", vec![]),
    ];
    for (kind, wanted) in expected {
        assert_eq!(names(&rendered, kind), wanted, "{kind}");
    }
    assert!(rendered.remarks.is_empty(), "{:?}", rendered.remarks);
}

#[tokio::test]
async fn deployments_select_by_name_and_instance_only() {
    let rendered = rendered(json!({})).await;
    for suffix in ["", "-webhook", "-cert-controller"] {
        let deployment = rendered.object("Deployment", &format!("{RELEASE}{suffix}")).unwrap();
        let expected = json!({ "app.kubernetes.io/name": format!("external-secrets{suffix}"), "app.kubernetes.io/instance": RELEASE });
        assert_eq!(deployment["spec"]["selector"]["matchLabels"], expected);
        let labels = &deployment["spec"]["template"]["metadata"]["labels"];
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(&labels[key], value);
        }
        assert_eq!(deployment["metadata"]["namespace"], NAMESPACE);
    }
}

#[tokio::test]
async fn selecting_labels_cannot_be_overwritten_by_values() {
    let other = json!({ "app.kubernetes.io/name": "other", "app.kubernetes.io/instance": "other" });
    let rendered =
        rendered(json!({ "commonLabels": other, "podLabels": other, "global": { "podLabels": other } })).await;
    let labels = &rendered.object("Deployment", RELEASE).unwrap()["spec"]["template"]["metadata"]["labels"];
    assert_eq!(labels["app.kubernetes.io/name"], "external-secrets");
    assert_eq!(labels["app.kubernetes.io/instance"], RELEASE);
}

#[tokio::test]
async fn a_budget_has_one_of_its_two_limits() {
    let rendered = rendered(json!({ "podDisruptionBudget": { "enabled": true, "maxUnavailable": 0 } })).await;
    let spec = &rendered.object("PodDisruptionBudget", "external-secrets-pdb").unwrap()["spec"];
    assert_eq!((&spec["maxUnavailable"], &spec["minAvailable"]), (&json!(0), &Value::Null));
}

#[tokio::test]
async fn webhooks_are_those_of_the_contract() {
    let rendered = rendered(json!({})).await;
    let mut found = Vec::new();
    for configuration in rendered.of_kind("ValidatingWebhookConfiguration") {
        assert_eq!(configuration["metadata"]["labels"]["external-secrets.io/component"], "webhook");
        for webhook in configuration["webhooks"].as_array().unwrap() {
            let service = &webhook["clientConfig"]["service"];
            assert_eq!(service["name"], "external-secrets-webhook");
            assert_eq!(webhook["admissionReviewVersions"], json!(["v1", "v1beta1"]));
            assert_eq!(
                (&webhook["sideEffects"], &webhook["timeoutSeconds"], &webhook["failurePolicy"]),
                (&json!("None"), &json!(5), &json!("Fail"))
            );
            let rule = &webhook["rules"][0];
            assert_eq!(
                (&rule["apiVersions"], &rule["operations"]),
                (&json!(["v1"]), &json!(["CREATE", "UPDATE", "DELETE"]))
            );
            found.push((
                configuration["metadata"]["name"].clone(),
                webhook["name"].clone(),
                service["path"].clone(),
                rule["resources"].clone(),
                rule["scope"].clone(),
            ));
        }
    }
    found.sort_by_key(|(.., name, _, _, _)| name.to_string());
    let row = |configuration: &str, kind: &str, scope: &str| {
        let path = format!("/validate-external-secrets-io-v1-{kind}");
        (
            json!(configuration),
            json!(format!("validate.{kind}.external-secrets.io")),
            json!(path),
            json!([format!("{kind}s")]),
            json!(scope),
        )
    };
    let expected = [
        row("secretstore-validate", "clustersecretstore", "Cluster"),
        row("externalsecret-validate", "externalsecret", "Namespaced"),
        row("secretstore-validate", "secretstore", "Namespaced"),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn scoped_rights_hold_no_role_of_the_whole_cluster_for_the_controller() {
    let rendered = rendered(
        json!({ "scopedNamespace": "team", "scopedRBAC": true, "certController": { "rbac": { "create": false } } }),
    )
    .await;
    let role = rendered.object("Role", "external-secrets-controller").unwrap();
    assert_eq!(role["metadata"]["namespace"], "team");
    assert!(!role["rules"].to_string().contains("clustersecretstores"));
    assert!(!role["rules"].to_string().contains("namespaces"));
    assert!(rendered.of_kind("ClusterRoleBinding").next().is_none());
    let args = &rendered.object("Deployment", RELEASE).unwrap()["spec"]["template"]["spec"]["containers"][0]["args"];
    for flag in [
        "--namespace=team",
        "--enable-cluster-store-reconciler=false",
        "--enable-cluster-external-secret-reconciler=false",
    ] {
        assert!(args.as_array().unwrap().contains(&json!(flag)), "{flag}: {args}");
    }
}

#[tokio::test]
async fn the_cert_controller_may_read_one_secret_and_the_webhook_has_no_rights() {
    let rendered = rendered(json!({ "fullnameOverride": "eso" })).await;
    let rules = |kind: &str, name: &str| rendered.object(kind, name).unwrap()["rules"].as_array().unwrap().clone();
    let on_secrets = |rule: &&Value| rule["resources"].as_array().unwrap().contains(&json!("secrets"));
    assert_eq!(rules("ClusterRole", "eso-cert-controller").iter().filter(on_secrets).count(), 0);
    let role = rules("Role", "eso-cert-controller");
    let secrets: Vec<&Value> = role.iter().filter(on_secrets).collect();
    assert_eq!(secrets.len(), 1);
    assert_eq!(secrets[0]["resourceNames"], json!(["eso-webhook"]));
    let bound = |object: &Value| object["subjects"][0]["name"] == "external-secrets-webhook";
    assert!(!rendered.of_kind("RoleBinding").chain(rendered.of_kind("ClusterRoleBinding")).any(bound));
}

#[tokio::test]
async fn with_cert_manager_nobody_else_makes_the_certificate() {
    let rendered = rendered(json!({ "webhook": { "certManager": { "enabled": true } } })).await;
    assert!(rendered.object("Deployment", "external-secrets-cert-controller").is_none());
    assert!(rendered.of_kind("Secret").next().is_none());
    let certificate = rendered.object("Certificate", "external-secrets-webhook").unwrap();
    let host = "external-secrets-webhook.external-secrets.svc";
    assert!(certificate["spec"]["dnsNames"].as_array().unwrap().contains(&json!(host)));
    assert_eq!(certificate["spec"]["secretName"], "external-secrets-webhook");
    for configuration in rendered.of_kind("ValidatingWebhookConfiguration") {
        let annotation = &configuration["metadata"]["annotations"]["cert-manager.io/inject-ca-from"];
        assert_eq!(annotation, "external-secrets/external-secrets-webhook");
    }
}

/// The objects of a file with several.
fn documents(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(eso_harness::workspace::root().unwrap().join("deploy").join(file)).unwrap();
    text.split("---\n").map(|document| serde_saphyr::from_str(document).unwrap()).collect()
}

#[tokio::test]
async fn roles_and_definitions_are_those_of_the_manifests() {
    let rendered = rendered(json!({})).await;
    let mut roles = documents("manifests/controller-rbac.yaml");
    roles.extend(documents("manifests/cert-controller-rbac.yaml"));
    roles.retain(|object| object["kind"].as_str().unwrap().ends_with("Role"));
    assert_eq!(roles.len(), 4);
    for role in roles {
        let name = role["metadata"]["name"].as_str().unwrap();
        let ours = rendered.object(role["kind"].as_str().unwrap(), name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(ours["rules"], role["rules"], "{name}");
    }
    for kind in ["externalsecrets", "secretstores", "clustersecretstores"] {
        let definition = &documents(&format!("crds/external-secrets.io_{kind}.yaml"))[0];
        let ours = rendered.object("CustomResourceDefinition", &format!("{kind}.external-secrets.io")).unwrap();
        assert_eq!(ours["spec"], definition["spec"], "{kind}");
        assert_eq!(ours["metadata"]["labels"], definition["metadata"]["labels"], "{kind}");
    }
}

#[tokio::test]
async fn helm_lint_finds_nothing() {
    let helm = Helm::obtain().await.unwrap();
    let chart = chart().unwrap().display().to_string();
    let text = helm.run_ok(&["lint", "--strict", &chart], &[]).await.unwrap();
    assert!(text.contains("1 chart(s) linted, 0 chart(s) failed"), "{text}");
    assert!(!text.contains("[WARNING]") && !text.contains("[ERROR]"), "{text}");
}

#[test]
fn chart_and_programs_have_the_same_version() {
    let text = std::fs::read_to_string(chart().unwrap().join("Chart.yaml")).unwrap();
    let described: Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(described["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(described["appVersion"], concat!("v", env!("CARGO_PKG_VERSION")));
}
