//! More than one cert-controller.

use std::time::Duration;

use eso_harness::eventually;
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;

use crate::stage::{A_WHILE, Stage, WEBHOOK, emptied};
use crate::traffic::Traffic;

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_agree_and_come_to_rest() {
    let stage = Stage::start().await;
    let (one, two, webhook) = (stage.cert_controller(&[]), stage.cert_controller(&[]), stage.webhook());
    for program in [&one, &two, &webhook] {
        program.wait_ready().await.unwrap();
    }
    stage.admissions_work().await;
    let before = stage.values().await;
    let traffic = Traffic::start(&stage);
    stage.edit_secret(emptied()).await;
    stage.renewed(&before, 0).await;
    // Old authorities retire first, where the endpoints can be asked.
    let version = || async { stage.secrets().get(WEBHOOK).await.unwrap().metadata.resource_version };
    eventually("nobody writes any more", || async {
        let seen = version().await;
        tokio::time::sleep(A_WHILE).await;
        anyhow::ensure!(seen == version().await, "somebody does");
        Ok(())
    })
    .await
    .unwrap();
    stage.in_step().await;
    traffic.all_passed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_224_one_that_stands_by_is_ready_and_takes_over() {
    let stage = Stage::start().await;
    let leader = stage.cert_controller(&["--enable-leader-election=true"]);
    let webhook = stage.webhook();
    leader.wait_ready().await.unwrap();
    webhook.wait_ready().await.unwrap();
    let leases: Api<Lease> = Api::namespaced(stage.client.clone(), "default");
    let lease = leases.get("crd-certs-controller").await.unwrap();
    assert!(lease.spec.unwrap().holder_identity.is_some_and(|holder| !holder.is_empty()));
    let second = stage.cert_controller(&["--enable-leader-election=true"]);
    second.wait_ready().await.unwrap();
    let before = stage.values().await;
    leader.stop(Duration::from_secs(10)).await.unwrap();
    stage.edit_secret(emptied()).await;
    stage.renewed(&before, 0).await;
    stage.in_step().await;
}
