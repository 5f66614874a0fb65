#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eso_core::provider::{ApiCall, CallResult};

use super::{ExtendedLabels, Kind, Metrics, Obj, Ready, ReconcileResult};

fn obj<'a>(namespace: &'a str, name: &'a str) -> Obj<'a> {
    Obj { namespace, name, labels: None }
}

fn metrics() -> Metrics {
    Metrics::new(ExtendedLabels::Off)
}

#[track_caller]
fn has(text: &str, line: &str) {
    assert!(text.lines().any(|present| present == line), "{line}\nis not in\n{text}");
}

#[test]
fn external_secret_series_have_the_names_and_labels_of_eso() {
    let metrics = metrics();
    let one = obj("team", "db");
    metrics.sync_calls(one);
    metrics.sync_calls(one);
    metrics.sync_error(one);
    metrics.reconcile_duration(Kind::ExternalSecret, one, Duration::from_millis(2));
    metrics.condition(Kind::ExternalSecret, one, Ready::False);
    metrics.condition(Kind::ExternalSecret, one, Ready::True);
    let text = metrics.encode();
    has(&text, r#"externalsecret_sync_calls_total{name="db",namespace="team"} 2"#);
    has(&text, r#"externalsecret_sync_calls_error{name="db",namespace="team"} 1"#);
    has(&text, r#"externalsecret_reconcile_duration{name="db",namespace="team"} 2000000"#);
    has(&text, r#"externalsecret_status_condition{condition="Ready",name="db",namespace="team",status="True"} 1"#);
    has(&text, r#"externalsecret_status_condition{condition="Ready",name="db",namespace="team",status="False"} 0"#);
    has(&text, "# TYPE externalsecret_sync_calls_total counter");
    has(&text, "# TYPE externalsecret_sync_calls_error counter");
    has(&text, "# TYPE externalsecret_status_condition gauge");
    has(&text, "# TYPE externalsecret_reconcile_duration gauge");
}

#[test]
fn stores_have_their_own_families_and_cluster_stores_an_empty_namespace() {
    let metrics = metrics();
    metrics.condition(Kind::SecretStore, obj("team", "aws"), Ready::True);
    metrics.condition(Kind::ClusterSecretStore, obj("", "aws"), Ready::False);
    metrics.reconcile_duration(Kind::SecretStore, obj("team", "aws"), Duration::from_nanos(7));
    metrics.reconcile_duration(Kind::ClusterSecretStore, obj("", "aws"), Duration::from_nanos(8));
    let text = metrics.encode();
    has(&text, r#"secretstore_status_condition{condition="Ready",name="aws",namespace="team",status="True"} 1"#);
    has(&text, r#"clustersecretstore_status_condition{condition="Ready",name="aws",namespace="",status="False"} 1"#);
    has(&text, r#"clustersecretstore_status_condition{condition="Ready",name="aws",namespace="",status="True"} 0"#);
    has(&text, r#"secretstore_reconcile_duration{name="aws",namespace="team"} 7"#);
    has(&text, r#"clustersecretstore_reconcile_duration{name="aws",namespace=""} 8"#);
}

#[test]
fn a_forgotten_object_leaves_no_series() {
    let metrics = metrics();
    for kind in [Kind::ExternalSecret, Kind::SecretStore, Kind::ClusterSecretStore] {
        metrics.sync_calls(obj("team", "gone"));
        metrics.sync_error(obj("team", "gone"));
        metrics.reconcile_duration(kind, obj("team", "gone"), Duration::from_secs(1));
        metrics.condition(kind, obj("team", "gone"), Ready::True);
        metrics.forget(kind, obj("team", "gone"));
    }
    metrics.forget(Kind::ExternalSecret, obj("team", "gone"));
    assert!(!metrics.encode().contains("gone"));
}

#[test]
fn objects_of_the_same_name_in_two_namespaces_are_two() {
    let metrics = metrics();
    metrics.sync_calls(obj("a", "x"));
    metrics.sync_calls(obj("b", "x"));
    metrics.forget(Kind::ExternalSecret, obj("a", "x"));
    let text = metrics.encode();
    has(&text, r#"externalsecret_sync_calls_total{name="x",namespace="b"} 1"#);
    assert!(!text.contains(r#"namespace="a""#));
}

#[test]
fn parity_227_extended_labels_appear_only_with_the_option_and_never_replace_identity() {
    let labels: BTreeMap<String, String> = [
        ("app.kubernetes.io/name", "shop"),
        ("app.kubernetes.io/part-of", "a\"b\\c\nd"),
        ("name", "impostor"),
        ("status", "impostor"),
        ("team", "impostor"),
    ]
    .map(|(label, value)| (label.to_owned(), value.to_owned()))
    .into();
    let labelled = Obj { namespace: "team", name: "db", labels: Some(&labels) };

    let plain = metrics();
    plain.sync_calls(labelled);
    has(&plain.encode(), r#"externalsecret_sync_calls_total{name="db",namespace="team"} 1"#);

    let extended = Metrics::new(ExtendedLabels::On);
    extended.sync_calls(obj("team", "db"));
    let none = r#"app_kubernetes_io_component="",app_kubernetes_io_instance="",app_kubernetes_io_managed_by="",app_kubernetes_io_name="",app_kubernetes_io_part_of="",app_kubernetes_io_version="""#;
    has(&extended.encode(), &format!(r#"externalsecret_sync_calls_total{{{none},name="db",namespace="team"}} 1"#));
    extended.sync_calls(labelled);
    extended.condition(Kind::ExternalSecret, obj("team", "db"), Ready::True);
    let text = extended.encode();
    let some = r#"app_kubernetes_io_component="",app_kubernetes_io_instance="",app_kubernetes_io_managed_by="",app_kubernetes_io_name="shop",app_kubernetes_io_part_of="a\"b\\c\nd",app_kubernetes_io_version="""#;
    has(&text, &format!(r#"externalsecret_sync_calls_total{{{some},name="db",namespace="team"}} 2"#));
    has(
        &text,
        &format!(
            r#"externalsecret_status_condition{{{some},condition="Ready",name="db",namespace="team",status="True"}} 1"#
        ),
    );
    assert!(!text.contains("impostor"));
}

#[test]
fn framework_families_are_named_as_controller_runtime_names_them() {
    let metrics = metrics();
    metrics.max_concurrent("externalsecret", 4);
    metrics.reconcile_total("externalsecret", ReconcileResult::RequeueAfter);
    metrics.reconcile_errors("externalsecret");
    metrics.reconcile_seconds("externalsecret", Duration::from_millis(30));
    metrics.active_workers("externalsecret", 1);
    metrics.api_call(ApiCall { provider: "AWS/SecretsManager", call: "GetSecretValue", result: CallResult::Success });
    let text = metrics.encode();
    has(&text, r#"controller_runtime_max_concurrent_reconciles{controller="externalsecret"} 4"#);
    has(&text, r#"controller_runtime_reconcile_total{controller="externalsecret",result="requeue_after"} 1"#);
    has(&text, r#"controller_runtime_reconcile_total{controller="externalsecret",result="success"} 0"#);
    has(&text, r#"controller_runtime_reconcile_errors_total{controller="externalsecret"} 1"#);
    has(&text, r#"controller_runtime_reconcile_panics_total{controller="externalsecret"} 0"#);
    has(&text, r#"controller_runtime_reconcile_time_seconds_bucket{controller="externalsecret",le="0.05"} 1"#);
    has(&text, r#"controller_runtime_reconcile_time_seconds_bucket{controller="externalsecret",le="0.025"} 0"#);
    has(&text, r#"controller_runtime_active_workers{controller="externalsecret"} 1"#);
    has(
        &text,
        r#"externalsecret_provider_api_calls_count{call="GetSecretValue",provider="AWS/SecretsManager",status="success"} 1"#,
    );
    assert!(text.contains("process_resident_memory_bytes "), "{text}");
}

#[test]
fn pieces_and_whole_are_the_same_text_and_each_family_has_one_head() {
    let metrics = Arc::new(metrics());
    for number in 0..1234 {
        let name = format!("object-{number}");
        metrics.sync_calls(obj("team", &name));
        metrics.condition(Kind::ExternalSecret, obj("team", &name), Ready::True);
    }
    metrics.condition(Kind::SecretStore, obj("team", "s"), Ready::True);
    let pieces: Vec<_> = Arc::clone(&metrics).encode_stream().collect();
    assert!(pieces.len() > 6 && pieces.iter().all(|piece| piece.len() < 200_000), "{}", pieces.len());
    let joined: String = pieces.iter().map(|piece| std::str::from_utf8(piece).unwrap()).collect();
    // The rest of the text holds counters of the process, which other tests move.
    let objects = |text: &str| text.split("# HELP externalsecret_events").next().map(str::to_owned);
    assert!(objects(&joined) == objects(&metrics.encode()), "the two texts differ");
    assert_eq!(joined.matches("# TYPE externalsecret_status_condition gauge").count(), 1);
    assert_eq!(joined.matches("externalsecret_status_condition{").count(), 2 * 1234);
    assert!(!joined.contains("clustersecretstore"), "an empty family has no head");
}

#[test]
fn an_object_costs_little_memory() {
    assert!(size_of::<super::objects::Series>() <= 48, "{}", size_of::<super::objects::Series>());
}
