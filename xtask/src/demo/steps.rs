//! The walkthrough's steps.

use anyhow::{Result, ensure};

use super::stage::{Stage, step};

/// Plays every step; each checks what it shows.
pub async fn walkthrough(stage: &Stage) -> Result<()> {
    store_in_aws(stage).await?;
    start(stage).await?;
    sync(stage).await?;
    update_by_delete(stage).await?;
    update_by_annotation(stage).await
}

async fn store_in_aws(stage: &Stage) -> Result<()> {
    step(1, "A secret in AWS Secrets Manager.");
    let value = r#"{"test":"hello-from-aws"}"#;
    let region = ["--region", "us-west-2"];
    let create = ["secretsmanager", "create-secret", "--name", "test", "--secret-string", value];
    stage.aws(&[&create[..], &region].concat()).await?;
    Ok(())
}

async fn start(stage: &Stage) -> Result<()> {
    step(2, "The controller, under its own ServiceAccount with the RBAC that is shipped.");
    println!("   No AWS credential is stored anywhere: it logs in with the token that Kubernetes projects for it.");
    stage.start_controller().await
}

async fn sync(stage: &Stage) -> Result<()> {
    step(3, "A store and an ExternalSecret; the Secret appears.");
    stage.kubectl(&["apply", "-f", "eso-objects.yaml"]).await?;
    let took = stage.wait_for_value("hello-from-aws").await?;
    stage.first_sync(took);
    expect_synced(stage).await?;
    stage.show_value("hello-from-aws").await
}

async fn update_by_delete(stage: &Stage) -> Result<()> {
    step(4, "The secret changes in AWS; delete and apply the ExternalSecret.");
    update(stage, r#"{"test":"updated-value"}"#).await?;
    stage.kubectl(&["delete", "externalsecret", "example", "-n", "default"]).await?;
    stage.kubectl(&["apply", "-f", "eso-objects.yaml"]).await?;
    stage.wait_for_value("updated-value").await?;
    expect_synced(stage).await?;
    stage.show_value("updated-value").await
}

async fn update_by_annotation(stage: &Stage) -> Result<()> {
    step(5, "It changes again; this time an annotation asks for it, and nothing is deleted.");
    update(stage, r#"{"test":"updated-again"}"#).await?;
    let annotate =
        ["annotate", "externalsecret", "example", "-n", "default", "external-secrets.io/force-sync=1", "--overwrite"];
    stage.kubectl(&annotate).await?;
    stage.wait_for_value("updated-again").await?;
    stage.show_value("updated-again").await?;
    stage.kubectl(&["describe", "externalsecret", "example", "-n", "default"]).await?;
    Ok(())
}

async fn update(stage: &Stage, value: &str) -> Result<()> {
    let command = ["secretsmanager", "update-secret", "--secret-id", "test", "--secret-string", value];
    stage.aws(&[&command[..], &["--region", "us-west-2"]].concat()).await?;
    Ok(())
}

async fn expect_synced(stage: &Stage) -> Result<()> {
    let wait = ["wait", "externalsecret/example", "-n", "default", "--for=condition=Ready", "--timeout=60s"];
    stage.kubectl_quietly(&wait).await?;
    let shown = stage.kubectl(&["get", "externalsecrets", "-n", "default"]).await?;
    ensure!(shown.contains("SecretSynced") && shown.contains("True"), "the ExternalSecret is not SecretSynced/True");
    Ok(())
}
