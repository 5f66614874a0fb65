//! The webhook is down.

use std::time::Duration;

use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use kube::Api;
use kube::api::PostParams;

use crate::objects::{bad_store, good_store};
use crate::stage::Stage;

/// Sets the failure policy of every entry.
async fn set_policy(stage: &Stage, policy: &str) {
    let api: Api<ValidatingWebhookConfiguration> = Api::all(stage.client.clone());
    for name in ["externalsecret-validate", "secretstore-validate"] {
        let mut configuration = api.get(name).await.unwrap();
        for hook in configuration.webhooks.iter_mut().flatten() {
            hook.failure_policy = Some(policy.to_owned());
        }
        api.replace(name, &PostParams::default(), &configuration).await.unwrap();
    }
}

/// Applies until the answer is as it should be: the API server learns of a changed configuration within moments.
async fn becomes(stage: &Stage, object: &serde_json::Value, part: Option<&str>) {
    eso_harness::eventually("the answer is as it should be", || async {
        match (stage.admits(object).await, part) {
            (Ok(_), None) => Ok(()),
            (Err(error), Some(part)) if error.to_string().contains(part) => Ok(()),
            (answer, _) => anyhow::bail!("{answer:?}"),
        }
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_down_stops_all_under_fail_and_nothing_under_ignore() {
    let (stage, certs, webhook) = Stage::installed().await;
    becomes(&stage, &bad_store(), Some("denied the request")).await;
    webhook.stop(Duration::from_secs(15)).await.unwrap();
    becomes(&stage, &good_store(), Some("failed calling webhook")).await;
    set_policy(&stage, "Ignore").await;
    becomes(&stage, &good_store(), None).await;
    // The controller refuses it with the same words; see the rules of eso-plan.
    becomes(&stage, &bad_store(), None).await;
    set_policy(&stage, "Fail").await;
    let webhook = stage.webhook();
    webhook.wait_ready().await.unwrap();
    becomes(&stage, &good_store(), None).await;
    becomes(&stage, &bad_store(), Some("spec.provider.aws.region")).await;
    certs.process().check_alive().unwrap();
}
