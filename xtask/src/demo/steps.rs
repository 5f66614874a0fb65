//! The guide's steps. Each checks what it shows.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::terminal::Terminal;

/// A secret in AWS.
pub async fn store_in_aws(terminal: &Terminal<'_>) -> Result<()> {
    terminal.step("A secret in AWS Secrets Manager.");
    let value = r#"{"test":"hello-from-aws"}"#;
    terminal.aws(&["secretsmanager", "create-secret", "--name", "test", "--secret-string", value]).await?;
    Ok(())
}

/// The walkthrough's objects. Gives the time from their acceptance to the Secret.
pub async fn sync(terminal: &Terminal<'_>) -> Result<Duration> {
    terminal.step("A store and an ExternalSecret; the Secret appears.");
    terminal.kubectl(&["apply", "-f", "eso-objects.yaml"]).await?;
    let took = terminal.wait_for_value("hello-from-aws").await?;
    expect_synced(terminal).await?;
    terminal.show_value("hello-from-aws").await?;
    Ok(took)
}

/// A new value, taken up because the object is made anew.
pub async fn update_by_delete(terminal: &Terminal<'_>) -> Result<()> {
    terminal.step("The secret changes in AWS; delete and apply the ExternalSecret.");
    update(terminal, r#"{"test":"updated-value"}"#).await?;
    terminal.kubectl(&["delete", "externalsecret", "example", "-n", "default"]).await?;
    terminal.kubectl(&["apply", "-f", "eso-objects.yaml"]).await?;
    terminal.wait_for_value("updated-value").await?;
    expect_synced(terminal).await?;
    terminal.show_value("updated-value").await
}

/// A new value, taken up because somebody asks for it.
pub async fn update_by_annotation(terminal: &Terminal<'_>) -> Result<()> {
    terminal.step("It changes again; this time an annotation asks for it, and nothing is deleted.");
    update(terminal, r#"{"test":"updated-again"}"#).await?;
    let force = "external-secrets.io/force-sync=1";
    terminal.kubectl(&["annotate", "externalsecret", "example", "-n", "default", force, "--overwrite"]).await?;
    terminal.wait_for_value("updated-again").await?;
    terminal.show_value("updated-again").await
}

/// A pod that uses the Secret.
pub async fn application(terminal: &Terminal<'_>) -> Result<()> {
    terminal.step("An application that reads the Secret as an environment variable.");
    terminal.kubectl(&["apply", "-f", "sample-app.yaml"]).await?;
    terminal.kubectl(&["rollout", "status", "deployment/sample-app", "-n", "default", "--timeout=120s"]).await?;
    let log = terminal.kubectl(&["logs", "-n", "default", "deployment/sample-app"]).await?;
    ensure!(log.contains("SECRET_VALUE is updated-again"), "the application does not see the value");
    Ok(())
}

/// What a person looks at.
pub async fn troubleshoot(terminal: &Terminal<'_>) -> Result<()> {
    terminal.step("Where to look when something is not as it should be.");
    let described = terminal.kubectl(&["describe", "externalsecret", "example", "-n", "default"]).await?;
    ensure!(described.contains("secret synced"), "the description does not say that it is in step");
    terminal.kubectl(&["get", "clustersecretstore", "aws"]).await?;
    let about = "--field-selector=involvedObject.kind=ExternalSecret";
    terminal.kubectl(&["get", "events", "-n", "default", about]).await?;
    Ok(())
}

/// The webhook at work.
pub async fn refuse(terminal: &Terminal<'_>) -> Result<()> {
    terminal.step("A manifest that could never work is refused when it is applied.");
    let said = terminal.kubectl_refused(&["apply", "-f", "bad-objects.yaml"]).await?;
    for part in ["validate.externalsecret.external-secrets.io", "spec.target.deletionPolicy", "spec.dataFrom[0]"] {
        ensure!(said.contains(part), "the refusal does not mention {part}");
    }
    Ok(())
}

async fn update(terminal: &Terminal<'_>, value: &str) -> Result<()> {
    terminal.aws(&["secretsmanager", "update-secret", "--secret-id", "test", "--secret-string", value]).await?;
    Ok(())
}

async fn expect_synced(terminal: &Terminal<'_>) -> Result<()> {
    let wait = ["wait", "externalsecret/example", "-n", "default", "--for=condition=Ready", "--timeout=60s"];
    terminal.kubectl_quietly(&wait).await?;
    let shown = terminal.kubectl(&["get", "externalsecrets", "-n", "default"]).await?;
    ensure!(shown.contains("SecretSynced") && shown.contains("True"), "the ExternalSecret is not SecretSynced/True");
    Ok(())
}
