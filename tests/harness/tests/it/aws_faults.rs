//! AWS goes wrong on demand.

use std::time::{Duration, Instant};

use eso_harness::AwsProxy;
use eso_harness::aws_proxy::{EVERY_ACTION, Fault, Times};
use serde_json::{Value, json};

use crate::aws_identity::{call, credentials, good_token, log_in, proxy};

struct World {
    proxy: AwsProxy,
    key: (String, String),
    secret: &'static str,
}

impl World {
    async fn new(secret: &'static str) -> Self {
        let (cluster, proxy) = proxy().await;
        let body = json!({ "Name": secret, "SecretString": "fine" });
        cluster.moto().secrets_manager("CreateSecret", &body).await.unwrap();
        let key = credentials(cluster, &proxy).await;
        Self { proxy, key, secret }
    }

    async fn get(&self) -> reqwest::Result<(u16, Value)> {
        call(&self.proxy, &self.key, "GetSecretValue", &json!({ "SecretId": self.secret })).await
    }

    async fn assert_fine(&self) {
        let (status, answer) = self.get().await.unwrap();
        assert_eq!((status, &answer["SecretString"]), (200, &json!("fine")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_strikes_as_often_as_told_and_only_its_action() {
    let world = World::new("throttled").await;
    world.proxy.set_fault("GetSecretValue", Fault::Throttle, Times::Calls(2));
    for _ in 0..2 {
        let (status, answer) = world.get().await.unwrap();
        assert_eq!((status, &answer["__type"]), (400, &json!("ThrottlingException")));
    }
    world.assert_fine().await;
    world.proxy.set_fault("DescribeSecret", Fault::Status(500), Times::UntilCleared);
    world.assert_fine().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internal_error_lasts_until_it_is_cleared() {
    let world = World::new("failing").await;
    world.proxy.set_fault("GetSecretValue", Fault::Status(500), Times::UntilCleared);
    for _ in 0..3 {
        assert_eq!(world.get().await.unwrap().0, 500);
    }
    world.proxy.clear_fault("GetSecretValue");
    world.assert_fine().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_sts_are_xml_documents() {
    let (cluster, proxy) = proxy().await;
    proxy.set_fault("AssumeRoleWithWebIdentity", Fault::Throttle, Times::Calls(1));
    let token = good_token(cluster).await;
    let (status, document) = log_in(&proxy, &token, "arn:aws:iam::123456789012:role/external-secrets").await;
    assert_eq!(status, 400);
    assert!(document.contains("<Code>Throttling</Code>"), "{document}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_call_is_never_answered_and_leaves_no_status() {
    let world = World::new("hanging").await;
    world.proxy.set_fault(EVERY_ACTION, Fault::Hang, Times::Calls(1));
    assert!(tokio::time::timeout(Duration::from_millis(500), world.get()).await.is_err());
    assert_eq!(world.proxy.calls().last().unwrap().status, None);
    world.assert_fine().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_ends_the_connection_without_an_answer() {
    let world = World::new("reset").await;
    world.proxy.set_fault("GetSecretValue", Fault::Reset, Times::Calls(1));
    let error = world.get().await.unwrap_err();
    assert!(format!("{error:?}").contains("ConnectionReset"), "{error:?}");
    world.assert_fine().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_a_success_that_cannot_be_read() {
    let world = World::new("garbage").await;
    world.proxy.set_fault("GetSecretValue", Fault::Garbage, Times::Calls(1));
    assert_eq!(world.get().await.unwrap(), (200, Value::Null));
    world.assert_fine().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn latency_delays_an_honest_answer() {
    let world = World::new("slow").await;
    world.proxy.set_fault("GetSecretValue", Fault::Latency(Duration::from_millis(400)), Times::Calls(1));
    let started = Instant::now();
    world.assert_fine().await;
    assert!(started.elapsed() >= Duration::from_millis(400));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_other_refusal_can_be_had() {
    let world = World::new("refused").await;
    let refusal = Fault::Refuse { status: 400, code: "AccessDeniedException".into(), message: "no".into() };
    world.proxy.set_fault("BatchGetSecretValue", refusal, Times::UntilCleared);
    let request = json!({ "SecretIdList": ["a", "b"] });
    let (status, answer) = call(&world.proxy, &world.key, "BatchGetSecretValue", &request).await.unwrap();
    assert_eq!((status, answer), (400, json!({ "__type": "AccessDeniedException", "message": "no" })));
    assert_eq!(world.proxy.calls().last().unwrap().secret_ids, ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_aws_client_talks_to_moto() {
    let (cluster, _) = proxy().await;
    let create =
        ["secretsmanager", "create-secret", "--name", "by-cli", "--secret-string", "from-cli", "--region", "us-west-2"];
    cluster.moto().aws_ok(&create).await.unwrap();
    let value = cluster.moto().secrets_manager("GetSecretValue", &json!({ "SecretId": "by-cli" })).await.unwrap();
    assert_eq!(value["SecretString"], "from-cli");
    let absent = cluster.moto().aws(&["secretsmanager", "get-secret-value", "--secret-id", "absent"]).await.unwrap();
    assert!(!absent.status.success());
}
