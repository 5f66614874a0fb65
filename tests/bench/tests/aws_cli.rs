//! The stand-in for AWS is only as good as a client that others wrote says: here AWS's own command line client.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly")]

use std::process::Stdio;
use std::time::Duration;

use eso_bench::{AwsStandIn, secret_value};
use eso_harness::{Part, Program, ensure};
use serde_json::{Value, json};

/// Runs the real client; gives its output, as the JSON that it is.
async fn aws(stand_in: &AwsStandIn, args: &[&str]) -> Result<Value, String> {
    let installed = ensure(&[Part::AwsCli]).await.unwrap();
    let mut command = tokio::process::Command::new(installed.path(Program::Aws).unwrap());
    command.args(args).args(["--output", "json"]).env("AWS_ENDPOINT_URL", stand_in.endpoint());
    command.env("AWS_DEFAULT_REGION", "us-west-2").env("AWS_PAGER", "").env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_ACCESS_KEY_ID", "AKIABENCHMARK0000001").env("AWS_SECRET_ACCESS_KEY", "made-up");
    command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    let output = command.env_remove("AWS_PROFILE").stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_reads_secrets_from_the_stand_in() {
    let stand_in = AwsStandIn::start(Duration::from_millis(1)).await.unwrap();
    let value = aws(&stand_in, &["secretsmanager", "get-secret-value", "--secret-id", "bench/a"]).await.unwrap();
    assert_eq!((&value["Name"], &value["SecretString"]), (&json!("bench/a"), &json!(secret_value("bench/a"))));
    assert_eq!(value["VersionStages"], json!(["AWSCURRENT"]));
    let arn = value["ARN"].as_str().unwrap();
    let by_arn = aws(&stand_in, &["secretsmanager", "get-secret-value", "--secret-id", arn]).await.unwrap();
    assert_eq!(by_arn["SecretString"], value["SecretString"]);
    let described = aws(&stand_in, &["secretsmanager", "describe-secret", "--secret-id", "bench/a"]).await.unwrap();
    assert_eq!(described["Name"], "bench/a");
    let batch = ["secretsmanager", "batch-get-secret-value", "--secret-id-list", "bench/a", "bench/b"];
    let batch = aws(&stand_in, &batch).await.unwrap();
    assert_eq!(batch["SecretValues"][1]["SecretString"], secret_value("bench/b"));
    let calls = stand_in.counts().calls;
    assert_eq!((calls["GetSecretValue"], calls["DescribeSecret"], calls["BatchGetSecretValue"]), (2, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_logs_in_at_the_stand_in() {
    let stand_in = AwsStandIn::start(Duration::from_millis(1)).await.unwrap();
    let role = ["--role-arn", "arn:aws:iam::123456789012:role/reader", "--role-session-name", "bench"];
    let web = [&["sts", "assume-role-with-web-identity", "--web-identity-token", "a.b.c"], &role[..]].concat();
    let web = aws(&stand_in, &web).await.unwrap();
    assert_eq!(web["AssumedRoleUser"]["Arn"], "arn:aws:sts::123456789012:assumed-role/reader/bench");
    assert!(web["Credentials"]["SessionToken"].as_str().is_some_and(|token| !token.is_empty()));
    let chained = aws(&stand_in, &[&["sts", "assume-role"], &role[..]].concat()).await.unwrap();
    assert!(chained["Credentials"]["Expiration"].as_str().is_some_and(|at| at.starts_with("20")));
    let identity = aws(&stand_in, &["sts", "get-caller-identity"]).await.unwrap();
    assert_eq!(identity["Account"], "123456789012");
    let calls = stand_in.counts().calls;
    assert_eq!((calls["AssumeRoleWithWebIdentity"], calls["AssumeRole"], calls["GetCallerIdentity"]), (1, 1, 1));
    assert!(stand_in.counts().connections >= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_understands_a_refusal_of_the_stand_in() {
    let stand_in = AwsStandIn::start(Duration::ZERO).await.unwrap();
    let refused = aws(&stand_in, &["secretsmanager", "list-secrets"]).await.unwrap_err();
    assert!(refused.contains("UnknownOperationException"), "{refused}");
    let refused = aws(&stand_in, &["sts", "get-session-token"]).await.unwrap_err();
    assert!(refused.contains("InvalidAction"), "{refused}");
    assert_eq!(stand_in.counts().calls["unknown"], 2);
}
