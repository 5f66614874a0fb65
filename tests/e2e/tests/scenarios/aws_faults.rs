//! AWS misbehaves: the object says what happened, keeps its Secret, and heals by itself.

use std::time::Duration;

use eso_e2e::Corner;
use eso_harness::aws_proxy::{Fault, Times};
use eso_harness::{Cluster, ClusterOptions};
use serde_json::json;

use crate::one;

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_aws_is_told_keeps_the_secret_and_heals() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let _operator = cluster.start_operator(&["--concurrent=4", "--client-qps=0"]).await.unwrap();
    let corner = Corner::new(&cluster, "faults").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "v0").await.unwrap();
    corner.external_secret("es", one(&key)).await.unwrap();
    corner.wait_for_data("es", &[("k", "v0")]).await.unwrap();
    let denied = Fault::Refuse {
        status: 400,
        code: "AccessDeniedException".to_owned(),
        message: "canary-foreign-text RequestID: 123".to_owned(),
    };
    let faults = [
        (Fault::Throttle, "ThrottlingException"),
        (Fault::Status(500), "InternalServiceError"),
        (Fault::Reset, "us-west-2"),
        (Fault::Garbage, "us-west-2"),
        (Fault::Hang, "us-west-2"),
        (denied, "AccessDeniedException"),
    ];
    for (number, (fault, told)) in faults.into_iter().enumerate() {
        let (before, after) = (format!("v{number}"), format!("v{}", number + 1));
        corner.cluster.aws().set_fault("GetSecretValue", fault.clone(), Times::UntilCleared);
        let put = json!({"SecretId": key, "SecretString": after});
        cluster.moto().secrets_manager("PutSecretValue", &put).await.unwrap();
        corner.force("es", &after).await.unwrap();
        corner.wait_failed("es", &["could not get secret data from provider", &key, told]).await.unwrap();
        assert_eq!(corner.data("es").await.unwrap().unwrap()["k"], before, "{fault:?}: the Secret is as it was");
        assert!(!corner.everything_visible().await.unwrap().contains("canary-foreign-text"), "{fault:?}");
        cluster.aws().clear_faults();
        corner.wait_for_data("es", &[("k", &after)]).await.unwrap();
        corner.wait_synced("es").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_hiccup_is_not_even_noticed() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let _operator = cluster.start_operator(&[]).await.unwrap();
    let corner = Corner::new(&cluster, "hiccup").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    corner.wait_store_valid().await.unwrap();
    cluster.aws().set_fault("GetSecretValue", Fault::Status(503), Times::Calls(1));
    corner.external_secret("es", one(&key)).await.unwrap();
    corner.wait_synced("es").await.unwrap();
    assert!(!corner.everything_visible().await.unwrap().contains("UpdateFailed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_aws_no_longer_takes_are_fetched_anew() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let _operator = cluster.start_operator(&[]).await.unwrap();
    let corner = Corner::new(&cluster, "expired").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    corner.external_secret("es", one(&key)).await.unwrap();
    corner.wait_synced("es").await.unwrap();
    cluster.aws().expire_credentials();
    let put = json!({"SecretId": key, "SecretString": "w"});
    cluster.moto().secrets_manager("PutSecretValue", &put).await.unwrap();
    corner.force("es", "1").await.unwrap();
    corner.wait_for_data("es", &[("k", "w")]).await.unwrap();
    assert_eq!(cluster.aws().count("AssumeRoleWithWebIdentity"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_renewed_before_they_expire() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    cluster.aws().set_credential_lifetime(Some(Duration::from_secs(10)));
    let _operator = cluster.start_operator(&[]).await.unwrap();
    let corner = Corner::new(&cluster, "renewal").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    let mut spec = one(&key);
    spec["refreshInterval"] = json!("1s");
    corner.external_secret("es", spec).await.unwrap();
    corner.wait_synced("es").await.unwrap();
    tokio::time::sleep(Duration::from_secs(13)).await;
    let calls = cluster.aws().calls();
    assert!(calls.iter().all(|call| call.status == Some(200)), "nobody was refused");
    let logins = cluster.aws().count("AssumeRoleWithWebIdentity");
    assert!((2..=4).contains(&logins), "{logins} logins in 13 s of credentials that last 10 s");
}
