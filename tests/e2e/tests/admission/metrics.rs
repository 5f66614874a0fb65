//! Metrics behind TLS, for those whom the API server lets.

use std::time::Duration;

use eso_harness::eventually;
use serde_json::json;

use crate::stage::{ACCOUNT, NAMESPACE, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_shown_to_those_whom_the_api_server_lets_and_to_nobody_else() {
    let stage = Stage::start().await;
    let api = "rbac.authorization.k8s.io/v1";
    let right = |name: &str, rules: serde_json::Value, account: &str| {
        let role = json!({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules});
        let binding = json!({
            "apiVersion": api, "kind": "ClusterRoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}],
        });
        [role, binding]
    };
    let ask = json!([
        {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]},
        {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]},
    ]);
    let read = json!([{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]);
    for object in right("asks", ask, ACCOUNT).into_iter().chain(right("reads", read, "reader")) {
        stage.apply(&object).await.unwrap();
    }
    let mut tokens = Vec::new();
    for account in ["reader", "stranger"] {
        stage.plane.ensure_service_account(NAMESPACE, account).await.unwrap();
        let hour = Duration::from_hours(1);
        let audience = stage.plane.issuer();
        tokens.push(stage.plane.service_account_token(NAMESPACE, account, audience, hour).await.unwrap());
    }
    let certs = stage.cert_controller(&["--metrics-secure", "--metrics-auth"]);
    let url = certs.metrics_url().replace("http://", "https://");
    // The certificate is one that nobody vouches for.
    let http = reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).build().unwrap();
    let status = |token: Option<String>| {
        let mut request = http.get(&url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        async move { request.send().await.map(|response| response.status().as_u16()) }
    };
    eventually("the metrics are shown", || async {
        anyhow::ensure!(status(Some(tokens[0].clone())).await? == 200, "they are not");
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(status(None).await.unwrap(), 401);
    assert_eq!(status(Some("nonsense".to_owned())).await.unwrap(), 401);
    assert_eq!(status(Some(tokens[1].clone())).await.unwrap(), 403);
}
