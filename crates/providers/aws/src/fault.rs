//! From what AWS answers to a fault.

use std::error::Error;
use std::time::Duration;

use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use eso_core::{Fault, FaultKind};

use crate::network::REQUEST_TIMEOUT;

/// What was asked, in the words that a fault needs.
#[derive(Debug, Clone)]
pub(crate) struct Asked<'a> {
    /// The service, as `AWS Secrets Manager`.
    pub(crate) service: &'static str,
    /// The operation, as `GetSecretValue`.
    pub(crate) operation: &'static str,
    /// What it was about, as `secret "test"`.
    pub(crate) subject: String,
    /// The region.
    pub(crate) region: &'a str,
    /// What proves who asks, as `the credentials of the store`.
    pub(crate) proof: String,
    /// What to do when AWS denies it.
    pub(crate) remedy: &'static str,
}

/// What became of a request that failed, without the SDK's types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A fault of ours on the way to the request.
    Ours(Fault),
    /// The request could not be made up.
    Unbuilt,
    /// No answer in time.
    Timeout,
    /// AWS was not reached, or the connection broke.
    Unreached,
    /// An answer that is not AWS's language.
    Garbage { status: u16 },
    /// An error from AWS.
    Answer { status: u16, code: String, deleted: bool, retry_after: Option<Duration> },
}

/// Reads the SDK's error.
pub(crate) fn failure<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let Some(fault) = buried_fault(error) {
        return Failure::Ours(fault);
    }
    match error {
        SdkError::TimeoutError(_) => Failure::Timeout,
        SdkError::DispatchFailure(dispatch) if dispatch.is_timeout() => Failure::Timeout,
        SdkError::DispatchFailure(dispatch) if dispatch.is_user() => Failure::Unbuilt,
        SdkError::DispatchFailure(_) => Failure::Unreached,
        SdkError::ResponseError(response) => Failure::Garbage { status: response.raw().status().as_u16() },
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let Some(code) = service.err().code().and_then(plain_code) else { return Failure::Garbage { status } };
            let text = service.err().message().unwrap_or_default();
            let deleted = text.contains("marked for deletion") || text.contains("marked deleted");
            let header = service.raw().headers().get("retry-after");
            let retry_after = header.and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
            Failure::Answer { status, code, deleted, retry_after }
        }
        _ => Failure::Unbuilt,
    }
}

/// A login that failed inside of the SDK carries its fault along.
fn buried_fault(error: &(dyn Error + 'static)) -> Option<Fault> {
    let mut error = Some(error);
    while let Some(current) = error {
        if let Some(fault) = current.downcast_ref::<Fault>() {
            return Some(fault.clone());
        }
        error = current.source();
    }
    None
}

/// The error code, when it looks like one: whoever answers may not be AWS.
fn plain_code(code: &str) -> Option<String> {
    let code = code.rsplit('#').next().unwrap_or(code);
    let code = code.split(':').next().unwrap_or(code);
    let plain = !code.is_empty() && code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| code.to_owned())
}

/// AWS's own text, for debug logs: without request IDs, which differ each time, and without what may name credentials.
pub(crate) fn detail<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let text = match error {
        SdkError::ServiceError(service) => service.err().message().unwrap_or_default().to_owned(),
        other => DisplayErrorContext(other).to_string(),
    };
    stable(&text)
}

/// Cuts request IDs out, and everything from ` Credential=` on.
pub(crate) fn stable(text: &str) -> String {
    let text = text.split(" Credential=").next().unwrap_or_default();
    let lower = text.to_ascii_lowercase();
    let mut out = String::new();
    let mut from = 0;
    while let Some((at, mark)) = ["request id:", "requestid:"]
        .iter()
        .filter_map(|mark| Some((from + lower.get(from..)?.find(mark)?, mark)))
        .min()
    {
        out.push_str(text.get(from..at).unwrap_or_default().trim_end_matches([' ', ',']));
        let rest = text.get(at + mark.len()..).unwrap_or_default();
        let blanks = rest.len() - rest.trim_start().len();
        let word = rest.trim_start().find([' ', ',', ')', ']', '\n']).unwrap_or(rest.trim_start().len());
        from = at + mark.len() + blanks + word;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// The one mapping from AWS's errors to faults.
pub(crate) fn fault(failure: &Failure, asked: &Asked<'_>) -> Fault {
    let Asked { service, operation, subject, region, .. } = asked;
    let what = format!("{operation} of {subject}");
    match failure {
        Failure::Ours(fault) => fault.clone(),
        Failure::Unbuilt => {
            let text =
                format!("the request {what} to {service} in {region} could not be made. Check region and endpoint.");
            Fault::new(FaultKind::Misconfigured, text).at("spec.provider.aws.region")
        }
        Failure::Timeout => {
            let seconds = REQUEST_TIMEOUT.as_secs();
            let text = format!("{service} in {region} did not answer {what} within {seconds} s.");
            Fault::new(FaultKind::Unavailable, text)
        }
        Failure::Unreached => {
            let text = format!("{service} in {region} could not be reached, or broke the connection, for {what}.");
            Fault::new(FaultKind::Unavailable, text)
        }
        Failure::Garbage { status } => {
            let text = format!(
                "{service} in {region} answered {what} with something that is not its protocol (HTTP {status})."
            );
            Fault::new(FaultKind::Unavailable, text)
        }
        Failure::Answer { status, code, deleted, retry_after } => {
            let kind = kind(*status, code, *deleted);
            let mut fault = Fault::new(kind, sentence(kind, code, *status, asked));
            fault.retry_after = *retry_after;
            fault
        }
    }
}

/// What an error code means. Sources: the API references of Secrets Manager and STS, and AWS's list of common errors.
fn kind(status: u16, code: &str, deleted: bool) -> FaultKind {
    match code {
        "ResourceNotFoundException" => FaultKind::NotFound,
        "InvalidRequestException" | "InvalidParameterException" if deleted => FaultKind::NotFound,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedAccess" | "NotAuthorized" | "DecryptionFailure" => {
            FaultKind::Denied
        }
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidToken"
        | "InvalidIdentityToken"
        | "InvalidIdentityTokenException"
        | "IDPRejectedClaim"
        | "RequestExpired"
        | "AuthFailure"
        | "OptInRequired"
        | "NotSignedUp" => FaultKind::Unauthenticated,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "LimitExceededException"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete"
        | "EC2ThrottledException"
        | "ProvisionedThroughputExceededException" => FaultKind::Throttled,
        "IDPCommunicationError"
        | "InternalFailure"
        | "InternalServiceError"
        | "InternalError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "RequestTimeout"
        | "RequestTimeoutException" => FaultKind::Unavailable,
        "RegionDisabledException"
        | "MalformedPolicyDocument"
        | "PackedPolicyTooLarge"
        | "ValidationError"
        | "ValidationException" => FaultKind::Misconfigured,
        _ if status == 429 => FaultKind::Throttled,
        _ if status >= 500 => FaultKind::Unavailable,
        _ if status == 401 => FaultKind::Unauthenticated,
        _ if status == 403 => FaultKind::Denied,
        _ => FaultKind::Invalid,
    }
}

fn sentence(kind: FaultKind, code: &str, status: u16, asked: &Asked<'_>) -> String {
    let Asked { service, operation, subject, region, proof, remedy } = asked;
    match kind {
        // "Secret does not exist" is ESO's text, and what events begin with.
        FaultKind::NotFound if code == "ResourceNotFoundException" => {
            format!("Secret does not exist: {service} in {region} has no {subject}.")
        }
        FaultKind::NotFound => format!("Secret does not exist: {subject} in {region} is marked for deletion."),
        FaultKind::Denied if code == "DecryptionFailure" => {
            format!(
                "{service} in {region} cannot decrypt {subject} ({code}). Check the KMS key of the secret and its policy."
            )
        }
        FaultKind::Denied => format!("{service} in {region} denied {operation} of {subject} ({code}). {remedy}"),
        FaultKind::Unauthenticated if code.starts_with("ExpiredToken") => {
            format!(
                "{service} in {region} did not accept {proof} for {operation} of {subject}: it has expired ({code})."
            )
        }
        FaultKind::Unauthenticated => {
            format!("{service} in {region} did not accept {proof} for {operation} of {subject} ({code}). {remedy}")
        }
        FaultKind::Throttled => {
            format!("{service} in {region} asks to slow down ({code}) at {operation} of {subject}.")
        }
        FaultKind::Unavailable => {
            format!("{service} in {region} failed at {operation} of {subject} ({code}, HTTP {status}).")
        }
        _ => format!("{service} in {region} refused {operation} of {subject} as wrong ({code}, HTTP {status})."),
    }
}
