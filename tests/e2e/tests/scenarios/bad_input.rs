//! Bad input: each ends in the documented condition, message and event, and heals when its cause is gone.

use eso_e2e::Corner;
use serde_json::json;

use crate::{one, property, shared};

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_backend_is_named_and_its_block_is_kept() {
    let corner = Corner::new(shared().await, "unknown").await.unwrap();
    let stored = corner.store(json!({"sesame": {"street": 7}})).await.unwrap();
    assert_eq!(stored.data["spec"]["provider"]["sesame"]["street"], 7);
    corner.wait_store_refused(&["unable to create client", "spec.provider.sesame", "\"sesame\""]).await.unwrap();
    corner.external_secret("es", one("x")).await.unwrap();
    corner
        .wait_failed("es", &["could not get secret data from provider", "SecretStore \"st\" is not ready"])
        .await
        .unwrap();
    assert_eq!(corner.data("es").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_backend_that_is_not_built_yet_keeps_its_block_and_says_so() {
    let corner = Corner::new(shared().await, "unbuilt").await.unwrap();
    let stored = corner.store(json!({"gcpsm": {"projectID": "p"}})).await.unwrap();
    assert_eq!(stored.data["spec"]["provider"]["gcpsm"]["projectID"], "p");
    corner.wait_store_refused(&["unable to create client", "spec.provider.gcpsm"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_213_two_backends_in_one_store_are_refused_by_the_api_server() {
    let corner = Corner::new(shared().await, "two").await.unwrap();
    let aws = json!({"service": "SecretsManager", "region": "us-west-2"});
    let refusal = corner.store(json!({"aws": aws, "fake": {"data": []}})).await.unwrap_err().to_string();
    assert!(refusal.contains("spec.provider") && refusal.contains("at most 1"), "{refusal}");
    let refusal = corner.store(json!({})).await.unwrap_err().to_string();
    assert!(refusal.contains("spec.provider"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_region_is_refused_by_the_api_server() {
    let corner = Corner::new(shared().await, "region").await.unwrap();
    let refusal = corner.store(json!({"aws": {"service": "SecretsManager"}})).await.unwrap_err().to_string();
    assert!(refusal.contains("spec.provider.aws.region") && refusal.contains("Required"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_no_host_name_is_refused_with_its_field() {
    let corner = Corner::new(shared().await, "badregion").await.unwrap();
    corner.store(json!({"aws": {"service": "SecretsManager", "region": "us-west-2."}})).await.unwrap();
    corner.wait_store_refused(&["unable to create client", "spec.provider.aws.region"]).await.unwrap();
    corner.aws_store().await.unwrap();
    corner.wait_store_valid().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_72_a_missing_secret_is_named_and_heals_when_it_appears() {
    let corner = Corner::new(shared().await, "missing").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = format!("{}/later", corner.namespace);
    corner.external_secret("es", one(&key)).await.unwrap();
    let entry = format!("error processing spec.data[0] (key: {key}), err: Secret does not exist");
    corner.wait_failed("es", &["could not get secret data from provider", &entry]).await.unwrap();
    assert_eq!(corner.data("es").await.unwrap(), None, "nothing is half-written");
    corner.in_aws("later", "here").await.unwrap();
    corner.wait_for_data("es", &[("k", "here")]).await.unwrap();
    corner.wait_synced("es").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_property_names_key_and_property_and_shows_no_value() {
    let corner = Corner::new(shared().await, "property").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", r#"{"there":"canary-property-value"}"#).await.unwrap();
    corner.external_secret("es", property(&key, "not-there")).await.unwrap();
    corner.wait_failed("es", &["could not get secret data from provider", &key, "not-there"]).await.unwrap();
    assert!(!corner.everything_visible().await.unwrap().contains("canary-property-value"));
    corner.external_secret("es", property(&key, "there")).await.unwrap();
    corner.wait_for_data("es", &[("k", "canary-property-value")]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_is_no_json_is_refused_when_a_property_or_a_map_is_asked() {
    let corner = Corner::new(shared().await, "nojson").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "canary-plain-text").await.unwrap();
    corner.external_secret("one", property(&key, "x")).await.unwrap();
    corner.external_secret("map", json!({"dataFrom": [{"extract": {"key": key}}]})).await.unwrap();
    corner.wait_failed("one", &["could not get secret data from provider", &key]).await.unwrap();
    corner.wait_failed("map", &["could not get secret data from provider", "spec.dataFrom[0].extract"]).await.unwrap();
    assert!(!corner.everything_visible().await.unwrap().contains("canary-plain-text"));
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_is_copied_whole_and_refused_when_a_property_is_asked() {
    let corner = Corner::new(shared().await, "binary").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = format!("{}/bin", corner.namespace);
    let body = json!({"Name": key, "SecretBinary": "/wABAv8="});
    corner.cluster.moto().secrets_manager("CreateSecret", &body).await.unwrap();
    corner.external_secret("whole", one(&key)).await.unwrap();
    corner.wait_synced("whole").await.unwrap();
    let bytes = corner.secrets().get("whole").await.unwrap().data.unwrap().remove("k").unwrap().0;
    assert_eq!(bytes, [0xff, 0, 1, 2, 0xff]);
    corner.external_secret("part", property(&key, "x")).await.unwrap();
    corner.wait_failed("part", &["could not get secret data from provider", &key]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_107_a_target_of_another_external_secret_is_left_alone_until_that_one_goes() {
    let corner = Corner::new(shared().await, "owned").await.unwrap();
    corner.aws_store().await.unwrap();
    let (first, second) = (corner.in_aws("a", "first").await.unwrap(), corner.in_aws("b", "second").await.unwrap());
    let named = |key: &str| {
        let mut spec = one(key);
        spec["target"] = json!({"name": "out"});
        spec["refreshInterval"] = json!("3s");
        spec
    };
    corner.external_secret("a", named(&first)).await.unwrap();
    corner.wait_synced("a").await.unwrap();
    corner.external_secret("b", named(&second)).await.unwrap();
    corner
        .wait_failed(
            "b",
            &["target is owned by another ExternalSecret", "secret is owned by another ExternalSecret: a"],
        )
        .await
        .unwrap();
    assert_eq!(corner.data("out").await.unwrap().unwrap()["k"], "first");
    corner.delete("a").await.unwrap();
    corner.wait_for_data("out", &[("k", "second")]).await.unwrap();
    corner.wait_synced("b").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_of_another_type_keeps_its_type_and_gets_the_data() {
    let corner = Corner::new(shared().await, "type").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    // A type with required keys: replacing the data would make it invalid, and the API server says so.
    corner
        .apply(
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "es"}, "type": "kubernetes.io/basic-auth",
            "stringData": {"username": "somebody", "password": "canary-password"}}),
        )
        .await
        .unwrap();
    corner.external_secret("es", one(&key)).await.unwrap();
    corner.wait_failed("es", &["could not update secret", "es"]).await.unwrap();
    let kept = corner.data("es").await.unwrap().unwrap();
    assert_eq!(kept["username"], "somebody", "nothing is half-written");
    assert!(!corner.everything_visible().await.unwrap().contains("canary-password"));
    corner.secrets().delete("es", &kube::api::DeleteParams::default()).await.unwrap();
    corner.wait_for_data("es", &[("k", "v")]).await.unwrap();
    corner.wait_synced("es").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_not_built_yet_fails_with_its_path() {
    let corner = Corner::new(shared().await, "unbuiltfield").await.unwrap();
    corner.aws_store().await.unwrap();
    let generator = json!({"apiVersion": "generators.external-secrets.io/v1alpha1", "kind": "Password", "name": "pw"});
    for (name, path, spec) in [
        ("find", "spec.dataFrom[0].find", json!({"dataFrom": [{"find": {"name": {"regexp": ".*"}}}]})),
        (
            "generator",
            "spec.dataFrom[0].sourceRef.generatorRef",
            json!({"dataFrom": [{"sourceRef": {"generatorRef": generator}}]}),
        ),
        ("interval", "spec.refreshInterval", json!({"refreshInterval": "soon"})),
    ] {
        corner.external_secret(name, spec).await.unwrap();
        corner.wait_failed(name, &["could not get secret data from provider", path]).await.unwrap();
        assert_eq!(corner.data(name).await.unwrap(), None);
    }
}
