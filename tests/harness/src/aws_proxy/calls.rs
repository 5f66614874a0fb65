//! Calls: what they are, and the record of them.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::request::Parts;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::Value;

/// A call that reached the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When it arrived.
    pub at: Timestamp,
    /// `secretsmanager`, `sts`, `ssm`, ...
    pub service: String,
    /// `GetSecretValue`, `AssumeRoleWithWebIdentity`, ...
    pub action: String,
    /// The secrets it asks for, by the name or ARN it used.
    pub secret_ids: Vec<String>,
    /// The access key it was signed with.
    pub access_key_id: Option<String>,
    /// For a login, the session that it asks for; otherwise the session that the access key was given out for.
    pub session_name: Option<String>,
    /// For a login, the ARN of the role.
    pub role: Option<String>,
    /// The HTTP status of the answer; `None` while there is none.
    pub status: Option<u16>,
    /// Which of the accepted TCP connections it came over, counted from 1.
    pub connection: u64,
}

/// A request, understood.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) service: String,
    pub(super) action: String,
    pub(super) access_key_id: Option<String>,
    pub(super) session_token: Option<String>,
    /// Of a query-protocol request (STS).
    pub(super) form: BTreeMap<String, String>,
    secret_ids: Vec<String>,
}

impl Incoming {
    /// Reads the action from `X-Amz-Target` (the JSON protocols) or the form field `Action` (the query protocol).
    pub(super) fn parse(head: &Parts, body: &Bytes) -> Self {
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let scope = header("authorization").and_then(|value| value.split_once("Credential=")).map(|(_, rest)| rest);
        let scope: Vec<&str> =
            scope.and_then(|rest| rest.split([',', ' ']).next()).unwrap_or_default().split('/').collect();
        let mut incoming = Self {
            service: String::new(),
            action: String::new(),
            access_key_id: scope.first().filter(|id| !id.is_empty()).map(|&id| id.to_owned()),
            session_token: header("x-amz-security-token").map(str::to_owned),
            form: BTreeMap::new(),
            secret_ids: Vec::new(),
        };
        if let Some((prefix, action)) = header("x-amz-target").and_then(|target| target.rsplit_once('.')) {
            incoming.service = if prefix == "AmazonSSM" { "ssm".to_owned() } else { prefix.to_lowercase() };
            action.clone_into(&mut incoming.action);
            incoming.secret_ids = secret_ids(body);
        } else {
            incoming.form = url::form_urlencoded::parse(body).into_owned().collect();
            incoming.service = scope.get(3).map_or_else(|| "sts".to_owned(), |&service| service.to_owned());
            incoming.action = incoming.form.get("Action").cloned().unwrap_or_default();
        }
        incoming
    }

    /// Whether errors are XML documents of STS, not JSON.
    pub(super) fn speaks_xml(&self) -> bool {
        !self.form.is_empty()
    }

    pub(super) fn field(&self, name: &str) -> &str {
        self.form.get(name).map(String::as_str).unwrap_or_default()
    }
}

fn secret_ids(body: &Bytes) -> Vec<String> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let one = body.get("SecretId").and_then(Value::as_str).map(str::to_owned);
    let many = body.get("SecretIdList").and_then(Value::as_array).into_iter().flatten();
    one.into_iter().chain(many.filter_map(|id| id.as_str().map(str::to_owned))).collect()
}

/// All calls since the start or the last reset.
#[derive(Debug, Default)]
pub(super) struct Record {
    calls: Mutex<Vec<Call>>,
}

impl Record {
    /// Adds a call that has no answer yet. The number given back belongs to [`Self::answered`].
    pub(super) fn arrived(
        &self,
        incoming: &Incoming,
        session_name: Option<String>,
        connection: u64,
    ) -> (usize, Timestamp) {
        let at = Timestamp::now();
        let login = incoming.form.get("RoleSessionName").cloned();
        let call = Call {
            at,
            service: incoming.service.clone(),
            action: incoming.action.clone(),
            secret_ids: incoming.secret_ids.clone(),
            access_key_id: incoming.access_key_id.clone(),
            session_name: login.or(session_name),
            role: incoming.form.get("RoleArn").cloned(),
            status: None,
            connection,
        };
        let mut calls = self.calls.lock();
        calls.push(call);
        (calls.len() - 1, at)
    }

    pub(super) fn answered(&self, (index, at): (usize, Timestamp), status: u16) {
        // Between the two the record may have been reset.
        if let Some(call) = self.calls.lock().get_mut(index).filter(|call| call.at == at) {
            call.status = Some(status);
        }
    }

    pub(super) fn all(&self) -> Vec<Call> {
        self.calls.lock().clone()
    }

    pub(super) fn count(&self, matches: impl Fn(&Call) -> bool) -> usize {
        self.calls.lock().iter().filter(|call| matches(call)).count()
    }

    pub(super) fn reset(&self) {
        self.calls.lock().clear();
    }
}
