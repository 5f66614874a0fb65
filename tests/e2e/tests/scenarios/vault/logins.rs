//! A store with each way to log in reads both versions of KV.

use std::time::Duration;

use eso_e2e::Corner;
use eso_harness::{Bao, Cluster};
use serde_json::{Value, json};

use super::{bao, block, creds, put_creds, with_token};
use crate::shared;

/// Reads from both engines with a block that has `more`, into Secrets whose names begin with `name`.
async fn reads_both_versions(corner: &Corner<'_>, name: &str, server: &str, more: Value) {
    let (one, two) = (format!("{name}-one"), format!("{name}-two"));
    corner.store(block(server, &more)).await.unwrap();
    corner.wait_store_valid().await.unwrap();
    let spec = json!({
        "dataFrom": [{"extract": {"key": "db"}}],
        "data": [{"secretKey": "inner", "remoteRef": {"key": "secret/db", "property": "nested.a"}}]
    });
    corner.external_secret(&two, spec).await.unwrap();
    let all = [("inner", "<b>"), ("n", "7"), ("nested", r#"{"a":"\u003cb\u003e"}"#), ("user", "svc")];
    corner.wait_for_data(&two, &all).await.unwrap();
    let mut more = more;
    more["version"] = json!("v1");
    more["path"] = json!("kv1");
    corner.store(block(server, &more)).await.unwrap();
    corner.wait_store_valid().await.unwrap();
    corner.external_secret(&one, json!({"dataFrom": [{"extract": {"key": "db"}}]})).await.unwrap();
    corner.wait_for_data(&one, &[("user", "old")]).await.unwrap();
}

async fn text(bao: &Bao, method: &str, path: &str, pointer: &str) -> String {
    let answer = bao.call(method, path, &json!({})).await.unwrap();
    answer.pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
}

/// Mounts an auth method at a path of the test's own.
async fn mount(bao: &Bao, kind: &str, corner: &Corner<'_>) -> String {
    let path = format!("{kind}-{}", corner.namespace);
    bao.call("POST", &format!("sys/auth/{path}"), &json!({ "type": kind })).await.unwrap();
    bao.reader_policy().await.unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_a_secret() {
    let (bao, corner) = (bao().await, Corner::new(shared().await, "token").await.unwrap());
    put_creds(&corner, json!({"token": bao.reader_token().await.unwrap()})).await;
    reads_both_versions(&corner, "token", &bao.url(), json!({"auth": {"tokenSecretRef": creds("token")}})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn app_role() {
    let (bao, corner) = (bao().await, Corner::new(shared().await, "approle").await.unwrap());
    let path = mount(bao, "approle", &corner).await;
    let role = format!("auth/{path}/role/reader");
    bao.call("POST", &role, &json!({"token_policies": ["reader"], "token_ttl": "1h"})).await.unwrap();
    let id = text(bao, "GET", &format!("{role}/role-id"), "/data/role_id").await;
    let secret = text(bao, "POST", &format!("{role}/secret-id"), "/data/secret_id").await;
    put_creds(&corner, json!({"id": id, "secret": secret})).await;
    let auth = json!({"appRole": {"path": path, "roleRef": creds("id"), "secretRef": creds("secret")}});
    reads_both_versions(&corner, "approle", &bao.url(), json!({ "auth": auth })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn user_and_password() {
    let (bao, corner) = (bao().await, Corner::new(shared().await, "userpass").await.unwrap());
    let path = mount(bao, "userpass", &corner).await;
    let user = json!({"password": "made up, for tests", "token_policies": ["reader"]});
    bao.call("POST", &format!("auth/{path}/users/joe"), &user).await.unwrap();
    put_creds(&corner, json!({"password": "made up, for tests"})).await;
    let auth = json!({"userPass": {"path": path, "username": "joe", "secretRef": creds("password")}});
    reads_both_versions(&corner, "userpass", &bao.url(), json!({ "auth": auth })).await;
}

/// Lets Vault ask the API server about tokens.
async fn kubernetes(bao: &Bao, corner: &Corner<'_>) -> String {
    let path = mount(bao, "kubernetes", corner).await;
    let plane = corner.cluster.plane();
    let hour = Duration::from_hours(1);
    let reviewer = plane.service_account_token(&corner.namespace, "reviewer", "", hour).await.unwrap();
    let subjects = json!([{"kind": "ServiceAccount", "name": "reviewer", "namespace": corner.namespace}]);
    let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:auth-delegator"});
    corner
        .apply(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": corner.namespace}, "roleRef": role, "subjects": subjects}))
        .await
        .unwrap();
    let config =
        json!({"kubernetes_host": plane.url(), "kubernetes_ca_cert": plane.ca(), "token_reviewer_jwt": reviewer});
    bao.call("POST", &format!("auth/{path}/config"), &config).await.unwrap();
    let role = json!({"bound_service_account_names": ["reader"], "bound_service_account_namespaces": [corner.namespace],
        "token_policies": ["reader"]});
    bao.call("POST", &format!("auth/{path}/role/reader"), &role).await.unwrap();
    plane.ensure_service_account(&corner.namespace, "reader").await.unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_a_service_account_that_vault_has_reviewed() {
    let (bao, corner) = (bao().await, Corner::new(shared().await, "k8s").await.unwrap());
    let path = kubernetes(bao, &corner).await;
    let auth = json!({"kubernetes": {"mountPath": path, "role": "reader", "serviceAccountRef": {"name": "reader"}}});
    reads_both_versions(&corner, "account", &bao.url(), json!({ "auth": auth })).await;
    let token =
        corner.cluster.plane().service_account_token(&corner.namespace, "reader", "", Duration::from_hours(1)).await;
    put_creds(&corner, json!({"token": token.unwrap()})).await;
    let auth = json!({"kubernetes": {"mountPath": path, "role": "reader", "secretRef": {"name": "creds"}}});
    reads_both_versions(&corner, "secret", &bao.url(), json!({ "auth": auth })).await;
}

/// Lets Vault fetch the API server's keys, which needs a right for strangers.
async fn jwt(bao: &Bao, corner: &Corner<'_>) -> String {
    let path = mount(bao, "jwt", corner).await;
    let plane = corner.cluster.plane();
    let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:service-account-issuer-discovery"});
    let subjects =
        json!([{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:unauthenticated"}]);
    corner
        .apply(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": corner.namespace}, "roleRef": role, "subjects": subjects}))
        .await
        .unwrap();
    let config = json!({"jwks_url": format!("{}/openid/v1/jwks", plane.url()), "jwks_ca_pem": plane.ca()});
    bao.call("POST", &format!("auth/{path}/config"), &config).await.unwrap();
    let role = json!({"role_type": "jwt", "bound_audiences": ["vault"], "user_claim": "sub", "token_policies": ["reader"],
        "bound_subject": format!("system:serviceaccount:{}:reader", corner.namespace)});
    bao.call("POST", &format!("auth/{path}/role/reader"), &role).await.unwrap();
    plane.ensure_service_account(&corner.namespace, "reader").await.unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_json_web_token_fresh_or_from_a_secret() {
    let (bao, corner) = (bao().await, Corner::new(shared().await, "jwt").await.unwrap());
    let path = jwt(bao, &corner).await;
    let fresh = json!({"serviceAccountRef": {"name": "reader"}});
    let auth = json!({"jwt": {"path": path, "role": "reader", "kubernetesServiceAccountToken": fresh}});
    reads_both_versions(&corner, "fresh", &bao.url(), json!({ "auth": auth })).await;
    let hour = Duration::from_hours(1);
    let token = corner.cluster.plane().service_account_token(&corner.namespace, "reader", "vault", hour).await;
    put_creds(&corner, json!({"jwt": token.unwrap()})).await;
    let auth = json!({"jwt": {"path": path, "role": "reader", "secretRef": creds("jwt")}});
    reads_both_versions(&corner, "secret", &bao.url(), json!({ "auth": auth })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_over_tls_that_a_config_map_vouches_for() {
    let (bao, corner) = (bao().await, Corner::new(shared().await, "cert").await.unwrap());
    let path = mount(bao, "cert", &corner).await;
    let role = json!({"certificate": bao.ca(), "allowed_common_names": ["reader"], "token_policies": ["reader"]});
    bao.call("POST", &format!("auth/{path}/certs/reader"), &role).await.unwrap();
    let (certificate, key) = bao.client_certificate("reader").unwrap();
    put_creds(&corner, json!({"tls.crt": certificate, "tls.key": key})).await;
    let map =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca"}, "data": {"ca.crt": bao.ca()}});
    corner.apply(map).await.unwrap();
    let pair =
        json!({"path": path, "clientCert": {"name": "creds"}, "secretRef": {"name": "creds"}, "vaultRole": "reader"});
    let more = json!({"caProvider": {"type": "ConfigMap", "name": "ca", "key": "ca.crt"}, "auth": {"cert": pair}});
    reads_both_versions(&corner, "cert", &bao.tls_url(), more).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_namespace_that_uses_a_cluster_store_reads_with_its_own_token() {
    let (bao, cluster): (_, &Cluster) = (bao().await, shared().await);
    let corner = Corner::new(cluster, "own").await.unwrap();
    let other = Corner::new(cluster, "none").await.unwrap();
    put_creds(&corner, json!({"token": bao.reader_token().await.unwrap()})).await;
    let name = corner.namespace.clone();
    corner
        .apply(json!({"apiVersion": "external-secrets.io/v1", "kind": "ClusterSecretStore", "metadata": {"name": name},
            "spec": {"provider": with_token(&bao.url())}}))
        .await
        .unwrap();
    let spec = json!({"secretStoreRef": {"kind": "ClusterSecretStore", "name": name},
        "data": [{"secretKey": "k", "remoteRef": {"key": "db", "property": "user"}}]});
    corner.external_secret("es", spec.clone()).await.unwrap();
    corner.wait_for_data("es", &[("k", "svc")]).await.unwrap();
    other.external_secret("es", spec).await.unwrap();
    let parts = ["could not get secret data from provider", "secrets \"creds\" not found", &other.namespace];
    other.wait_failed("es", &parts).await.unwrap();
}
