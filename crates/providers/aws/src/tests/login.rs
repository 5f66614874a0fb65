use std::sync::Arc;

use eso_core::provider::{Identity, Provider, StoreKind, StoreScope, Validation};
use eso_core::{Fault, FaultKind};
use serde_json::{Value, json};

use super::mock::{Mock, Seen, credentials, sts_error};
use super::{Cluster, block, connect, locator, provider, read_one};

/// A projected token in a folder that lives as long as the test.
fn token_file() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "projected-token\n").unwrap();
    let path = file.to_str().unwrap().to_owned();
    (folder, path)
}

fn sts(seen: &Seen) -> bool {
    seen.operation.starts_with("Assume")
}

async fn failing(script: &'static str, more: Value, prepare: impl Fn(&mut Cluster)) -> Fault {
    let mock = Mock::start(|_, _| (400, sts_error(script))).await;
    let mut cluster = Cluster::new(&mock);
    prepare(&mut cluster);
    let store = connect(&provider(), cluster, more).await.unwrap();
    match store.probe.validate().await {
        Validation::Failed(fault) => fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_02_web_identity_of_the_environment_logs_in_once_for_all_stores_and_objects() {
    let (_folder, path) = token_file();
    let mock = Mock::friendly().await;
    let provider = provider();
    let mut stores = Vec::new();
    for _ in 0..10 {
        stores.push(Arc::new(connect(&provider, Cluster::new(&mock).with_token(&path), json!({})).await.unwrap()));
    }
    let one = |number: usize| {
        let store = Arc::clone(&stores[number % 10]);
        tokio::spawn(async move { read_one(&store, locator("test")).await.unwrap() })
    };
    for task in (0..100).map(one).collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), "value of test");
    }
    assert_eq!((mock.count("AssumeRoleWithWebIdentity"), mock.count("GetSecretValue")), (1, 100));
    let login = mock.seen().into_iter().find(sts).unwrap();
    assert!(login.signer.is_empty(), "the token is the proof, not a signature");
    for part in ["WebIdentityToken=projected-token&", "RoleSessionName=session", "role%2Fcontroller"] {
        assert!(format!("{}&", login.body).contains(part), "{part} is missing in {}", login.body);
    }
    let reads = mock.seen().into_iter().filter(|seen| !sts(seen));
    assert!(reads.map(|seen| seen.signer).all(|signer| signer == "ASIA1"));
}

#[tokio::test]
async fn a_crowd_that_cannot_log_in_makes_one_attempt() {
    let (_folder, path) = token_file();
    let mock = Mock::start(|_, _| (403, sts_error("AccessDenied"))).await;
    let store = Arc::new(connect(&provider(), Cluster::new(&mock).with_token(&path), json!({})).await.unwrap());
    let one = |_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { read_one(&store, locator("test")).await.unwrap_err() })
    };
    for task in (0..100).map(one).collect::<Vec<_>>() {
        let fault = task.await.unwrap();
        assert_eq!(fault.kind, FaultKind::Denied);
        assert!(fault.message.contains("role/controller") && fault.message.contains("trust policy"), "{fault}");
        assert!(!fault.message.contains("canary"), "{fault}");
    }
    assert_eq!(mock.seen().len(), 1);
}

#[tokio::test]
async fn web_identity_troubles_name_file_and_variable() {
    let (_folder, path) = token_file();
    let expired = failing("ExpiredTokenException", json!({}), |cluster| {
        cluster.env.remove("AWS_ACCESS_KEY_ID");
        cluster.env.insert("AWS_WEB_IDENTITY_TOKEN_FILE", path.clone());
        cluster.env.insert("AWS_ROLE_ARN", "arn:aws:iam::1:role/controller".into());
    });
    let expired = expired.await;
    assert_eq!(expired.kind, FaultKind::Unauthenticated);
    for part in [path.as_str(), "AWS_WEB_IDENTITY_TOKEN_FILE", "expired", "us-west-2"] {
        assert!(expired.message.contains(part), "{part} is missing: {expired}");
    }
    let roleless = failing("unused", json!({}), |cluster| {
        cluster.env.remove("AWS_ACCESS_KEY_ID");
        cluster.env.insert("AWS_WEB_IDENTITY_TOKEN_FILE", path.clone());
    });
    assert!(roleless.await.message.contains("AWS_ROLE_ARN"));
}

#[tokio::test]
async fn missing_token_file_recovers_once_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("later").to_str().unwrap().to_owned();
    let mock = Mock::friendly().await;
    let store = connect(&provider(), Cluster::new(&mock).with_token(&path), json!({})).await.unwrap();
    let fault = read_one(&store, locator("test")).await.unwrap_err();
    assert!(fault.message.contains(&path) && fault.message.contains("does not exist"), "{fault}");
    std::fs::write(&path, "token").unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(read_one(&store, locator("test")).await.unwrap(), "value of test");
}

#[tokio::test]
async fn a_03_a_04_a_05_service_account_token_is_exchanged_for_the_annotated_role() {
    let mock = Mock::friendly().await;
    let mut cluster = Cluster::new(&mock);
    cluster.annotations.insert("eks.amazonaws.com/role-arn".into(), "arn:aws:iam::1:role/team".into());
    let cluster = Arc::new(cluster);
    // A-01: secretRef beside it is not looked at.
    let auth = json!({"jwt": {"serviceAccountRef": {"name": "sa", "audiences": ["more"]}}, "secretRef": {}});
    let config = provider().parse(&block(json!({ "auth": auth }))).unwrap();
    let store = config.connect(Arc::clone(&cluster) as Arc<dyn eso_core::provider::Host>).await.unwrap();
    assert_eq!(read_one(&store, locator("test")).await.unwrap(), "value of test");
    assert_eq!(*cluster.asked.lock(), ["token of sa for sts.amazonaws.com+more"]);
    let login = mock.seen().into_iter().find(sts).unwrap();
    for part in ["WebIdentityToken=account-token", "RoleSessionName=external-secrets-provider-aws", "role%2Fteam"] {
        assert!(login.body.contains(part), "{part} is missing in {}", login.body);
    }
}

#[tokio::test]
async fn a_03_service_account_without_role_is_named_with_its_namespace() {
    let auth = json!({"auth": {"jwt": {"serviceAccountRef": {"name": "sa", "namespace": "x"}}}});
    let fault = failing("unused", auth, |_| ()).await;
    assert_eq!(fault.field.as_deref(), Some("spec.provider.aws.auth.jwt.serviceAccountRef"));
    for part in ["\"sa\"", "\"team\"", "eks.amazonaws.com/role-arn"] {
        assert!(fault.message.contains(part), "{part} is missing: {fault}");
    }
}

#[tokio::test]
async fn a_06_access_key_is_read_from_secrets_in_the_documented_order() {
    let mock = Mock::friendly().await;
    let mut cluster = Cluster::new(&mock);
    cluster.secrets = [(("keys", "id"), "AKIAREF"), (("keys", "secret"), "s"), (("keys", "token"), "t")].into();
    let cluster = Arc::new(cluster);
    let reference = |key: &str| json!({"name": "keys", "key": key, "namespace": "x"});
    let auth = json!({"auth": {"secretRef": {
        "accessKeyIDSecretRef": reference("id"),
        "secretAccessKeySecretRef": reference("secret"),
        "sessionTokenSecretRef": reference("token"),
    }}});
    let config = provider().parse(&block(auth)).unwrap();
    let store = config.connect(Arc::clone(&cluster) as Arc<dyn eso_core::provider::Host>).await.unwrap();
    read_one(&store, locator("test")).await.unwrap();
    assert_eq!(*cluster.asked.lock(), ["keys/secret", "keys/id", "keys/token"]);
    assert_eq!(mock.seen()[0].signer, "AKIAREF");
}

#[tokio::test]
async fn missing_part_of_an_access_key_is_told_with_its_field() {
    let auth =
        json!({"auth": {"secretRef": {"secretAccessKeySecretRef": {"name": "a", "key": "b", "namespace": "x"}}}});
    let fault = failing("unused", auth, |_| ()).await;
    assert_eq!(fault.field.as_deref(), Some("spec.provider.aws.auth.secretRef.secretAccessKeySecretRef"));
    let auth =
        json!({"auth": {"secretRef": {"secretAccessKeySecretRef": {"name": "a", "key": "b", "namespace": "x"}}}});
    let fault = failing("unused", auth, |cluster| cluster.secrets = [(("a", "b"), "s")].into()).await;
    assert_eq!(fault.field.as_deref(), Some("spec.provider.aws.auth.secretRef.accessKeyIDSecretRef"));
}

#[tokio::test]
async fn a_07_a_08_roles_are_assumed_in_order_and_only_the_last_gets_external_id_and_tags() {
    let mock = Mock::friendly().await;
    let more = json!({
        "additionalRoles": ["arn:aws:iam::1:role/one", "arn:aws:iam::1:role/two"],
        "role": "arn:aws:iam::1:role/last",
        "externalID": "outside",
        "sessionTags": [{"key": "k", "value": "v"}],
        "transitiveTagKeys": ["k"],
    });
    let provider = provider();
    let store = connect(&provider, Cluster::new(&mock), more.clone()).await.unwrap();
    assert_eq!(store.probe.validate().await, Validation::Ready);
    read_one(&store, locator("test")).await.unwrap();
    let other = connect(&provider, Cluster::new(&mock), more).await.unwrap();
    read_one(&other, locator("test")).await.unwrap();
    let seen = mock.seen();
    let signers: Vec<&str> = seen.iter().map(|seen| seen.signer.as_str()).collect();
    assert_eq!(signers, ["AKIAENV", "ASIA1", "ASIA2", "ASIA3", "ASIA3"]);
    for (at, role) in ["role%2Fone", "role%2Ftwo", "role%2Flast"].into_iter().enumerate() {
        assert!(seen[at].body.contains(role), "{}", seen[at].body);
        for part in
            ["ExternalId=outside", "Tags.member.1.Key=k", "Tags.member.1.Value=v", "TransitiveTagKeys.member.1=k"]
        {
            assert_eq!(seen[at].body.contains(part), at == 2, "{part} in {}", seen[at].body);
        }
    }
}

#[tokio::test]
async fn a_09_namespaces_with_simple_tags_do_not_share_a_session() {
    let mock = Mock::friendly().await;
    let more = json!({"role": "arn:aws:iam::1:role/r", "sessionTagsPolicy": "Simple"});
    let provider = provider();
    for namespace in ["a", "b", "a"] {
        let mut cluster = Cluster::new(&mock);
        cluster.namespace = namespace.into();
        let store = connect(&provider, cluster, more.clone()).await.unwrap();
        read_one(&store, locator("test")).await.unwrap();
    }
    let logins: Vec<Seen> = mock.seen().into_iter().filter(sts).collect();
    assert_eq!(logins.len(), 2);
    assert!(logins[0].body.contains("Key=esoNamespace&Tags.member.1.Value=a"), "{}", logins[0].body);
    assert!(logins[1].body.contains("Key=esoNamespace&Tags.member.1.Value=b"), "{}", logins[1].body);
}

#[tokio::test]
async fn role_that_cannot_be_assumed_is_named_with_what_to_do() {
    let fault = failing("AccessDenied", json!({"role": "arn:aws:iam::1:role/r"}), |_| ()).await;
    assert_eq!(fault.kind, FaultKind::Denied);
    for part in ["arn:aws:iam::1:role/r", "sts:AssumeRole", "trust policy", "AccessDenied", "us-west-2"] {
        assert!(fault.message.contains(part), "{part} is missing: {fault}");
    }
    assert!(!fault.message.contains("canary"), "{fault}");
}

#[tokio::test]
async fn refused_session_that_is_quite_new_is_not_replaced_again_and_again() {
    // Sessions of this STS are already over for the service, though STS says that they last.
    let mock = Mock::start(|seen, number| match seen.operation.as_str() {
        "GetSecretValue" => (400, super::mock::error("ExpiredTokenException", "canary")),
        operation => (200, credentials(operation, number)),
    })
    .await;
    let store = connect(&provider(), Cluster::new(&mock), json!({"role": "arn:aws:iam::1:role/r"})).await.unwrap();
    for _ in 0..5 {
        let fault = read_one(&store, locator("test")).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unauthenticated, "{fault}");
    }
    assert_eq!(mock.count("AssumeRole"), 1, "a session that is quite new is not replaced at once");
}

#[tokio::test]
async fn s_05_a_15_referent_store_is_not_tried_and_others_without_a_service_call() {
    let mock = Mock::friendly().await;
    let validate = async |more: Value, kind: StoreKind| {
        let mut cluster = Cluster::new(&mock);
        cluster.namespace.clear();
        cluster.scope.kind = kind;
        connect(&provider(), cluster, more).await.unwrap().probe.validate().await
    };
    let referent = json!({"auth": {"jwt": {"serviceAccountRef": {"name": "sa"}}}, "role": "arn:aws:iam::1:role/r"});
    assert!(matches!(validate(referent, StoreKind::ClusterSecretStore).await, Validation::Unknown(_)));
    assert_eq!(mock.seen().len(), 0);
    let own = json!({"role": "arn:aws:iam::1:role/r"});
    assert_eq!(validate(own, StoreKind::ClusterSecretStore).await, Validation::Ready);
    assert_eq!((mock.seen().len(), mock.count("AssumeRole")), (1, 1));
}

#[test]
fn identity_depends_on_the_namespace_for_referents_and_generated_tags() {
    let provider: Arc<dyn Provider> = provider();
    let identity = |more: Value, kind: StoreKind| {
        let scope = StoreScope { kind, name: "st".into(), namespace: String::new() };
        provider.parse(&block(more)).unwrap().identity(&scope)
    };
    let cluster = StoreKind::ClusterSecretStore;
    let account =
        |namespace: Value| json!({"auth": {"jwt": {"serviceAccountRef": {"name": "a", "namespace": namespace}}}});
    assert_eq!(identity(json!({}), cluster), Identity::Store);
    assert_eq!(identity(account(json!("x")), cluster), Identity::Store);
    assert_eq!(identity(account(Value::Null), cluster), Identity::Namespace);
    assert_eq!(identity(account(Value::Null), StoreKind::SecretStore), Identity::Store);
    assert_eq!(identity(json!({"sessionTagsPolicy": "Simple"}), cluster), Identity::Namespace);
    assert_eq!(identity(json!({"sessionTagsPolicy": "Simple"}), StoreKind::SecretStore), Identity::Store);
}

#[tokio::test]
async fn services_that_are_not_built_yet_are_told_with_their_field() {
    let mock = Mock::friendly().await;
    for service in ["ParameterStore", "CertificateManager"] {
        let fault = connect(&provider(), Cluster::new(&mock), json!({ "service": service })).await.err().unwrap();
        assert_eq!((fault.kind, fault.field.as_deref()), (FaultKind::Unsupported, Some("spec.provider.aws.service")));
        assert!(fault.message.contains("SecretsManager") && fault.message.contains(service), "{fault}");
    }
}
