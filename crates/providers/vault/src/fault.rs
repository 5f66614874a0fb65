//! From what Vault answers to a fault.

use std::error::Error;
use std::time::Duration;

use eso_core::{Fault, FaultKind};
use eso_provider_kit::guard::Again;
use serde::Deserialize;

use crate::network::REQUEST_TIMEOUT;

/// What was asked, in the words that a fault needs.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// What for.
    pub(crate) purpose: Purpose,
    /// What it was about: the path below `/v1/`.
    pub(crate) path: String,
}

/// Why a request is made: the same status means different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To log in; with the path of the block's field.
    Login(&'static str),
    /// To see whether the token is good.
    Lookup,
    /// To read a secret or its metadata.
    Read,
    /// To give a token back.
    Revoke,
}

/// What became of a request that failed, without the HTTP client's types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The request could not be made up.
    Unbuilt,
    /// No answer in time.
    Timeout,
    /// The server was not reached, or the connection broke.
    Unreached,
    /// There was no agreement on TLS.
    Tls,
    /// An answer that is not Vault's language.
    Garbage { status: u16 },
    /// An error from Vault.
    Answer { status: u16, errors: Vec<String>, retry_after: Option<Duration> },
}

/// Vault's form of an error.
#[derive(Deserialize)]
struct Errors {
    errors: Vec<String>,
}

/// Reads an answer whose status is no success.
pub(crate) fn answered(status: u16, body: &[u8], retry_after: Option<Duration>) -> Failure {
    match serde_json::from_slice::<Errors>(body) {
        Ok(Errors { errors }) => Failure::Answer { status, errors, retry_after },
        // Load balancers and proxies have words of their own, but their status counts.
        Err(_) if matches!(status, 429 | 502..=504) => Failure::Answer { status, errors: Vec::new(), retry_after },
        Err(_) => Failure::Garbage { status },
    }
}

/// Reads the client's error.
pub(crate) fn unanswered(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        Failure::Timeout
    } else if error.is_builder() {
        Failure::Unbuilt
    } else if has_tls_error(error) {
        Failure::Tls
    } else {
        Failure::Unreached
    }
}

/// Looks through the error and what caused it. What an I/O error wraps is no source of it.
fn has_tls_error(error: &(dyn Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(wrapped) => has_tls_error(wrapped),
        None => error.source().is_some_and(has_tls_error),
    }
}

/// Foreign words, for debug logs only.
pub(crate) fn detail(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(current) = source {
        text = format!("{text}: {current}");
        source = current.source();
    }
    text
}

/// Whether another try may fare better. A timeout has cost enough. Source: which answers HashiCorp's own client tries again.
pub(crate) fn again(failure: &Failure) -> Again {
    match failure {
        Failure::Unreached
        | Failure::Garbage { status: 500 | 502.. }
        | Failure::Answer { status: 412 | 429 | 500 | 502.., .. } => Again::Helps,
        _ => Again::Useless,
    }
}

/// The one mapping from Vault's errors to faults. `server` is its name, as `vault.example.com:8200`.
pub(crate) fn fault(failure: &Failure, asked: &Asked, server: &str) -> Fault {
    let what = asked.what();
    let (kind, text) = match failure {
        Failure::Unbuilt => {
            let text = format!("no request to {what} could be made to Vault at {server}. Check server and headers.");
            (FaultKind::Misconfigured, text)
        }
        Failure::Timeout => {
            let seconds = REQUEST_TIMEOUT.as_secs();
            let text = format!("Vault at {server} did not answer within {seconds} s when asked to {what}.");
            (FaultKind::Unavailable, text)
        }
        Failure::Unreached => {
            let text = format!("Vault at {server} could not be reached, or broke the connection, to {what}.");
            (FaultKind::Unavailable, text)
        }
        Failure::Tls => {
            let text = format!(
                "there is no TLS connection to Vault at {server} to {what}: one side does not accept the other's certificate. \
                 Check caBundle or caProvider, the name in the server's certificate, and the client certificate."
            );
            (FaultKind::Unavailable, text)
        }
        Failure::Garbage { status } => {
            let text = format!(
                "what answers at {server} does not speak Vault's protocol (HTTP {status}, when asked to {what}). Check server."
            );
            (FaultKind::Unavailable, text)
        }
        Failure::Answer { status, errors, .. } => {
            let kind = kind(*status, errors, asked.purpose);
            (kind, sentence(kind, *status, errors, asked, server))
        }
    };
    let mut fault = Fault::new(kind, format!("{}{text}", asked.prefix(kind)));
    if let Failure::Answer { errors, retry_after, .. } = failure {
        fault.retry_after = *retry_after;
        fault.detail = (!errors.is_empty()).then(|| errors.join("; "));
    }
    fault
}

impl Asked {
    /// ESO's words, with which alerts may begin.
    fn prefix(&self, kind: FaultKind) -> &'static str {
        match (self.purpose, kind) {
            (_, FaultKind::NotFound) => "",
            (Purpose::Read, _) => "cannot read secret data from Vault: ",
            (Purpose::Lookup, FaultKind::Denied | FaultKind::Unauthenticated) => "invalid vault credentials: ",
            _ => "",
        }
    }

    fn what(&self) -> String {
        match self.purpose {
            Purpose::Login(_) => format!("log in at {:?}", self.path),
            Purpose::Lookup => "look up its token".to_owned(),
            Purpose::Read => format!("read {:?}", self.path),
            Purpose::Revoke => "revoke a token".to_owned(),
        }
    }
}

/// What Vault means. Sources: Vault's documentation of status codes; what OpenBao 2.7 was seen to answer.
fn kind(status: u16, errors: &[String], purpose: Purpose) -> FaultKind {
    match (status, purpose) {
        (400 | 403, Purpose::Login(_)) | (401, _) => FaultKind::Unauthenticated,
        (403, _) if is_dead(errors) => FaultKind::Unauthenticated,
        (403, _) => FaultKind::Denied,
        (404, _) if no_engine(errors) => FaultKind::Misconfigured,
        (404, Purpose::Read) => FaultKind::NotFound,
        (404 | 405, _) => FaultKind::Misconfigured,
        (429, _) => FaultKind::Throttled,
        (412 | 500.., _) => FaultKind::Unavailable,
        _ => FaultKind::Invalid,
    }
}

/// A token that is expired or revoked, or never was. A good one that lacks a permission is refused in another form: as the list
/// of errors of its policies.
fn is_dead(errors: &[String]) -> bool {
    errors.iter().any(|error| error == "permission denied" || error.contains("invalid token") || error == "bad token")
}

/// Nothing is mounted there.
fn no_engine(errors: &[String]) -> bool {
    errors.iter().any(|error| error.contains("no handler for route"))
}

fn sentence(kind: FaultKind, status: u16, errors: &[String], asked: &Asked, server: &str) -> String {
    let what = asked.what();
    match (kind, asked.purpose) {
        (FaultKind::NotFound, _) => {
            format!("Secret does not exist: Vault at {server} has nothing at {:?}.", asked.path)
        }
        (FaultKind::Unauthenticated, Purpose::Login(field)) => format!(
            "Vault at {server} refused to {what} (HTTP {status}). Check {field}: role, credentials, and where the auth method is \
             mounted."
        ),
        (FaultKind::Unauthenticated, _) => {
            format!(
                "Vault at {server} does not accept the token to {what} (HTTP {status}): it is wrong, expired or revoked."
            )
        }
        (FaultKind::Denied, _) => format!(
            "Vault at {server} denied to {what} (HTTP {status}). Give the store's identity a policy with the capability read \
             on it."
        ),
        (FaultKind::Misconfigured, _) if no_engine(errors) => {
            format!(
                "Vault at {server} has nothing mounted that could {what} (HTTP {status}). Check path and namespace."
            )
        }
        (FaultKind::Throttled, _) => {
            format!("Vault at {server} asks to slow down (HTTP {status}) when asked to {what}.")
        }
        (FaultKind::Unavailable, _) if errors.iter().any(|error| error.contains("sealed")) => {
            format!("Vault at {server} is sealed (HTTP {status}) and cannot {what}. Unseal it.")
        }
        (FaultKind::Unavailable, _) => format!("Vault at {server} failed to {what} (HTTP {status})."),
        _ => format!("Vault at {server} refused to {what} as wrong (HTTP {status})."),
    }
}

#[cfg(test)]
#[path = "fault_tests.rs"]
mod tests;
