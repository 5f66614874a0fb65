//! `AdmissionReview`, as the API server sends it and takes it back. Versions v1 and v1beta1 have the same form.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What the API server asks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review<'a> {
    /// `admission.k8s.io/v1` or `admission.k8s.io/v1beta1`; the answer has the same.
    pub api_version: String,
    /// `AdmissionReview`.
    pub kind: String,
    /// The question.
    #[serde(borrow)]
    pub request: Option<Request<'a>>,
}

/// The question.
#[derive(Debug, Deserialize)]
pub struct Request<'a> {
    /// Goes back in the answer.
    pub uid: String,
    /// What is about to be done.
    pub operation: Operation,
    /// The object as it shall be, unread; absent when it is deleted.
    #[serde(borrow)]
    pub object: Option<&'a RawValue>,
}

/// What is about to be done to the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    /// It is new.
    Create,
    /// It changes.
    Update,
    /// It goes.
    Delete,
    /// Somebody connects to it.
    Connect,
}

/// What the webhook says about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Why not; `None` lets it pass.
    pub refusal: Option<Refusal>,
    /// What the user should know either way.
    pub warnings: Vec<String>,
}

impl Verdict {
    /// Lets it pass without a word.
    pub const PASS: Self = Self { refusal: None, warnings: Vec::new() };

    /// Refuses it without a warning.
    pub fn refused(code: u16, message: String) -> Self {
        Self { refusal: Some(Refusal { code, message }), warnings: Vec::new() }
    }
}

/// Why an object is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// As HTTP: 403 for a broken rule, 400 for an object that cannot be read.
    pub code: u16,
    /// Sentences, one a line, each beginning with its field.
    pub message: String,
}

/// The answer to a review of version `api_version` with this `uid`.
pub fn answer(api_version: &str, uid: &str, verdict: &Verdict) -> Vec<u8> {
    let status = match &verdict.refusal {
        None => Status { code: 200, reason: None, message: None },
        Some(Refusal { code, message }) => {
            let reason = if *code == 403 { "Forbidden" } else { "BadRequest" };
            Status { code: *code, reason: Some(reason), message: Some(message) }
        }
    };
    let response = Response { uid, allowed: verdict.refusal.is_none(), status, warnings: &verdict.warnings };
    // Texts and numbers only: this cannot fail.
    serde_json::to_vec(&Answer { api_version, kind: "AdmissionReview", response }).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    api_version: &'a str,
    kind: &'a str,
    response: Response<'a>,
}

#[derive(Serialize)]
struct Response<'a> {
    uid: &'a str,
    allowed: bool,
    status: Status<'a>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
}

#[derive(Serialize)]
struct Status<'a> {
    code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}
