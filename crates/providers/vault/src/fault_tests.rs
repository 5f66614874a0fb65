use std::time::Duration;

use eso_core::FaultKind::{self, Denied, Invalid, Misconfigured, NotFound, Throttled, Unauthenticated, Unavailable};
use eso_provider_kit::guard::Again;

use super::{Asked, Failure, Purpose, again, answered, fault};

const LOGIN: Purpose = Purpose::Login("spec.provider.vault.auth.appRole");
/// What a token without a permission is told.
const POLICY: &str = "1 error occurred:\n\t* permission denied\n\n";

fn asked(purpose: Purpose) -> Asked {
    Asked { purpose, path: "secret/data/db".to_owned() }
}

fn answer(status: u16, error: &str) -> Failure {
    let errors = if error.is_empty() { Vec::new() } else { vec![error.to_owned()] };
    Failure::Answer { status, errors, retry_after: None }
}

#[test]
fn every_answer_of_vault_has_its_kind_and_names_the_server_and_no_foreign_word() {
    let table: [(Purpose, u16, &str, FaultKind); 22] = [
        (LOGIN, 400, "canary: invalid role or secret ID", Unauthenticated),
        (LOGIN, 403, "permission denied", Unauthenticated),
        (LOGIN, 404, "canary", Misconfigured),
        (LOGIN, 500, "canary", Unavailable),
        (LOGIN, 503, "Vault is sealed", Unavailable),
        (Purpose::Lookup, 403, "permission denied", Unauthenticated),
        (Purpose::Lookup, 403, "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n", Unauthenticated),
        (Purpose::Lookup, 403, "bad token", Unauthenticated),
        (Purpose::Lookup, 403, POLICY, Denied),
        (Purpose::Read, 403, "permission denied", Unauthenticated),
        (Purpose::Read, 403, POLICY, Denied),
        (Purpose::Read, 401, "canary", Unauthenticated),
        (Purpose::Read, 404, "", NotFound),
        (Purpose::Read, 404, "no handler for route \"canary\". route entry not found.", Misconfigured),
        (Purpose::Read, 405, "canary", Misconfigured),
        (Purpose::Read, 400, "canary", Invalid),
        (Purpose::Read, 412, "canary", Unavailable),
        (Purpose::Read, 429, "canary", Throttled),
        (Purpose::Read, 473, "canary", Invalid),
        (Purpose::Read, 500, "canary", Unavailable),
        (Purpose::Read, 502, "", Unavailable),
        (Purpose::Read, 503, "canary: Vault is sealed", Unavailable),
    ];
    for (purpose, status, error, kind) in table {
        let fault = fault(&answer(status, error), &asked(purpose), "v:8200");
        assert_eq!(fault.kind, kind, "{purpose:?} {status} {error}");
        assert!(fault.message.contains("v:8200"), "{fault}");
        assert!(!fault.to_string().contains("canary"), "{fault}");
        assert!(kind == NotFound || fault.message.contains(&status.to_string()), "{fault}");
        assert_eq!(fault.detail.as_deref().unwrap_or_default(), error);
    }
}

#[test]
fn what_went_wrong_without_an_answer_is_told_apart() {
    let table = [
        (Failure::Unbuilt, Misconfigured, "Check server"),
        (Failure::Timeout, Unavailable, "within 10 s"),
        (Failure::Unreached, Unavailable, "could not be reached"),
        (Failure::Tls, Unavailable, "caBundle"),
        (Failure::Garbage { status: 200 }, Unavailable, "does not speak Vault's protocol"),
    ];
    for (failure, kind, part) in table {
        let fault = fault(&failure, &asked(Purpose::Read), "v:8200");
        assert_eq!(fault.kind, kind, "{failure:?}");
        assert!(
            fault.message.starts_with("cannot read secret data from Vault: ") && fault.message.contains(part),
            "{fault}"
        );
    }
}

#[test]
fn the_sentences_of_eso_come_first() {
    let text = |purpose, failure: &Failure| fault(failure, &asked(purpose), "v").message;
    let missing = "Secret does not exist: Vault at v has nothing at \"secret/data/db\".";
    assert_eq!(text(Purpose::Read, &answer(404, "")), missing);
    assert!(text(Purpose::Lookup, &answer(403, POLICY)).starts_with("invalid vault credentials: "));
    assert!(text(Purpose::Lookup, &Failure::Unreached).starts_with("Vault at v could not be reached"));
}

#[test]
fn only_what_may_pass_by_itself_is_tried_again() {
    for (status, expected) in
        [(412, true), (429, true), (500, true), (501, false), (503, true), (403, false), (404, false)]
    {
        assert_eq!(again(&answer(status, "")) == Again::Helps, expected, "{status}");
    }
    assert_eq!(again(&Failure::Unreached), Again::Helps);
    assert_eq!(again(&Failure::Timeout), Again::Useless);
    assert_eq!(again(&Failure::Tls), Again::Useless);
}

#[test]
fn an_answer_of_a_proxy_counts_by_its_status_and_other_babble_is_told() {
    assert_eq!(answered(502, b"<html>", None), answer(502, ""));
    assert_eq!(answered(404, b"<html>", None), Failure::Garbage { status: 404 });
    assert_eq!(answered(403, br#"{"errors":["permission denied"]}"#, None), answer(403, "permission denied"));
    let wish = Some(Duration::from_secs(7));
    assert_eq!(fault(&answered(429, b"", wish), &asked(Purpose::Read), "v").retry_after, wish);
}
