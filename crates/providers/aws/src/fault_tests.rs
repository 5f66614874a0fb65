use std::time::Duration;

use eso_core::FaultKind::{self, Denied, Invalid, Misconfigured, NotFound, Throttled, Unauthenticated, Unavailable};

use crate::fault::{Asked, Failure, fault};

fn asked() -> Asked<'static> {
    Asked {
        service: "AWS Secrets Manager",
        operation: "GetSecretValue",
        subject: "secret \"test\"".to_owned(),
        region: "us-west-2",
        proof: "the credentials of the store".to_owned(),
        remedy: "Allow it.",
    }
}

fn answer(status: u16, code: &str) -> Failure {
    Failure::Answer { status, code: code.to_owned(), deleted: false, retry_after: None }
}

#[test]
fn every_answer_of_aws_has_its_kind_and_names_region_operation_secret_and_code() {
    let table: [(u16, &str, FaultKind); 20] = [
        (400, "AccessDeniedException", Denied),
        (403, "AccessDenied", Denied),
        (400, "DecryptionFailure", Denied),
        (403, "SomethingNew", Denied),
        (400, "UnrecognizedClientException", Unauthenticated),
        (403, "InvalidClientTokenId", Unauthenticated),
        (400, "InvalidSignatureException", Unauthenticated),
        (403, "SignatureDoesNotMatch", Unauthenticated),
        (400, "ExpiredTokenException", Unauthenticated),
        (400, "InvalidIdentityToken", Unauthenticated),
        (400, "ThrottlingException", Throttled),
        (429, "SomethingNew", Throttled),
        (500, "InternalServiceError", Unavailable),
        (503, "SomethingNew", Unavailable),
        (400, "IDPCommunicationError", Unavailable),
        (400, "InvalidParameterException", Invalid),
        (400, "InvalidRequestException", Invalid),
        (400, "SomethingNew", Invalid),
        (400, "ValidationError", Misconfigured),
        (403, "RegionDisabledException", Misconfigured),
    ];
    for (status, code, kind) in table {
        let fault = fault(&answer(status, code), &asked());
        assert_eq!(fault.kind, kind, "{status} {code}");
        for part in ["us-west-2", "secret \"test\"", code] {
            assert!(fault.message.contains(part), "{part} is missing: {}", fault.message);
        }
        assert!(fault.message.contains("GetSecretValue") || code == "DecryptionFailure", "{}", fault.message);
    }
}

#[test]
fn m_07_m_08_only_absent_and_deleted_secrets_count_as_missing() {
    let missing = fault(&answer(400, "ResourceNotFoundException"), &asked());
    assert_eq!(missing.kind, NotFound);
    assert_eq!(missing.message, "Secret does not exist: AWS Secrets Manager in us-west-2 has no secret \"test\".");
    for code in ["InvalidRequestException", "InvalidParameterException"] {
        let code = code.to_owned();
        let deleted = fault(&Failure::Answer { status: 400, code, deleted: true, retry_after: None }, &asked());
        assert_eq!(deleted.kind, NotFound);
        assert!(deleted.message.starts_with("Secret does not exist: "), "{deleted}");
    }
}

#[test]
fn answers_that_are_none_mean_that_aws_is_down() {
    for failure in [Failure::Timeout, Failure::Unreached, Failure::Garbage { status: 200 }] {
        let fault = fault(&failure, &asked());
        assert_eq!(fault.kind, Unavailable, "{failure:?}");
        assert!(fault.message.contains("us-west-2") && fault.message.contains("secret \"test\""), "{fault}");
    }
}

#[test]
fn wish_for_a_pause_is_passed_on() {
    let code = "ThrottlingException".to_owned();
    let retry_after = Some(Duration::from_secs(7));
    let fault = fault(&Failure::Answer { status: 400, code, deleted: false, retry_after }, &asked());
    assert_eq!(fault.retry_after, retry_after);
}

#[test]
fn a_16_request_ids_and_credentials_are_cut_out_of_details() {
    let table = [
        ("no, request id: 1-2-3", "no"),
        ("no (Service: X, RequestID: abc, Status: 400)", "no (Service: X, Status: 400)"),
        ("request id: a, then RequestId: b", ", then"),
        (
            "'AKIA' not a valid key=value pair in Authorization header: 'AWS4-HMAC-SHA256 Credential=AKIA/20",
            "'AKIA' not a valid key=value pair in Authorization header: 'AWS4-HMAC-SHA256",
        ),
        ("nothing of it", "nothing of it"),
        ("request id:", ""),
    ];
    for (text, expected) in table {
        assert_eq!(crate::fault::stable(text), expected, "{text}");
    }
}
