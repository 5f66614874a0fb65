//! AWS STS, as far as logins go: every token and every role is good.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;

use super::{ACCOUNT, Answer, REQUEST_ID};

const CONTENT_TYPE: &str = "text/xml";
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
/// Seconds that credentials live when `DurationSeconds` does not say.
const HOUR: u64 = 3600;

/// The action's name for counting, and the answer.
pub(super) fn answer(body: &[u8]) -> (&'static str, Answer) {
    let form: BTreeMap<_, _> = url::form_urlencoded::parse(body).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    match field("Action") {
        "GetCallerIdentity" => ("GetCallerIdentity", caller_identity()),
        "AssumeRole" => ("AssumeRole", login("AssumeRole", field, &[field("RoleArn"), field("RoleSessionName")])),
        "AssumeRoleWithWebIdentity" => {
            let needed = [field("RoleArn"), field("RoleSessionName"), field("WebIdentityToken")];
            ("AssumeRoleWithWebIdentity", login("AssumeRoleWithWebIdentity", field, &needed))
        }
        _ => ("unknown", refusal("InvalidAction", "this stand-in does not play that action")),
    }
}

fn caller_identity() -> Answer {
    success(
        "GetCallerIdentity",
        &format!("<Arn>arn:aws:iam::{ACCOUNT}:root</Arn><UserId>{ACCOUNT}</UserId><Account>{ACCOUNT}</Account>"),
    )
}

fn login<'a>(action: &str, field: impl Fn(&str) -> &'a str, needed: &[&str]) -> Answer {
    if needed.iter().any(|value| value.is_empty()) {
        return refusal("ValidationError", "a field that this action needs is missing");
    }
    let life = Duration::from_secs(field("DurationSeconds").parse().unwrap_or(HOUR));
    let expiration = Timestamp::now().saturating_add(life).map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let (role, session) = (field("RoleArn"), escaped(field("RoleSessionName")));
    let role_name = role.rsplit('/').next().unwrap_or(role);
    let result = format!(
        "<Credentials><AccessKeyId>ASIABENCHMARK0000001</AccessKeyId><SecretAccessKey>made-up-for-the-benchmark</SecretAccessKey>\
         <SessionToken>session</SessionToken><Expiration>{}</Expiration></Credentials>\
         <AssumedRoleUser><AssumedRoleId>AROABENCHMARK0000001:{session}</AssumedRoleId>\
         <Arn>arn:aws:sts::{ACCOUNT}:assumed-role/{}/{session}</Arn></AssumedRoleUser>",
        expiration.unwrap_or_default(),
        escaped(role_name),
    );
    success(action, &result)
}

fn success(action: &str, result: &str) -> Answer {
    let text = format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{action}Response>"
    );
    Answer(StatusCode::OK, CONTENT_TYPE, text)
}

fn refusal(code: &str, message: &str) -> Answer {
    let text = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
    );
    Answer(StatusCode::BAD_REQUEST, CONTENT_TYPE, text)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
