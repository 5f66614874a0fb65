//! In front of moto, identities are verified as AWS does.

use std::time::{SystemTime, UNIX_EPOCH};

use eso_harness::control_plane::{SHORTEST_TOKEN, forge};
use eso_harness::{AwsProxy, Cluster};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::123456789012:role/external-secrets";
const SUBJECT: &str = "system:serviceaccount:external-secrets:external-secrets";

/// A proxy of the test's own, which trusts the operator's `ServiceAccount` with [`ROLE`].
pub async fn proxy() -> (&'static Cluster, AwsProxy) {
    let cluster = Cluster::shared().await.unwrap();
    let plane = cluster.plane();
    let proxy = AwsProxy::start(&cluster.moto().endpoint(), plane.issuer(), plane.admin_client()).await.unwrap();
    proxy.trust(ROLE, SUBJECT);
    (cluster, proxy)
}

pub async fn good_token(cluster: &Cluster) -> String {
    let account = ("external-secrets", "external-secrets");
    cluster.plane().service_account_token(account.0, account.1, "sts.amazonaws.com", SHORTEST_TOKEN).await.unwrap()
}

pub async fn log_in(proxy: &AwsProxy, token: &str, role: &str) -> (u16, String) {
    let form = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", role),
        ("RoleSessionName", "operator"),
        ("WebIdentityToken", token),
    ];
    let response = reqwest::Client::new().post(proxy.endpoint()).form(&form).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn element(document: &str, name: &str) -> String {
    let (_, rest) = document.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {document}"));
    rest.split_once("</").unwrap().0.to_owned()
}

/// Access key id and session token.
pub async fn credentials(cluster: &Cluster, proxy: &AwsProxy) -> (String, String) {
    let (status, document) = log_in(proxy, &good_token(cluster).await, ROLE).await;
    assert_eq!(status, 200, "{document}");
    (element(&document, "AccessKeyId"), element(&document, "SessionToken"))
}

/// A Secrets Manager call with these credentials, and its answer.
pub async fn call(
    proxy: &AwsProxy,
    key: &(String, String),
    action: &str,
    body: &Value,
) -> reqwest::Result<(u16, Value)> {
    let scope = format!("{}/20260101/us-west-2/secretsmanager/aws4_request", key.0);
    let response = reqwest::Client::new()
        .post(proxy.endpoint())
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"))
        .header("x-amz-security-token", &key.1)
        .header("x-amz-target", format!("secretsmanager.{action}"))
        .header("content-type", "application/x-amz-json-1.1")
        .body(body.to_string())
        .send()
        .await?;
    Ok((response.status().as_u16(), response.json().await.unwrap_or(Value::Null)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_genuine_token_is_accepted_and_its_credentials_read_a_secret() {
    let (cluster, proxy) = proxy().await;
    let secret = json!({ "Name": "genuine", "SecretString": "hello" });
    cluster.moto().secrets_manager("CreateSecret", &secret).await.unwrap();
    let key = credentials(cluster, &proxy).await;
    let (status, answer) = call(&proxy, &key, "GetSecretValue", &json!({ "SecretId": "genuine" })).await.unwrap();
    assert_eq!((status, &answer["SecretString"]), (200, &json!("hello")), "{answer}");
    let calls = proxy.calls();
    assert_eq!((calls[0].service.as_str(), calls[0].action.as_str()), ("sts", "AssumeRoleWithWebIdentity"));
    assert_eq!((calls[0].role.as_deref(), calls[0].session_name.as_deref()), (Some(ROLE), Some("operator")));
    assert_eq!((calls[1].secret_ids.as_slice(), calls[1].status), (["genuine".to_owned()].as_slice(), Some(200)));
    assert_eq!((calls[1].access_key_id.as_ref(), calls[1].session_name.as_deref()), (Some(&key.0), Some("operator")));
    assert_eq!((proxy.count("GetSecretValue"), proxy.count_service("sts"), proxy.count_secret("genuine")), (1, 1, 1));
    assert_eq!((proxy.connections(), proxy.most_in_flight()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_token_is_refused() {
    let (cluster, proxy) = proxy().await;
    let forged = forge(&good_token(cluster).await).unwrap();
    let (status, document) = log_in(&proxy, &forged, ROLE).await;
    assert_eq!((status, element(&document, "Code").as_str()), (400, "InvalidIdentityToken"), "{document}");
    assert_eq!(log_in(&proxy, "", ROLE).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_another_audience_is_refused() {
    let (cluster, proxy) = proxy().await;
    let plane = cluster.plane();
    let token =
        plane.service_account_token("external-secrets", "external-secrets", "vault", SHORTEST_TOKEN).await.unwrap();
    let (status, document) = log_in(&proxy, &token, ROLE).await;
    assert_eq!((status, element(&document, "Code").as_str()), (400, "InvalidIdentityToken"));
    assert_eq!(element(&document, "Message"), "Incorrect token audience");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_and_a_foreign_issuer_are_refused_though_the_signature_is_good() {
    let (cluster, proxy) = proxy().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = |issuer: &str, expires: u64| json!({ "iss": issuer, "sub": SUBJECT, "aud": ["sts.amazonaws.com"], "exp": expires, "iat": now - 900 });
    let plane = cluster.plane();
    let expired = plane.sign_claims(&claims(plane.issuer(), now - 1)).await.unwrap();
    let (status, document) = log_in(&proxy, &expired, ROLE).await;
    assert_eq!((status, element(&document, "Code").as_str()), (400, "ExpiredTokenException"), "{document}");
    let foreign = plane.sign_claims(&claims("https://elsewhere.example", now + 600)).await.unwrap();
    let (status, document) = log_in(&proxy, &foreign, ROLE).await;
    assert_eq!((status, element(&document, "Code").as_str()), (400, "InvalidIdentityToken"), "{document}");
    let good = plane.sign_claims(&claims(plane.issuer(), now + 600)).await.unwrap();
    assert_eq!(log_in(&proxy, &good, ROLE).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_service_account_and_an_untrusted_role_are_refused() {
    let (cluster, proxy) = proxy().await;
    let token =
        cluster.plane().service_account_token("identity", "other", "sts.amazonaws.com", SHORTEST_TOKEN).await.unwrap();
    let (status, document) = log_in(&proxy, &token, ROLE).await;
    assert_eq!((status, element(&document, "Code").as_str()), (403, "AccessDenied"), "{document}");
    let good = good_token(cluster).await;
    assert_eq!(log_in(&proxy, &good, "arn:aws:iam::123456789012:role/admin").await.0, 403);
    proxy.deny_role(ROLE);
    assert_eq!(log_in(&proxy, &good, ROLE).await.0, 403);
    proxy.trust(ROLE, SUBJECT);
    assert_eq!(log_in(&proxy, &good, ROLE).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn access_keys_that_sts_did_not_give_out_are_refused() {
    let (cluster, proxy) = proxy().await;
    let request = json!({ "SecretId": "absent" });
    let made_up = ("ASIAMADEUP".to_owned(), "token".to_owned());
    let (status, answer) = call(&proxy, &made_up, "GetSecretValue", &request).await.unwrap();
    assert_eq!((status, &answer["__type"]), (400, &json!("UnrecognizedClientException")));
    proxy.allow_static_key("ASIAMADEUP");
    let (_, answer) = call(&proxy, &made_up, "GetSecretValue", &request).await.unwrap();
    assert_eq!(answer["__type"], "ResourceNotFoundException");
    let mut key = credentials(cluster, &proxy).await;
    let (_, answer) = call(&proxy, &key, "GetSecretValue", &request).await.unwrap();
    assert_eq!(answer["__type"], "ResourceNotFoundException");
    proxy.expire_credentials();
    let (status, answer) = call(&proxy, &key, "GetSecretValue", &request).await.unwrap();
    assert_eq!((status, &answer["__type"]), (400, &json!("ExpiredTokenException")));
    key.1 = "another token".to_owned();
    let (_, answer) = call(&proxy, &key, "GetSecretValue", &request).await.unwrap();
    assert_eq!(answer["__type"], "UnrecognizedClientException");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lifetime_of_credentials_can_be_shortened() {
    let (cluster, proxy) = proxy().await;
    proxy.set_credential_lifetime(Some(std::time::Duration::from_mins(1)));
    let (_, document) = log_in(&proxy, &good_token(cluster).await, ROLE).await;
    let expiry: jiff::Timestamp = element(&document, "Expiration").parse().unwrap();
    let left = expiry.as_second() - jiff::Timestamp::now().as_second();
    assert!((55..=60).contains(&left), "{left}");
}
