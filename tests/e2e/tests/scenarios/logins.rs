//! Every way to log in, and every way in which that fails.

use eso_e2e::Corner;
use eso_harness::{Cluster, ClusterOptions, Operator};
use serde_json::json;

use crate::one;

const REGION: &str = "us-west-2";

/// The operator with some of its environment replaced; `None` takes a variable away.
async fn operator_with(cluster: &Cluster, changes: &[(&str, Option<&str>)]) -> Operator {
    let mut options = cluster.operator_options().await.unwrap();
    for (name, value) in changes {
        options.env.retain(|(known, _)| known != name);
        options.env.extend(value.map(|value| ((*name).to_owned(), value.to_owned())));
    }
    options.args = vec!["--client-qps=0".to_owned()];
    let operator = Operator::start(options).unwrap();
    operator.wait_ready().await.unwrap();
    operator
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_identity_token_that_is_missing_empty_or_expired_is_named_and_heals() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let token = cluster.web_identity_token_path();
    for (case, content) in
        [("missing", None), ("empty", Some(String::new())), ("expired", Some(expired(&cluster).await))]
    {
        match &content {
            None => std::fs::remove_file(&token).unwrap(),
            Some(content) => std::fs::write(&token, content).unwrap(),
        }
        let operator = operator_with(&cluster, &[]).await;
        let corner = Corner::new(&cluster, case).await.unwrap();
        corner.aws_store().await.unwrap();
        let told = if case == "expired" { "ExpiredToken" } else { "AWS_WEB_IDENTITY_TOKEN_FILE" };
        corner.wait_store_refused(&["unable to validate store", told]).await.unwrap();
        let key = corner.in_aws("a", "v").await.unwrap();
        corner.external_secret("es", one(&key)).await.unwrap();
        corner.wait_failed("es", &["could not get secret data from provider", "is not ready"]).await.unwrap();
        cluster.renew_web_identity_token().await.unwrap();
        corner.wait_store_valid().await.unwrap();
        corner.wait_for_data("es", &[("k", "v")]).await.unwrap();
        drop(operator);
    }
}

/// A token that was good once.
async fn expired(cluster: &Cluster) -> String {
    let good = std::fs::read_to_string(cluster.web_identity_token_path()).unwrap();
    let mut claims = eso_harness::control_plane::claims(&good).unwrap();
    claims["exp"] = json!(1_700_000_000);
    claims["iat"] = json!(1_699_990_000);
    claims["nbf"] = json!(1_699_990_000);
    cluster.plane().sign_claims(&claims).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_cannot_be_assumed_is_named_and_heals() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    cluster.aws().deny_role(&cluster.role_arn());
    let _operator = operator_with(&cluster, &[]).await;
    let corner = Corner::new(&cluster, "denied").await.unwrap();
    corner.aws_store().await.unwrap();
    corner.wait_store_refused(&["unable to validate store", "AccessDenied", &cluster.role_arn()]).await.unwrap();
    cluster.aws().trust(&cluster.role_arn(), "system:serviceaccount:external-secrets:external-secrets");
    corner.wait_store_valid().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn static_keys_come_from_a_secret_of_the_stores_namespace() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    cluster.aws().allow_static_key("AKIAMADEUPFORTESTS00");
    let _operator = operator_with(&cluster, &[]).await;
    let corner = Corner::new(&cluster, "static").await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    let reference = |key: &str| json!({"name": "keys", "key": key});
    let auth = json!({"secretRef": {"accessKeyIDSecretRef": reference("id"), "secretAccessKeySecretRef": reference("secret")}});
    corner.store(json!({"aws": {"service": "SecretsManager", "region": REGION, "auth": auth}})).await.unwrap();
    corner.wait_store_refused(&["unable to", "secrets \"keys\" not found"]).await.unwrap();
    corner
        .apply(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"},
            "stringData": {"id": "AKIAMADEUPFORTESTS00", "secret": "made-up-for-tests"}}))
        .await
        .unwrap();
    corner.wait_store_valid().await.unwrap();
    corner.external_secret("es", one(&key)).await.unwrap();
    corner.wait_for_data("es", &[("k", "v")]).await.unwrap();
    let calls = cluster.aws().calls();
    assert!(calls.iter().all(|call| call.access_key_id.as_deref() == Some("AKIAMADEUPFORTESTS00")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_of_the_tenant_logs_in_with_its_own_role() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let role = cluster.moto().create_role("tenant").await.unwrap();
    let _operator = operator_with(&cluster, &[]).await;
    let corner = Corner::new(&cluster, "jwt").await.unwrap();
    cluster.aws().trust(&role, &format!("system:serviceaccount:{}:reader", corner.namespace));
    let account = |annotations: serde_json::Value| json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader", "annotations": annotations}});
    corner.apply(account(json!({}))).await.unwrap();
    let auth = json!({"jwt": {"serviceAccountRef": {"name": "reader"}}});
    corner.store(json!({"aws": {"service": "SecretsManager", "region": REGION, "auth": auth}})).await.unwrap();
    corner.wait_store_refused(&["unable to", "eks.amazonaws.com/role-arn", "reader", &corner.namespace]).await.unwrap();
    corner.apply(account(json!({"eks.amazonaws.com/role-arn": role}))).await.unwrap();
    corner.wait_store_valid().await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    corner.external_secret("es", one(&key)).await.unwrap();
    corner.wait_for_data("es", &[("k", "v")]).await.unwrap();
    let calls = cluster.aws().calls();
    let login =
        calls.iter().find(|call| call.action == "AssumeRoleWithWebIdentity" && call.status == Some(200)).unwrap();
    assert_eq!(login.session_name.as_deref(), Some("external-secrets-provider-aws"));
    assert_eq!(login.role.as_deref(), Some(role.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_assumed_one_after_the_other() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let (middle, last) =
        (cluster.moto().create_role("middle").await.unwrap(), cluster.moto().create_role("last").await.unwrap());
    let _operator = operator_with(&cluster, &[]).await;
    let corner = Corner::new(&cluster, "chain").await.unwrap();
    let provider = json!({"aws": {
        "service": "SecretsManager", "region": REGION, "role": last, "additionalRoles": [middle], "externalID": "e",
        "sessionTagsPolicy": "Simple",
    }});
    corner.store(provider).await.unwrap();
    corner.wait_store_valid().await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    corner.external_secret("es", one(&key)).await.unwrap();
    corner.wait_for_data("es", &[("k", "v")]).await.unwrap();
    let roles: Vec<String> = cluster.aws().calls().into_iter().filter_map(|call| call.role).collect();
    assert_eq!(roles, [cluster.role_arn(), middle, last], "each is assumed once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_that_is_not_known_ends_the_process_with_1() {
    let cluster_free = eso_harness::operator::controller_binary(eso_harness::Profile::default()).await.unwrap();
    let output = std::process::Command::new(cluster_free).arg("--no-such-flag").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--no-such-flag"));
}
