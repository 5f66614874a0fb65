//! What an error of the API server means.

use std::error::Error as _;
use std::time::Duration;

use eso_core::{Fault, FaultKind};
use kube::core::Status;

use super::transport::TooLate;

/// Turns an error into a fault. `doing` completes the sentence "Could not ...", as in `read the Secret default/db`.
///
/// The message holds words of ours, the HTTP code and the API server's reason word; its free text goes to `detail`. A 404 becomes
/// Misconfigured, not `NotFound`: that kind is reserved for a secret that its backend does not have and can lead to deletions.
/// Kinds: Misconfigured (404), Denied (403), Unauthenticated (401), Conflict (409), Invalid (400, 413, 422, unreadable answers),
/// Throttled (429), Unavailable (other codes, no connection, deadline), Internal (the request could not be built).
pub fn api_fault(error: &kube::Error, doing: &str) -> Fault {
    match error {
        kube::Error::Api(status) => answered(status, doing),
        kube::Error::SerdeError(error) => unreadable(doing).with_detail(serde_detail(error)),
        kube::Error::FromUtf8(_) => unreadable(doing).with_detail("the answer is not UTF-8"),
        kube::Error::BuildRequest(_) | kube::Error::HttpError(_) => {
            Fault::new(FaultKind::Internal, format!("Could not {doing}: the request could not be built."))
                .with_detail(chain(error))
        }
        kube::Error::Auth(_) => Fault::new(
            FaultKind::Unauthenticated,
            format!("Could not {doing}: the credentials for the API server could not be obtained."),
        )
        .with_detail(chain(error)),
        other => no_answer(other, doing),
    }
}

fn unreadable(doing: &str) -> Fault {
    Fault::new(FaultKind::Invalid, format!("Could not {doing}: the API server's answer could not be read."))
}

fn no_answer(error: &kube::Error, doing: &str) -> Fault {
    let late = match error {
        kube::Error::Service(inner) => inner.downcast_ref::<TooLate>(),
        _ => None,
    };
    match late {
        Some(late) => Fault::new(FaultKind::Unavailable, format!("Could not {doing}: {late}.")),
        None => Fault::new(FaultKind::Unavailable, format!("Could not {doing}: the API server could not be reached."))
            .with_detail(chain(error)),
    }
}

fn answered(status: &Status, doing: &str) -> Fault {
    let (kind, why) = match status.code {
        400 | 413 | 422 => (FaultKind::Invalid, "the API server found the request invalid"),
        401 => (FaultKind::Unauthenticated, "the API server does not accept our credentials"),
        403 => (
            FaultKind::Denied,
            "the API server refused it; check the RBAC of this ServiceAccount and admission policies",
        ),
        404 => (FaultKind::Misconfigured, "it does not exist"),
        409 if status.reason == "AlreadyExists" => (FaultKind::Conflict, "it exists already"),
        409 => (FaultKind::Conflict, "it was changed meanwhile"),
        429 => (FaultKind::Throttled, "the API server asks to slow down"),
        _ => (FaultKind::Unavailable, "the API server failed"),
    };
    let reason = if is_word(&status.reason) { status.reason.as_str() } else { "no reason given" };
    let mut fault = Fault::new(kind, format!("Could not {doing}: {why} ({}, {reason}).", status.code));
    if status.code != 400 {
        // A 400 can quote the body that it could not parse.
        fault = fault.with_detail(status.message.clone());
    }
    match status.details.as_ref().map_or(0, |details| details.retry_after_seconds) {
        0 => fault,
        seconds => fault.after(Duration::from_secs(u64::from(seconds))),
    }
}

/// Reasons are single words as `NotFound`; anything else is foreign text.
fn is_word(reason: &str) -> bool {
    (1..=64).contains(&reason.len()) && reason.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Where it went wrong. The error's own text can quote values.
fn serde_detail(error: &serde_json::Error) -> String {
    format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column())
}

/// An error with its sources, for debug logs.
fn chain(error: &kube::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use eso_core::FaultKind;
    use kube::core::Status;

    use super::api_fault;

    fn answered(code: u16, reason: &str) -> eso_core::Fault {
        let status = Status::failure("canary", reason).with_code(code).boxed();
        api_fault(&kube::Error::Api(status), "read the Secret default/db")
    }

    #[test]
    fn each_code_has_its_kind() {
        for (code, kind) in [
            (400, FaultKind::Invalid),
            (401, FaultKind::Unauthenticated),
            (403, FaultKind::Denied),
            (404, FaultKind::Misconfigured),
            (409, FaultKind::Conflict),
            (422, FaultKind::Invalid),
            (429, FaultKind::Throttled),
            (500, FaultKind::Unavailable),
            (503, FaultKind::Unavailable),
        ] {
            assert_eq!(answered(code, "Reason").kind, kind, "{code}");
        }
    }

    #[test]
    fn the_message_names_the_object_and_the_code_and_holds_no_foreign_text() {
        let fault = answered(403, "Forbidden");
        assert_eq!(
            fault.public(),
            "Could not read the Secret default/db: the API server refused it; check the RBAC of this ServiceAccount and \
             admission policies (403, Forbidden)."
        );
        assert_eq!(fault.detail.as_deref(), Some("canary"));
        assert!(answered(500, "canary in a sentence").public().contains("no reason given"));
        assert_eq!(answered(400, "BadRequest").detail, None);
    }

    #[test]
    fn an_unreadable_answer_is_not_quoted() {
        let error = serde_json::from_str::<u32>("\"canary\"").err().map(kube::Error::SerdeError);
        let fault = error.map(|error| api_fault(&error, "list Secrets"));
        let fault = fault.as_ref();
        assert_eq!(fault.map(|fault| fault.kind), Some(FaultKind::Invalid));
        assert!(!fault.and_then(|fault| fault.detail.clone()).unwrap_or_default().contains("canary"));
    }
}
