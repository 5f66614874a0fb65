//! A release of another chart with the same names is upgraded to ours in place, and nothing of it that we do not have is lost.

use eso_chart::{Helm, NAMESPACE, RELEASE, chart};
use eso_harness::{ControlPlane, eventually};

use crate::server::{file, plane};

/// A chart as somebody may have installed it before: a definition that ours does not have, one that it has, and a Deployment with the
/// selector that all had.
const OLD: [(&str, &str); 3] = [
    ("Chart.yaml", "apiVersion: v2\nname: external-secrets\nversion: 0.0.1\n"),
    (
        "templates/crds.yaml",
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: pushsecrets.external-secrets.io
  labels: {external-secrets.io/component: controller}
spec:
  group: external-secrets.io
  names: {kind: PushSecret, listKind: PushSecretList, plural: pushsecrets, singular: pushsecret}
  scope: Namespaced
  versions:
  - name: v1alpha1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
",
    ),
    (
        "templates/deployment.yaml",
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: external-secrets
  namespace: {{ .Release.Namespace }}
spec:
  selector:
    matchLabels: {app.kubernetes.io/name: external-secrets, app.kubernetes.io/instance: external-secrets}
  template:
    metadata:
      labels: {app.kubernetes.io/name: external-secrets, app.kubernetes.io/instance: external-secrets}
    spec:
      containers:
      - name: external-secrets
        image: old
        args: [--old]
",
    ),
];

const OBJECT: &str =
    "{apiVersion: external-secrets.io/v1alpha1, kind: PushSecret, metadata: {name: kept, namespace: default}}";

async fn object_is_there(plane: &ControlPlane) -> bool {
    let args = ["get", "pushsecrets.external-secrets.io", "kept", "-n", "default", "-o", "name"];
    plane.kubectl(&args).await.unwrap().status.success()
}

#[tokio::test]
async fn an_upgrade_in_place_keeps_definitions_and_objects_that_this_chart_does_not_have() {
    let (helm, plane) = (Helm::obtain().await.unwrap(), plane().await);
    let kubeconfig = plane.kubeconfig_path().display().to_string();
    let chart = chart().unwrap().display().to_string();
    let old = tempfile::tempdir().unwrap();
    std::fs::create_dir(old.path().join("templates")).unwrap();
    for (name, text) in OLD {
        std::fs::write(old.path().join(name), text).unwrap();
    }
    let home = old.path().display().to_string();
    let env = [("KUBECONFIG", kubeconfig.as_str()), ("HOME", home.as_str())];
    let run = async |args: &[&str]| helm.run_ok(&[args, &["-n", NAMESPACE]].concat(), &env).await.unwrap();

    run(&["install", RELEASE, &home, "--create-namespace"]).await;
    let object = file(OBJECT);
    let path = object.path().display().to_string();
    eventually("PushSecrets are served", || async { plane.kubectl_ok(&["apply", "-f", &path]).await }).await.unwrap();

    let values = file("image: {flavour: ubi}\nbitwarden-sdk-server: {enabled: true}\n");
    let notes = run(&["upgrade", RELEASE, &chart, "-f", &values.path().display().to_string()]).await;
    for wanted in [
        "external-secrets-webhook ",
        "kubectl get pods -n external-secrets",
        "image.flavour: ",
        "bitwarden-sdk-server.enabled: ",
    ] {
        assert!(notes.contains(wanted), "{wanted}: {notes}");
    }
    let image =
        ["get", "deployment", RELEASE, "-n", NAMESPACE, "-o", "jsonpath={.spec.template.spec.containers[*].image}"];
    assert_eq!(
        plane.kubectl_ok(&image).await.unwrap(),
        concat!("ghcr.io/eso-rs/eso-controller:v", env!("CARGO_PKG_VERSION"))
    );
    assert!(object_is_there(plane).await, "the first upgrade took the definition away");
    run(&["upgrade", RELEASE, &chart]).await;
    assert!(object_is_there(plane).await, "the second upgrade took the definition away");

    let notes = run(&["upgrade", RELEASE, &chart, "--set", "crds.createPushSecret=false"]).await;
    assert!(notes.contains("crds.createPushSecret: "), "{notes}");
    eventually("the definition goes when that is asked for", || async {
        anyhow::ensure!(!object_is_there(plane).await, "it is there");
        Ok(())
    })
    .await
    .unwrap();
    run(&["uninstall", RELEASE, "--wait"]).await;
    let notes = run(&["install", RELEASE, &chart]).await;
    assert!(!notes.contains("About the values"), "{notes}");
    run(&["uninstall", RELEASE, "--wait"]).await;
}
