//! The API server takes everything that the chart renders to, and namespaces that are `restricted` take its pods.

use eso_chart::effects::put;
use eso_chart::{Helm, Rendered};
use eso_harness::{ControlPlane, Controllers, Options, Part, ensure};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::sync::OnceCell;

use crate::values::{ensure_distinct, everything_set};

/// Kinds that other projects define.
const FOREIGN: [&str; 2] = ["monitoring.coreos.com", "cert-manager.io"];

/// One API server for all tests of this process; it ends with the process.
pub async fn plane() -> &'static ControlPlane {
    static PLANE: OnceCell<ControlPlane> = OnceCell::const_new();
    let start = || async {
        let installed = ensure(&[Part::ControlPlane]).await.unwrap();
        let options = Options { controllers: Controllers::None, ..Options::default() };
        let plane = ControlPlane::start(&installed, options).await.unwrap();
        for namespace in ["external-secrets", "other", "a"] {
            plane.kubectl_ok(&["create", "namespace", namespace]).await.unwrap();
        }
        plane
    };
    PLANE.get_or_init(start).await
}

pub fn file(text: &str) -> NamedTempFile {
    let file = NamedTempFile::with_suffix(".yaml").unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

/// The values of every row at once, but for what no server that is like ours accepts.
fn acceptable() -> Value {
    let mut values = everything_set();
    // Kubernetes takes no other number for these than the default.
    for probe in ["livenessProbe.spec", "webhook.livenessProbe", "certController.livenessProbe"] {
        put(&mut values, &format!("{probe}.successThreshold"), &json!(1)).unwrap();
    }
    // Kubernetes refuses a user namespace of its own for pods in the node's network.
    for program in ["", "webhook.", "certController."] {
        put(&mut values, &format!("{program}hostUsers"), &json!(true)).unwrap();
    }
    // This server has no IPv6.
    put(&mut values, "service.ipFamilies", &json!(["IPv4"])).unwrap();
    values
}

fn is_foreign(object: &Value) -> bool {
    FOREIGN.iter().any(|group| object["apiVersion"].as_str().unwrap().starts_with(group))
}

async fn accepted(name: &str, rendered: &Rendered) {
    ensure_distinct(rendered).unwrap();
    let ours = Rendered {
        objects: rendered.objects.iter().filter(|object| !is_foreign(object)).cloned().collect(),
        remarks: Vec::new(),
    };
    let file = file(&ours.text());
    let path = file.path().display().to_string();
    let dry = ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", &path];
    let text = plane().await.kubectl_ok(&dry).await.unwrap_or_else(|error| panic!("{name}: {error:#}"));
    assert_eq!(text.lines().count(), ours.objects.len(), "{name}: {text}");
    rendered.objects.iter().filter(|object| is_foreign(object)).for_each(|object| foreign_is_sound(object, rendered));
}

/// What the definitions of other projects would check.
fn foreign_is_sound(object: &Value, rendered: &Rendered) {
    let spec = &object["spec"];
    match object["kind"].as_str().unwrap() {
        "ServiceMonitor" => {
            let wanted = spec["selector"]["matchLabels"].as_object().unwrap();
            let selected =
                |service: &&Value| wanted.iter().all(|(key, value)| service["metadata"]["labels"][key] == *value);
            let ports: Vec<&Value> = rendered
                .of_kind("Service")
                .filter(selected)
                .flat_map(|service| service["spec"]["ports"].as_array().unwrap())
                .map(|port| &port["name"])
                .collect();
            assert_eq!(spec["endpoints"].as_array().unwrap().len(), 1);
            let port = &spec["endpoints"][0]["port"];
            assert_eq!(
                ports.iter().filter(|name| **name == port).count(),
                1,
                "one Service should have the port: {ports:?}"
            );
        }
        "Certificate" => {
            for field in ["secretName", "dnsNames", "duration"] {
                assert!(!spec[field].is_null(), "{field}");
            }
            assert!(spec["issuerRef"]["name"].is_string());
        }
        "PrometheusRule" => {
            for rule in spec["groups"][0]["rules"].as_array().unwrap() {
                assert!(rule["alert"].is_string() && rule["expr"].is_string(), "{rule}");
            }
        }
        other => panic!("{other} is a kind that nothing is known of"),
    }
}

#[tokio::test]
async fn the_server_accepts_every_object_whatever_is_set() {
    let helm = Helm::obtain().await.unwrap();
    let monitoring = json!({ "enabled": true });
    let worlds = [
        ("defaults", json!({})),
        ("everything", acceptable()),
        ("one namespace", json!({ "scopedNamespace": "a", "scopedRBAC": true })),
        ("cert-manager", json!({ "webhook": { "certManager": { "enabled": true } } })),
        (
            "monitoring",
            json!({ "serviceMonitor": monitoring, "grafanaDashboard": monitoring, "prometheusRule": monitoring }),
        ),
        ("v1beta1", json!({ "crds": { "unsafeServeV1Beta1": true, "annotations": { "a": "b" } } })),
        ("OpenShift", json!({ "global": { "compatibility": { "openshift": { "adaptSecurityContext": "force" } } } })),
        ("webhook alone", json!({ "createOperator": false, "certController": { "create": false } })),
    ];
    for (name, values) in worlds {
        let rendered = helm
            .render(&values, &["monitoring.coreos.com/v1"])
            .await
            .unwrap_or_else(|error| panic!("{name}: {error:#}"));
        accepted(name, &rendered).await;
    }
}

/// The pod that a Deployment makes.
fn pod(deployment: &Value) -> Value {
    let template = &deployment["spec"]["template"];
    let mut metadata = template["metadata"].clone();
    metadata["name"] = deployment["metadata"]["name"].clone();
    metadata["namespace"] = deployment["metadata"]["namespace"].clone();
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"] })
}

#[tokio::test]
async fn a_restricted_namespace_takes_the_pods() {
    const NAMESPACE: &str = "restricted";
    let (helm, plane) = (Helm::obtain().await.unwrap(), plane().await);
    let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": {
        "name": NAMESPACE, "labels": { "pod-security.kubernetes.io/enforce": "restricted" } } });
    let namespace = file(&namespace.to_string());
    plane.kubectl_ok(&["apply", "-f", &namespace.path().display().to_string()]).await.unwrap();
    let rendered = helm.render(&json!({ "namespaceOverride": NAMESPACE, "installCRDs": false }), &[]).await.unwrap();
    for account in rendered.of_kind("ServiceAccount") {
        let account = file(&account.to_string());
        plane.kubectl_ok(&["apply", "-f", &account.path().display().to_string()]).await.unwrap();
    }
    let create = |pod: Value| async move {
        let pod = file(&pod.to_string());
        plane.kubectl_ok(&["create", "--dry-run=server", "-f", &pod.path().display().to_string()]).await
    };
    let pods: Vec<Value> = rendered.of_kind("Deployment").map(pod).collect();
    assert_eq!(pods.len(), 3);
    for mut pod in pods {
        create(pod.clone()).await.unwrap_or_else(|error| panic!("{}: {error:#}", pod["metadata"]["name"]));
        // without its security context the same pod is refused, so the namespace does look
        pod["spec"]["containers"][0].as_object_mut().unwrap().remove("securityContext");
        let error = format!("{:#}", create(pod).await.unwrap_err());
        assert!(error.contains("violates PodSecurity"), "{error}");
    }
}
