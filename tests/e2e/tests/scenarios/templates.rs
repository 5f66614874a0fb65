//! Templates: what they write, how a change of their source is noticed, and what an error shows.

use eso_e2e::Corner;
use serde_json::{Value, json};

use crate::shared;

/// An object with this target whose data is the map under `key`.
fn templated(key: &str, template: Value) -> Value {
    json!({"refreshInterval": "1h", "dataFrom": [{"extract": {"key": key}}], "target": {"template": template}})
}

fn config_map(text: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "tpl"}, "data": {"app.conf": text}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_template_source_is_rendered_at_once() {
    let corner = Corner::new(shared().await, "sources").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", r#"{"user":"svc","pass":"made-up"}"#).await.unwrap();
    corner.apply(config_map("user={{ .user }}")).await.unwrap();
    let item = |kind: &str| json!({kind: {"name": "tpl", "items": [{"key": "app.conf"}]}});
    corner.external_secret("es", templated(&key, json!({"templateFrom": [item("configMap")]}))).await.unwrap();
    corner.wait_for_data("es", &[("app.conf", "user=svc")]).await.unwrap();
    corner.apply(config_map("user={{ .user }} pass={{ .pass }}")).await.unwrap();
    corner.wait_for_data("es", &[("app.conf", "user=svc pass=made-up")]).await.unwrap();
    let secret = |text: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tpl"}, "stringData": {"app.conf": text}});
    corner.apply(secret("from a Secret: {{ .user }}")).await.unwrap();
    corner.external_secret("es", templated(&key, json!({"templateFrom": [item("secret")]}))).await.unwrap();
    corner.wait_for_data("es", &[("app.conf", "from a Secret: svc")]).await.unwrap();
    corner.apply(secret("changed: {{ .user }}")).await.unwrap();
    corner.wait_for_data("es", &[("app.conf", "changed: svc")]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_a_template_names_key_and_position_and_shows_no_value() {
    let corner = Corner::new(shared().await, "template-errors").await.unwrap();
    corner.aws_store().await.unwrap();
    let key = corner.in_aws("a", r#"{"pass":"canary-template-value"}"#).await.unwrap();
    for (name, text, told) in [
        ("unknown", "{{ .pass }}{{ .nope }}", "url:1:"),
        ("range", "{{ range .pass }}x{{ end }}", "range can't iterate over"),
        ("endless", r#"{{ repeat 10000000000 "x" }}"#, "bytes"),
        ("broken", "{{ .pass", "unclosed action"),
    ] {
        corner.external_secret(name, templated(&key, json!({"data": {"url": text}}))).await.unwrap();
        corner.wait_failed(name, &["could not update secret", told]).await.unwrap();
        assert_eq!(corner.data(name).await.unwrap(), None, "nothing is half-written");
    }
    assert!(!corner.everything_visible().await.unwrap().contains("canary-template-value"));
    corner.external_secret("unknown", templated(&key, json!({"data": {"url": "{{ .pass }}"}}))).await.unwrap();
    corner.wait_for_data("unknown", &[("url", "canary-template-value")]).await.unwrap();
    corner.wait_synced("unknown").await.unwrap();
}
