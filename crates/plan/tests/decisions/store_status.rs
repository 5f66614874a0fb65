//! What a store's status says after it was tried.

use std::collections::BTreeMap;
use std::time::Duration;

use eso_core::crd::{IntOrText, Provider, StoreSpec, StoreStatus};
use eso_core::provider::{Capabilities, Maintenance, StoreKind, Validation};
use eso_core::{Fault, FaultKind};
use eso_plan::Requeue;
use eso_plan::store::{Probed, StoreConclusion, StoreFacts, StoreObject, conclude, recheck_interval};
use jiff::Timestamp;

use crate::world::text_map;

const RECHECK: Duration = Duration::from_mins(5);

fn noon(seconds: i64) -> Timestamp {
    "2026-01-01T12:00:00.5Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(seconds)
}

fn answered(validation: Validation) -> Probed {
    Probed::Answered { validation, capabilities: Capabilities::ReadOnly, maintenance: Maintenance::Maintained }
}

fn failed() -> Fault {
    Fault::new(FaultKind::Unauthenticated, "the token expired.")
}

/// A store and its status, tried again and again.
#[derive(Default)]
struct Tried {
    status: Option<StoreStatus>,
    annotations: BTreeMap<String, String>,
}

impl Tried {
    fn again(&mut self, seconds: i64, probed: &Probed) -> StoreConclusion {
        let kind = StoreKind::SecretStore;
        let object = StoreObject { kind, annotations: Some(&self.annotations), status: self.status.as_ref() };
        let conclusion = conclude(&object, noon(seconds), probed, RECHECK);
        if let Some(status) = &conclusion.status {
            assert_ne!(self.status.as_ref(), Some(status));
            self.status = Some(status.clone());
        }
        conclusion
    }

    /// Status, reason, message, time.
    fn ready(&self) -> (String, String, String, String) {
        let [condition] = self.status.as_ref().unwrap().conditions.as_slice() else { panic!("{:?}", self.status) };
        assert_eq!(condition.type_, "Ready");
        let condition = condition.clone();
        let since = condition.last_transition_time.unwrap().0.to_string();
        (condition.status, condition.reason.unwrap(), condition.message.unwrap(), since)
    }

    #[track_caller]
    fn assert_ready(&self, status: &str, reason: &str, message: &str) {
        let (is_status, is_reason, is_message, _) = self.ready();
        assert_eq!((is_status.as_str(), is_reason.as_str(), is_message.as_str()), (status, reason, message));
    }
}

fn events(conclusion: &StoreConclusion) -> Vec<String> {
    conclusion.events.iter().map(|it| format!("{:?} {}: {}", it.severity, it.reason, it.message)).collect()
}

#[test]
fn parity_153_a_valid_store_says_so_in_condition_and_event() {
    let mut store = Tried::default();
    let conclusion = store.again(0, &answered(Validation::Ready));
    store.assert_ready("True", "Valid", "store validated");
    assert_eq!(store.ready().3, "2026-01-01T12:00:00Z");
    assert_eq!(events(&conclusion), ["Normal Valid: store validated"]);
    assert_eq!(conclusion.requeue, Requeue::After(RECHECK));
}

#[test]
fn a_valid_store_is_not_written_again_and_says_nothing_again() {
    let mut store = Tried::default();
    store.again(0, &answered(Validation::Ready));
    let conclusion = store.again(300, &answered(Validation::Ready));
    assert_eq!((conclusion.status, conclusion.events, conclusion.requeue), (None, vec![], Requeue::After(RECHECK)));
}

#[test]
fn parity_154_a_client_that_cannot_be_built_makes_the_store_invalid() {
    let mut store = Tried::default();
    let conclusion = store.again(0, &Probed::NoClient(failed().at("spec.provider.aws.region")));
    let full = "spec.provider.aws.region: the token expired.";
    store.assert_ready("False", "InvalidProviderConfig", &format!("unable to create client: {full}"));
    assert_eq!(events(&conclusion), [format!("Warning InvalidProviderConfig: {full}")]);
    assert_eq!(conclusion.requeue, Requeue::Backoff);
    assert_eq!(store.status.unwrap().capabilities, None);
}

#[test]
fn parity_155_a_login_that_fails_makes_the_store_invalid() {
    let mut store = Tried::default();
    let conclusion = store.again(0, &answered(Validation::Failed(failed())));
    store.assert_ready("False", "InvalidProviderConfig", "unable to validate store: the token expired.");
    assert_eq!(events(&conclusion), ["Warning InvalidProviderConfig: the token expired."]);
    assert_eq!(conclusion.requeue, Requeue::Backoff);
}

#[test]
fn parity_156_a_login_that_cannot_be_tried_here_leaves_the_store_usable_and_is_tried_again() {
    let mut store = Tried::default();
    let conclusion = store.again(0, &answered(Validation::Unknown(failed())));
    let message = "could not determine validation status: the token expired.";
    store.assert_ready("True", "ValidationUnknown", message);
    assert_eq!(events(&conclusion), ["Warning ValidationUnknown: the token expired."]);
    assert_eq!(conclusion.requeue, Requeue::After(RECHECK));
    assert_eq!(store.status.unwrap().capabilities, None, "the steps after validation are skipped");
}

#[test]
fn parity_157_capabilities_are_the_backends() {
    for (capabilities, text) in [
        (Capabilities::ReadOnly, "ReadOnly"),
        (Capabilities::WriteOnly, "WriteOnly"),
        (Capabilities::ReadWrite, "ReadWrite"),
    ] {
        let mut store = Tried::default();
        let maintenance = Maintenance::Maintained;
        store.again(0, &Probed::Answered { validation: Validation::Ready, capabilities, maintenance });
        assert_eq!(store.status.unwrap().capabilities.as_deref(), Some(text));
    }
}

#[test]
fn parity_158_a_store_of_another_class_is_not_ours() {
    let facts =
        |controller: Option<&str>| StoreFacts { controller: controller.map(str::to_owned), ..StoreFacts::default() };
    assert!(
        facts(None).is_of_class("mine")
            && facts(Some("")).is_of_class("mine")
            && facts(Some("mine")).is_of_class("mine")
    );
    assert!(!facts(Some("other")).is_of_class("mine"));
}

#[test]
fn parity_159_160_the_interval_is_seconds_or_a_duration_or_the_flags() {
    let of = |refresh_interval| {
        let provider = Provider::default();
        let spec = StoreSpec { controller: None, provider, retry_settings: None, refresh_interval, conditions: None };
        recheck_interval(&spec, RECHECK)
    };
    let text = |text: &str| Some(IntOrText::Text(text.to_owned()));
    assert_eq!(of(Some(IntOrText::Int(60))), Ok(Duration::from_mins(1)));
    assert_eq!(of(text("1h")), Ok(Duration::from_hours(1)));
    for unset in [None, Some(IntOrText::Int(0)), text("0"), text("0s")] {
        assert_eq!(of(unset), Ok(RECHECK));
    }
    for wrong in [text("90"), text("-1h"), text(""), Some(IntOrText::Int(-90))] {
        let fault = of(wrong).unwrap_err();
        assert_eq!((fault.kind, fault.field.as_deref()), (FaultKind::Misconfigured, Some("spec.refreshInterval")));
    }
}

#[test]
fn parity_161_an_unmaintained_backend_is_warned_about_unless_silenced() {
    let probed = |validation| Probed::Answered {
        validation,
        capabilities: Capabilities::ReadWrite,
        maintenance: Maintenance::NotMaintained,
    };
    let mut store = Tried::default();
    let text = "Warning StoreUnmaintained: store isn't currently maintained. Please plan and prepare accordingly.";
    assert_eq!(events(&store.again(0, &probed(Validation::Ready))), [text, "Normal Valid: store validated"]);
    let annotations = text_map(&[("external-secrets.io/ignore-maintenance-checks", "")]);
    let mut silenced = Tried { annotations, ..Tried::default() };
    assert_eq!(events(&silenced.again(0, &probed(Validation::Ready))), ["Normal Valid: store validated"]);
    let mut unknown = Tried::default();
    assert_eq!(events(&unknown.again(0, &probed(Validation::Unknown(failed())))).len(), 1);
}

#[test]
fn a_store_that_fails_and_recovers_flips_its_time_twice_and_keeps_its_capabilities() {
    let mut store = Tried::default();
    store.again(0, &answered(Validation::Ready));
    store.again(60, &answered(Validation::Failed(failed())));
    assert_eq!(store.ready().3, "2026-01-01T12:01:00Z");
    store.again(120, &Probed::NoClient(failed()));
    assert_eq!(store.ready().3, "2026-01-01T12:01:00Z");
    assert_eq!(store.status.as_ref().unwrap().capabilities.as_deref(), Some("ReadOnly"));
    store.again(180, &answered(Validation::Ready));
    assert_eq!(store.ready().3, "2026-01-01T12:03:00Z");
}
