//! The guide's walkthrough, with its own manifests and commands.

use eso_harness::{Cluster, ClusterOptions, Controllers, eventually, workspace};

#[tokio::test(flavor = "multi_thread")]
async fn the_guides_walkthrough_ends_with_the_value_in_the_secret() {
    let options = ClusterOptions { controllers: Controllers::Usual, ..ClusterOptions::default() };
    let cluster = Cluster::start(options).await.unwrap();
    let objects = workspace::root().unwrap().join("deploy/examples/eso-objects.yaml").display().to_string();
    let aws = async |args: &[&str]| cluster.moto().aws_ok(args).await.unwrap();
    let kubectl = async |args: &[&str]| cluster.plane().kubectl_ok(args).await.unwrap();
    let value = async |wanted: &str| {
        let path = "jsonpath={.data.secret-key-to-be-managed}";
        let wanted = kubectl_base64(wanted);
        eventually("the Secret holds the value", || async {
            let args = ["get", "secret", "example", "-n", "default", "--ignore-not-found", "-o", path];
            let shown = cluster.plane().kubectl_ok(&args).await?;
            anyhow::ensure!(shown == wanted, "it holds another");
            Ok(())
        })
        .await
        .unwrap();
    };

    aws(&[
        "secretsmanager",
        "create-secret",
        "--name",
        "test",
        "--secret-string",
        r#"{"test":"hello-from-aws"}"#,
        "--region",
        "us-west-2",
    ])
    .await;
    let operator = cluster.start_operator(&[]).await.unwrap();
    kubectl(&["apply", "-f", &objects]).await;
    value("hello-from-aws").await;
    kubectl(&["wait", "externalsecret/example", "-n", "default", "--for=condition=Ready", "--timeout=30s"]).await;
    let shown = kubectl(&["get", "externalsecrets", "-n", "default"]).await;
    let row: Vec<&str> = shown.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row[..6], ["example", "ClusterSecretStore", "aws", "1h", "SecretSynced", "True"], "{shown}");

    let update = async |text: &str| {
        aws(&[
            "secretsmanager",
            "update-secret",
            "--secret-id",
            "test",
            "--secret-string",
            text,
            "--region",
            "us-west-2",
        ])
        .await;
    };
    update(r#"{"test":"updated-value"}"#).await;
    kubectl(&["delete", "externalsecret", "example", "-n", "default"]).await;
    kubectl(&["apply", "-f", &objects]).await;
    value("updated-value").await;

    update(r#"{"test":"updated-again"}"#).await;
    kubectl(&["annotate", "externalsecret", "example", "-n", "default", "external-secrets.io/force-sync=1"]).await;
    value("updated-again").await;

    let calls = cluster.aws().calls();
    let logins: Vec<_> = calls.iter().filter(|call| call.action == "AssumeRoleWithWebIdentity").collect();
    assert_eq!(logins.len(), 1, "one login serves all");
    assert_eq!(logins[0].session_name.as_deref(), Some("external-secrets"));
    assert!(operator.stop(std::time::Duration::from_secs(20)).await.unwrap().success(), "SIGTERM ends it cleanly");
}

fn kubectl_base64(text: &str) -> String {
    let value = serde_json::to_value(k8s_openapi::ByteString(text.as_bytes().to_vec())).unwrap();
    value.as_str().unwrap().to_owned()
}
