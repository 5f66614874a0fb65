//! No value is without effect, or without a line in the notes that says so.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use eso_chart::effects::{Row, Whole, get, put, rows};
use eso_chart::{Helm, Rendered, chart, contract};
use futures::StreamExt as _;
use serde_json::{Value, json};

/// How many renders run at the same time.
const AT_ONCE: usize = 3;
/// Values whose default is ours: images have other names.
const OURS: [&str; 3] = ["image.repository", "webhook.image.repository", "certController.image.repository"];

pub fn defaults() -> Value {
    serde_saphyr::from_str(&std::fs::read_to_string(chart().unwrap().join("values.yaml")).unwrap()).unwrap()
}

#[test]
fn every_value_of_the_contract_has_its_default() {
    let defaults = defaults();
    for (name, default) in contract().unwrap() {
        if !OURS.contains(&name.as_str()) {
            assert_eq!(get(&defaults, &name), Some(&default), "{name}");
        }
    }
}

#[test]
fn every_value_has_one_row_in_the_table_of_effects() {
    let rows = rows().unwrap();
    let named: BTreeSet<&str> = rows.iter().map(|row| row.value.as_str()).collect();
    assert_eq!(named.len(), rows.len(), "a value has two rows");
    let known: BTreeSet<String> = leaves(&defaults()).into_iter().collect();
    let missing: Vec<_> = known.iter().filter(|name| !named.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "values without a row: {missing:?}");
    assert!(named.iter().all(|name| known.contains(*name)), "a row's value is not in values.yaml");
}

/// Dotted names of the values that hold no others.
fn leaves(values: &Value) -> Vec<String> {
    let Some(object) = values.as_object().filter(|object| !object.is_empty()) else { return vec![String::new()] };
    let below = |(key, value): (&String, &Value)| {
        leaves(value)
            .into_iter()
            .map(|rest| format!("{key}.{rest}").trim_end_matches('.').to_owned())
            .collect::<Vec<_>>()
    };
    object.iter().flat_map(below).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_changes_what_it_is_meant_to() {
    let helm = Helm::obtain().await.unwrap();
    let rows = rows().unwrap();
    // many rows have the same beginning
    let mut begun = BTreeMap::new();
    for row in &rows {
        begun
            .entry(format!("{} {:?}", row.before().unwrap(), row.kinds))
            .or_insert_with(|| (row.before().unwrap(), row.kinds.clone()));
    }
    let renders = futures::stream::iter(begun.into_iter().map(|(key, (values, kinds))| {
        let helm = helm.clone();
        async move {
            let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
            (key.clone(), helm.render(&values, &kinds).await.unwrap_or_else(|error| panic!("{key}: {error:#}")))
        }
    }));
    let before: BTreeMap<String, Rendered> = renders.buffer_unordered(AT_ONCE).collect().await;
    let checks = futures::stream::iter(rows.iter().map(|row| {
        let (helm, before) = (&helm, &before[&format!("{} {:?}", row.before().unwrap(), row.kinds)]);
        async move { check(helm, row, before).await.with_context(|| row.value.clone()) }
    }));
    let results: Vec<Result<()>> = checks.buffer_unordered(AT_ONCE).collect().await;
    let failures: Vec<String> = results.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    assert!(failures.is_empty(), "{} of {} values:\n{}", failures.len(), rows.len(), failures.join("\n"));
}

async fn check(helm: &Helm, row: &Row, before: &Rendered) -> Result<()> {
    let kinds: Vec<&str> = row.kinds.iter().map(String::as_str).collect();
    let after = helm.render(&row.after()?, &kinds).await?;
    if row.remark {
        let remarked = |rendered: &Rendered| {
            rendered.remarks.iter().filter(|line| line.starts_with(&format!("{}:", row.value))).count()
        };
        ensure!(
            remarked(before) == 0 && remarked(&after) == 1,
            "the notes should have one line about it: {:?}",
            after.remarks
        );
        return Ok(());
    }
    let (kind, name) = row.object.split_once('/').context("the row names no object")?;
    let (was, now) = (before.object(kind, name), after.object(kind, name));
    if let Some(whole) = row.whole {
        ensure!(
            (was.is_some(), now.is_some()) == (whole == Whole::Goes, whole == Whole::Appears),
            "{} does not {whole:?}",
            row.object
        );
        return Ok(());
    }
    let pointer = row.pointer();
    let (was, now) =
        (was.and_then(|object| object.pointer(&pointer)), now.context("the object is gone")?.pointer(&pointer));
    ensure!(!stands(row, was), "{pointer} of {} was that before: {was:?}", row.object);
    ensure!(stands(row, now), "{pointer} of {} is {now:?}", row.object);
    Ok(())
}

/// Whether the place holds what the row wants.
fn stands(row: &Row, place: Option<&Value>) -> bool {
    let text = place.and_then(Value::as_str).unwrap_or_default();
    let list = place.and_then(Value::as_array);
    match (&row.has, &row.lacks, &row.ends, &row.is) {
        (Some(item), ..) => list.is_some_and(|list| list.contains(item)),
        (_, Some(item), ..) => list.is_some_and(|list| !list.contains(item)),
        (.., Some(ending), _) => text.ends_with(ending.as_str()),
        (.., Some(wanted)) => place.unwrap_or(&Value::Null) == wanted,
        _ => place == Some(&row.set),
    }
}

#[tokio::test]
async fn a_service_monitor_that_must_be_is_missed_with_a_sentence() {
    let helm = Helm::obtain().await.unwrap();
    let values = json!({ "serviceMonitor": { "enabled": true, "renderMode": "failIfMissing" } });
    let error = format!("{:#}", helm.render(&values, &[]).await.unwrap_err());
    assert!(error.contains("install the Prometheus operator"), "{error}");
    let rendered = helm.render(&values, &["monitoring.coreos.com/v1"]).await.unwrap();
    assert_eq!(rendered.of_kind("ServiceMonitor").count(), 3);
    let skipped = helm.render(&json!({ "serviceMonitor": { "enabled": true } }), &[]).await.unwrap();
    assert_eq!(skipped.of_kind("ServiceMonitor").count(), 0);
    assert!(skipped.remarks.iter().any(|line| line.starts_with("serviceMonitor.enabled:")), "{:?}", skipped.remarks);
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_refused_and_an_unknown_one_is_not() {
    let helm = Helm::obtain().await.unwrap();
    for (name, wrong) in
        [("replicaCount", json!("two")), ("webhook.failurePolicy", json!("Perhaps")), ("log.level", json!(7))]
    {
        let mut values = json!({});
        put(&mut values, name, &wrong).unwrap();
        let error = format!("{:#}", helm.render(&values, &[]).await.unwrap_err());
        assert!(error.contains(name.rsplit('.').next().unwrap()), "{name}: {error}");
    }
    helm.render(&json!({ "somebodyElses": { "value": 1 } }), &[]).await.unwrap();
}

#[tokio::test]
async fn flags_of_every_type_are_written_as_pflag_reads_them() {
    let helm = Helm::obtain().await.unwrap();
    let flags = json!({ "a-number": 1_000_000, "b-fraction": 0.5, "c-false": false, "d-text": "x y", "e-bare": "", "f-null": null });
    let rendered = helm.render(&json!({ "extraArgs": flags, "installCRDs": false }), &[]).await.unwrap();
    let args = rendered
        .object("Deployment", "external-secrets")
        .unwrap()
        .pointer("/spec/template/spec/containers/0/args")
        .unwrap();
    let args: Vec<&str> = args.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for wanted in ["--a-number=1000000", "--b-fraction=0.5", "--c-false=false", "--d-text=x y", "--e-bare"] {
        assert!(args.contains(&wanted), "{wanted}: {args:?}");
    }
}

/// All values of the contract at once, each with the value of its row, as somebody's file from ESO may have them. Those that
/// switch off what others need are left at their defaults, so that the others show.
pub fn everything_set() -> Value {
    const OFF: [&str; 10] = [
        "createOperator",
        "installCRDs",
        "webhook.create",
        "certController.create",
        "webhook.certManager.enabled",
        "webhook.service.enabled",
        "rbac.create",
        "certController.rbac.create",
        "scopedRBAC",
        "fullnameOverride",
    ];
    let mut values = json!({});
    for row in rows().unwrap().iter().filter(|row| !OFF.contains(&row.value.as_str())) {
        put(&mut values, &row.value, &row.set).unwrap();
    }
    values
}

#[tokio::test]
async fn a_file_with_every_value_of_eso_renders() {
    let helm = Helm::obtain().await.unwrap();
    let mut values = everything_set();
    let rendered = helm.render(&values, &["monitoring.coreos.com/v1"]).await.unwrap();
    assert_eq!(rendered.of_kind("Deployment").count(), 3);
    for off in ["createOperator", "installCRDs", "webhook.create", "rbac.create"] {
        put(&mut values, off, &json!(false)).unwrap();
    }
    for on in ["webhook.certManager.enabled", "scopedRBAC"] {
        put(&mut values, on, &json!(true)).unwrap();
    }
    let rendered = helm.render(&values, &["monitoring.coreos.com/v1"]).await.unwrap();
    assert_eq!(rendered.of_kind("Deployment").count(), 0);
}

#[test]
fn the_table_can_fail() {
    let row = |text: &str| -> Row { serde_json::from_str(text).unwrap() };
    let list = json!(["--a=1"]);
    assert!(stands(&row(r#"{"value":"a","set":1,"has":"--a=1"}"#), Some(&list)));
    assert!(!stands(&row(r#"{"value":"a","set":1,"has":"--a=2"}"#), Some(&list)));
    assert!(!stands(&row(r#"{"value":"a","set":1}"#), Some(&json!(2))));
    assert!(stands(&row(r#"{"value":"a","set":1,"is":null}"#), Some(&Value::Null)));
}

/// Fails when two objects of a render have the same kind, namespace and name.
pub fn ensure_distinct(rendered: &Rendered) -> Result<()> {
    let mut seen = BTreeSet::new();
    for object in &rendered.objects {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let key = (text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
        if !seen.insert(key) {
            bail!("there are two of {key:?}");
        }
    }
    Ok(())
}
