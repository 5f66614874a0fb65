use std::sync::Arc;

use eso_core::FaultKind;
use eso_core::provider::{CallResult, Locator, MetadataPolicy, Shape};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::mock::{Mock, error};
use super::{Cluster, connect, locator, property, provider, read, read_one, version};

async fn holding(answer: Value) -> Mock {
    Mock::start(move |_, _| (200, answer.to_string())).await
}

async fn refusing(status: u16, body: String) -> Mock {
    Mock::start(move |_, _| (status, body.clone())).await
}

#[tokio::test]
async fn m_01_version_is_a_stage_or_an_id() {
    let mock = Mock::friendly().await;
    let store = connect(&provider(), Cluster::new(&mock), json!({"prefix": "p/"})).await.unwrap();
    let locators = [locator("a"), version("b", "AWSPREVIOUS"), version("c", "uuid/x-1")];
    let answers = read(&store, &locators).await;
    assert_eq!(
        answers.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
        ["value of p/a", "value of p/b", "value of p/c"]
    );
    let mut asked: Vec<Value> = mock.seen().iter().map(super::mock::Seen::json).collect();
    asked.sort_by_key(|body| body["SecretId"].to_string());
    assert_eq!(asked[0], json!({"SecretId": "p/a", "VersionStage": "AWSCURRENT"}));
    assert_eq!(asked[1], json!({"SecretId": "p/b", "VersionStage": "AWSPREVIOUS"}));
    assert_eq!(asked[2], json!({"SecretId": "p/c", "VersionId": "x-1"}));
}

#[tokio::test]
async fn m_02_locators_on_one_secret_and_version_make_one_request() {
    let mock = holding(json!({"SecretString": r#"{"user":"u","n":{"a":1},"none":null}"#})).await;
    let cluster = Cluster::new(&mock);
    let store = connect(&provider(), cluster, json!({})).await.unwrap();
    let map = Locator { shape: Shape::Map, ..locator("db") };
    let answers = read(&store, &[property("db", "user"), property("db", "n.a"), map, property("db", "none")]).await;
    let answers: Vec<String> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers, ["u", "1", "n={\"a\":1},none=,user=u", ""]);
    assert_eq!(mock.count("GetSecretValue"), 1);
}

#[tokio::test]
async fn different_secrets_are_read_at_the_same_time_but_no_more_than_four() {
    let mock = Mock::friendly().await;
    let store = connect(&provider(), Cluster::new(&mock), json!({})).await.unwrap();
    let locators: Vec<Locator> = (0..40).map(|number| locator(&format!("s{number}"))).collect();
    assert!(read(&store, &locators).await.iter().all(Result::is_ok));
    assert!((2..=4).contains(&mock.most_busy()), "{}", mock.most_busy());
    assert!(mock.connections() <= 6, "{} connections", mock.connections());
}

#[tokio::test]
async fn thousands_of_reads_share_a_handful_of_connections() {
    let mock = Mock::friendly().await;
    let provider = provider();
    for _ in 0..5 {
        let store = connect(&provider, Cluster::new(&mock), json!({})).await.unwrap();
        for number in 0..50 {
            read_one(&store, locator(&format!("s{number}"))).await.unwrap();
        }
    }
    assert_eq!((mock.count("GetSecretValue"), mock.connections()), (250, 1));
}

#[tokio::test]
async fn m_03_m_04_text_wins_even_if_empty_and_bytes_come_without_text() {
    let table = [
        (json!({"SecretString": "text", "SecretBinary": "Ynl0ZXM="}), Some("text")),
        (json!({"SecretString": ""}), Some("")),
        (json!({"SecretBinary": "Ynl0ZXM="}), Some("bytes")),
        (json!({"Name": "x"}), None),
    ];
    for (answer, expected) in table {
        let store = connect(&provider(), Cluster::new(&holding(answer).await), json!({})).await.unwrap();
        let read = read_one(&store, locator("x")).await;
        assert_eq!(read.as_deref().ok(), expected);
        assert!(expected.is_some() || read.unwrap_err().kind == FaultKind::Invalid);
    }
}

#[tokio::test]
async fn m_05_m_06_property_works_on_bytes_and_a_dotted_key_comes_first() {
    let bytes = "eyJhLmIiOiJkb3R0ZWQiLCJhIjp7ImIiOiJuZXN0ZWQifX0="; // {"a.b":"dotted","a":{"b":"nested"}}
    let mock = holding(json!({ "SecretBinary": bytes })).await;
    let store = connect(&provider(), Cluster::new(&mock), json!({})).await.unwrap();
    assert_eq!(read_one(&store, property("x", "a.b")).await.unwrap(), "dotted");
    assert_eq!(read_one(&store, property("x", "a|b")).await.unwrap(), "nested");
}

#[tokio::test]
async fn s_18_missing_property_is_an_error_that_names_key_and_property_and_no_value() {
    let table = [
        (json!({"SecretString": r#"{"canary":1}"#}), "Check the name"),
        (json!({"SecretString": "canary"}), "not JSON"),
        (json!({"SecretBinary": "/2NhbmFyeQ=="}), "binary"),
    ];
    for (answer, reason) in table {
        let store = connect(&provider(), Cluster::new(&holding(answer).await), json!({})).await.unwrap();
        let fault = read_one(&store, property("team/db", "pass")).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid);
        assert!(fault.message.contains("\"team/db\"") && fault.message.contains("\"pass\""), "{fault}");
        assert!(fault.message.contains(reason) && !fault.message.contains("canary"), "{fault}");
    }
}

#[tokio::test]
async fn m_10_map_of_a_secret_that_is_no_object_names_the_key() {
    let mock = holding(json!({"SecretString": "canary"})).await;
    let store = connect(&provider(), Cluster::new(&mock), json!({})).await.unwrap();
    let fault = read_one(&store, Locator { shape: Shape::Map, ..locator("team/db") }).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid);
    assert!(fault.message.contains("team/db") && !fault.message.contains("canary"), "{fault}");
}

#[tokio::test]
async fn m_09_fetch_gives_the_tags_and_property_selects_one() {
    let tags = json!([{"Key": "team", "Value": "a"}, {"Key": "a.b", "Value": "dotted"}, {"Key": "bare"}]);
    let mock = holding(json!({ "Tags": tags })).await;
    let store = connect(&provider(), Cluster::new(&mock), json!({})).await.unwrap();
    let fetch = |property: &str, version: &str| {
        let (property, version) = (property.to_owned(), version.to_owned());
        Locator { metadata: MetadataPolicy::Fetch, property, version, ..locator("x") }
    };
    let answers = read(&store, &[fetch("", ""), fetch("a.b", "AWSPREVIOUS"), fetch("nope", "")]).await;
    assert_eq!(answers[0].as_deref(), Ok(r#"{"a.b":"dotted","bare":"","team":"a"}"#));
    assert_eq!(answers[1].as_deref(), Ok("dotted"));
    assert_eq!(answers[2].as_ref().unwrap_err().kind, FaultKind::Invalid);
    assert_eq!((mock.count("DescribeSecret"), mock.seen().len()), (1, 1));
}

#[tokio::test]
async fn m_07_m_08_missing_and_deleted_secrets_do_not_exist() {
    let table = [
        ("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
        ("InvalidRequestException", "You can't perform this operation: the secret was marked for deletion."),
        ("InvalidParameterException", "... was marked for deletion"),
        ("InvalidRequestException", "You tried to perform the operation on a secret that's currently marked deleted."),
    ];
    for (code, text) in table {
        let mock = refusing(400, error(code, text)).await;
        let store = connect(&provider(), Cluster::new(&mock), json!({})).await.unwrap();
        let fault = read_one(&store, locator("test")).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::NotFound, "{code}");
        assert!(fault.public().starts_with("Secret does not exist: "), "{fault}");
        assert_eq!(mock.seen().len(), 1);
    }
}

#[tokio::test]
async fn answers_of_aws_are_tried_again_only_where_that_may_help() {
    let table: [(u16, String, FaultKind, usize); 8] = [
        (500, error("InternalServiceError", "canary"), FaultKind::Unavailable, 3),
        (503, "canary".to_owned(), FaultKind::Unavailable, 3),
        (400, error("ThrottlingException", "canary"), FaultKind::Throttled, 2),
        (400, error("AccessDeniedException", "canary"), FaultKind::Denied, 1),
        (400, error("UnrecognizedClientException", "canary"), FaultKind::Unauthenticated, 1),
        (400, error("InvalidParameterException", "canary"), FaultKind::Invalid, 1),
        (200, "canary, not JSON".to_owned(), FaultKind::Unavailable, 1),
        (400, error("canary is no code!", "canary"), FaultKind::Unavailable, 1),
    ];
    for (status, body, kind, requests) in table {
        let mock = refusing(status, body.clone()).await;
        let store = connect(&provider(), Cluster::new(&mock), json!({})).await.unwrap();
        let fault = read_one(&store, locator("test")).await.unwrap_err();
        assert_eq!((fault.kind, mock.seen().len()), (kind, requests), "{body}: {fault}");
        assert!(fault.message.contains("us-west-2") && fault.message.contains("\"test\""), "{fault}");
        assert!(!fault.public().contains("canary"), "{fault}");
    }
}

#[tokio::test]
async fn a_short_failure_of_aws_is_not_noticed() {
    let mock = Mock::start(|_, number| match number {
        1 | 2 => (500, error("InternalServiceError", "")),
        _ => (200, json!({"SecretString": "late"}).to_string()),
    })
    .await;
    let store = connect(&provider(), Cluster::new(&mock), json!({})).await.unwrap();
    assert_eq!(read_one(&store, locator("test")).await.unwrap(), "late");
}

#[tokio::test]
async fn broken_connections_and_closed_ports_are_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let breaking = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 512]).await;
            stream.set_zero_linger().unwrap();
        }
    });
    let mock = Mock::friendly().await;
    for round in 0..2 {
        let mut cluster = Cluster::new(&mock);
        cluster.env.insert("AWS_SECRETSMANAGER_ENDPOINT", format!("http://127.0.0.1:{port}"));
        let store = connect(&provider(), cluster, json!({})).await.unwrap();
        let fault = read_one(&store, locator("test")).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unavailable, "round {round}: {fault}");
        breaking.abort(); // the second round finds the port closed
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn aws_that_hangs_is_unavailable_after_one_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            open.push(listener.accept().await.unwrap());
        }
    });
    let mock = Mock::friendly().await;
    let mut cluster = Cluster::new(&mock);
    cluster.env.insert("AWS_SECRETSMANAGER_ENDPOINT", format!("http://127.0.0.1:{port}"));
    let store = connect(&provider(), cluster, json!({})).await.unwrap();
    let start = std::time::Instant::now();
    let fault = read_one(&store, locator("test")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert!(fault.message.contains("within 10 s") && fault.message.contains("\"test\""), "{fault}");
    assert!((9..14).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    silent.abort();
}

#[tokio::test]
async fn s_32_every_request_is_counted_with_its_outcome() {
    let mock = Mock::start(|_, number| match number {
        1 => (500, error("InternalServiceError", "")),
        _ => (200, json!({"SecretString": "late"}).to_string()),
    })
    .await;
    let cluster = Arc::new(Cluster::new(&mock));
    let config = provider().parse(&super::block(json!({}))).unwrap();
    let store = config.connect(Arc::clone(&cluster) as Arc<dyn eso_core::provider::Host>).await.unwrap();
    read_one(&store, locator("test")).await.unwrap();
    let calls = cluster.calls.lock();
    let calls: Vec<_> = calls.iter().map(|call| (call.provider, call.call, call.result)).collect();
    let one = |result| ("AWS/SecretsManager", "GetSecretValue", result);
    assert_eq!(calls, [one(CallResult::Error), one(CallResult::Success)]);
}
