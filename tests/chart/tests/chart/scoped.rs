//! The controller does its work with exactly the rights that the chart grants it, in the whole cluster and in one namespace.

use eso_chart::{Helm, NAMESPACE, RELEASE, Rendered};
use eso_harness::operator::controller_binary;
use eso_harness::{ControlPlane, Controllers, Operator, OperatorOptions, Options, Part, Profile, ensure, eventually};
use serde_json::{Value, json};

use crate::flags::arguments;
use crate::server::file;

async fn apply(plane: &ControlPlane, text: &str) {
    let file = file(text);
    let path = file.path().display().to_string();
    eventually("the API server takes the objects", || async {
        plane.kubectl_ok(&["apply", "--server-side", "-f", &path]).await
    })
    .await
    .unwrap();
}

/// A store with a made-up secret, and an `ExternalSecret` that wants it.
fn objects(namespace: &str, name: &str, store: &str) -> String {
    let spec = json!({ "provider": { "fake": { "data": [{ "key": "k", "value": "made-up" }] } } });
    let mut about = json!({ "name": name });
    if store == "SecretStore" {
        about["namespace"] = json!(namespace);
    }
    let store = json!({ "apiVersion": "external-secrets.io/v1", "kind": store, "metadata": about, "spec": spec });
    let external_secret = json!({
        "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": { "name": name, "namespace": namespace },
        "spec": {
            "secretStoreRef": { "name": name, "kind": store["kind"] },
            "data": [{ "secretKey": "k", "remoteRef": { "key": "k" } }]
        }
    });
    format!("{store}\n---\n{external_secret}\n")
}

/// Waits until the Secret is there, and looks whether the controller was refused anything on the way.
async fn works(plane: &ControlPlane, operator: &Operator, namespace: &str, name: &str) {
    let args = ["get", "secret", name, "-n", namespace, "-o", "jsonpath={.data.k}"];
    let written = eventually("the Secret is written", || async {
        anyhow::ensure!(plane.kubectl_ok(&args).await? == "bWFkZS11cA==", "the Secret holds something else");
        Ok(())
    });
    written.await.unwrap_or_else(|error| panic!("{error:#}; the controller's log:\n{}", operator.log()));
    let log = operator.log().to_lowercase();
    assert!(!log.contains("forbidden"), "{log}");
}

/// The controller under its own `ServiceAccount`, with the chart's flags but for the ports.
async fn started(plane: &ControlPlane, rendered: &Rendered) -> Operator {
    let kubeconfig = plane.dir().join("controller.kubeconfig");
    plane.kubeconfig_for_service_account(NAMESPACE, RELEASE, &kubeconfig).await.unwrap();
    // in a pod this is the pod's namespace, where the lease is
    let mut config: Value = serde_json::from_slice(&std::fs::read(&kubeconfig).unwrap()).unwrap();
    config["contexts"][0]["context"]["namespace"] = json!(NAMESPACE);
    std::fs::write(&kubeconfig, config.to_string()).unwrap();
    let mut args = arguments(rendered.object("Deployment", RELEASE).unwrap());
    args.retain(|arg| !arg.contains("-addr="));
    let binary = controller_binary(Profile::default()).await.unwrap();
    let env = vec![("KUBECONFIG".to_owned(), kubeconfig.display().to_string())];
    let operator = Operator::start(OperatorOptions { binary, args, env, ..OperatorOptions::default() }).unwrap();
    operator.wait_ready().await.unwrap();
    operator
}

#[tokio::test]
async fn the_controller_has_the_rights_that_it_needs_and_in_one_namespace_no_others() {
    let installed = ensure(&[Part::ControlPlane]).await.unwrap();
    let options = Options { controllers: Controllers::None, ..Options::default() };
    let plane = ControlPlane::start(&installed, options).await.unwrap();
    for namespace in [NAMESPACE, "team", "others"] {
        plane.kubectl_ok(&["create", "namespace", namespace]).await.unwrap();
    }
    let helm = Helm::obtain().await.unwrap();
    let webhook = json!({ "create": false });
    let values = json!({ "webhook": webhook, "scopedNamespace": "team", "scopedRBAC": true, "leaderElect": true });
    let scoped = helm.render(&values, &[]).await.unwrap();
    apply(&plane, &scoped.text()).await;
    apply(&plane, &objects("team", "one", "SecretStore")).await;
    let operator = started(&plane, &scoped).await;
    works(&plane, &operator, "team", "one").await;
    let may = [
        "auth",
        "can-i",
        "get",
        "secrets",
        "-n",
        "others",
        "--as",
        "system:serviceaccount:external-secrets:external-secrets",
    ];
    assert!(!plane.kubectl(&may).await.unwrap().status.success(), "the scoped controller may read other namespaces");
    drop(operator);

    let whole: Value = json!({ "webhook": webhook, "leaderElect": true, "leaderElectionID": "whole" });
    let whole = helm.render(&whole, &[]).await.unwrap();
    apply(&plane, &whole.text()).await;
    apply(&plane, &objects("others", "two", "ClusterSecretStore")).await;
    let operator = started(&plane, &whole).await;
    works(&plane, &operator, "others", "two").await;
}
