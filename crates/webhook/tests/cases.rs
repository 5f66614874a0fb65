//! ESO's verdicts on 138 manifests, and ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // tests fail loudly

use std::collections::BTreeSet;

use eso_core::provider::StoreKind;
use eso_registry::Registry;
use eso_webhook::admission::{Judge, Kind};
use eso_webhook::review::{Request, Verdict};
use serde::Deserialize;
use serde_json::{Value, json};

/// What we refuse and ESO accepts: the beginning of a case's id, and why.
const BEYOND: &[(&str, &str)] = &[
    ("from-bad-regexp", "a regular expression that cannot be read would fail at every sync"),
    ("from-rewrite-bad", "a regular expression that cannot be read would fail at every sync"),
    ("window-bad-cron", "a schedule that cannot be read never opens its window, and nobody is told"),
    ("template-unknown-function", "a template that cannot be read would fail at every sync"),
    ("template-engine-v1", "the schema knows only v2, so the API server never lets it through to here"),
    ("aws-region-none", "without a region there is no host to talk to; ESO fails at the first sync"),
    ("gcp-", NOT_BUILT),
    ("azure-", NOT_BUILT),
    ("k8s-", NOT_BUILT),
    ("webhook-", NOT_BUILT),
];

/// Goes away with the backend's crate.
const NOT_BUILT: &str = "this version does not have the backend yet, and what is not built is refused by name";

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    kind: String,
    object: Value,
    operation: String,
    verdict: Expected,
}

#[derive(Deserialize)]
struct Expected {
    allowed: bool,
    code: u16,
    message: Option<String>,
    warnings: Option<Vec<String>>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str::<Cases>(include_str!("admission-cases.json")).unwrap().cases
}

fn judge() -> Judge {
    Judge { registry: Registry::new(), left: "{{".to_owned(), right: "}}".to_owned() }
}

fn ours(case: &Case) -> Verdict {
    let kind = match case.kind.as_str() {
        "ExternalSecret" => Kind::ExternalSecret,
        "SecretStore" => Kind::Store(StoreKind::SecretStore),
        "ClusterSecretStore" => Kind::Store(StoreKind::ClusterSecretStore),
        other => panic!("{other}"),
    };
    let object = if case.operation == "DELETE" { Value::Null } else { case.object.clone() };
    let text = json!({"uid": "u", "operation": case.operation, "object": object}).to_string();
    judge().judge(kind, &serde_json::from_str::<Request<'_>>(&text).unwrap())
}

fn declared(case: &Case) -> Option<&'static str> {
    BEYOND.iter().find(|(prefix, _)| case.id.starts_with(prefix)).map(|(_, why)| *why)
}

#[test]
fn parity_211_every_verdict_is_that_of_eso_or_declared() {
    let mut wrong = Vec::new();
    for case in cases() {
        let ours = ours(&case);
        match (&ours.refusal, case.verdict.allowed, declared(&case)) {
            (None, true, None) | (Some(_), true, Some(_)) => {}
            (Some(refusal), false, why) => {
                let eso = case.verdict.message.clone().unwrap_or_default();
                // A backend that is not built refuses everything for the same reason.
                if why.is_none() && (refusal.code != case.verdict.code || !alike(&case, &eso, &refusal.message)) {
                    wrong.push(format!(
                        "{}: {} {:?} instead of {} {eso:?}",
                        case.id, refusal.code, refusal.message, case.verdict.code
                    ));
                }
            }
            (refusal, ..) => wrong.push(format!("{}: {refusal:?}, declared: {:?}", case.id, declared(&case))),
        }
        if declared(&case).is_none() && ours.warnings != case.verdict.warnings.clone().unwrap_or_default() {
            wrong.push(format!("{}: warns {:?} instead of {:?}", case.id, ours.warnings, case.verdict.warnings));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Those about `ExternalSecret`s hold ESO's words, as many and in the same order. About a store ours tells every fault, ESO the first.
fn alike(case: &Case, eso: &str, ours: &str) -> bool {
    let (eso, ours): (Vec<&str>, Vec<&str>) = (eso.lines().collect(), ours.lines().collect());
    match (case.kind.as_str(), case.verdict.code) {
        ("ExternalSecret", 403) => {
            eso.len() == ours.len() && eso.iter().zip(&ours).all(|(eso, ours)| ours.contains(eso))
        }
        _ => ours.len() >= eso.len(),
    }
}

#[test]
fn every_declaration_is_needed() {
    let needed: BTreeSet<&str> = cases()
        .iter()
        .filter(|case| case.verdict.allowed && ours(case).refusal.is_some())
        .filter_map(|case| BEYOND.iter().map(|(prefix, _)| *prefix).find(|prefix| case.id.starts_with(prefix)))
        .collect();
    let declared: BTreeSet<&str> = BEYOND.iter().map(|(prefix, _)| *prefix).collect();
    assert_eq!(needed, declared);
    assert_eq!(cases().len(), 138);
}

#[test]
fn every_refusal_names_its_field_first() {
    for case in cases() {
        let Some(refusal) = ours(&case).refusal else { continue };
        let unread = refusal.message.starts_with("The object cannot be read as");
        assert!(
            unread || refusal.message.lines().all(|line| line.starts_with("spec")),
            "{}: {}",
            case.id,
            refusal.message
        );
    }
}

fn asked(kind: Kind, request: &Value) -> Verdict {
    judge().judge(kind, &serde_json::from_str::<Request<'_>>(&request.to_string()).unwrap())
}

#[test]
fn parity_215_a_deletion_is_always_admitted() {
    for kind in Kind::ALL {
        for object in [Value::Null, json!({"spec": {"nonsense": true}})] {
            assert_eq!(asked(kind, &json!({"uid": "u", "operation": "DELETE", "object": object})), Verdict::PASS);
        }
    }
}

#[test]
fn an_object_that_is_going_away_can_lose_its_finalizers() {
    for kind in Kind::ALL {
        let mut object = json!({
            "apiVersion": "external-secrets.io/v1", "kind": kind.as_str(),
            "metadata": {"name": "x", "namespace": "ns"}, "spec": {"provider": {}},
        });
        let refused = asked(kind, &json!({"uid": "u", "operation": "UPDATE", "object": object}));
        assert!(refused.refusal.is_some(), "{kind:?}");
        object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        assert_eq!(asked(kind, &json!({"uid": "u", "operation": "UPDATE", "object": object})), Verdict::PASS);
    }
}

#[test]
fn an_object_that_cannot_be_read_is_a_bad_request() {
    let of = |api_version: &str, kind: &str| json!({"uid": "u", "operation": "CREATE", "object": {"apiVersion": api_version, "kind": kind, "metadata": {}, "spec": {}}});
    for request in [
        json!({"uid": "u", "operation": "CREATE"}),
        json!({"uid": "u", "operation": "CREATE", "object": "text"}),
        json!({"uid": "u", "operation": "CREATE", "object": {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret"}}),
        of("external-secrets.io/v1beta1", "ExternalSecret"),
        of("external-secrets.io/v1", "SecretStore"),
    ] {
        let verdict = asked(Kind::ExternalSecret, &request);
        assert_eq!(verdict.refusal.map(|refusal| refusal.code), Some(400), "{request}");
    }
}
