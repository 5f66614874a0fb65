//! AWS Secrets Manager, as far as reading goes: every name is a secret.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ACCOUNT, Answer};

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
const VERSION: &str = "11111111-2222-4333-8444-555555555555";
/// 2025-01-01, in seconds.
const CREATED: f64 = 1_735_689_600.0;

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Input {
    secret_id: String,
    secret_id_list: Vec<String>,
}

/// What the secret of this name holds: a JSON object with `value` and `test`, always the same for a name.
pub fn secret_value(name: &str) -> String {
    json!({ "value": format!("the value of {name}"), "test": "hello-from-aws" }).to_string()
}

/// The action's name for counting, and the answer.
pub(super) fn answer(action: &str, body: &[u8]) -> (&'static str, Answer) {
    let Ok(input) = serde_json::from_slice::<Input>(body) else {
        return ("unknown", refusal("SerializationException", "the body is not the JSON of this action"));
    };
    match action {
        "GetSecretValue" => ("GetSecretValue", named(&input.secret_id, value)),
        "DescribeSecret" => ("DescribeSecret", named(&input.secret_id, description)),
        "BatchGetSecretValue" => ("BatchGetSecretValue", batch(&input.secret_id_list)),
        _ => ("unknown", refusal("UnknownOperationException", "this stand-in does not play that action")),
    }
}

fn named(id: &str, output: impl Fn(&str) -> Value) -> Answer {
    if id.is_empty() {
        return refusal("InvalidParameterException", "SecretId is missing");
    }
    Answer(StatusCode::OK, CONTENT_TYPE, output(id).to_string())
}

fn batch(ids: &[String]) -> Answer {
    let values: Vec<Value> = ids.iter().map(|id| value(id)).collect();
    Answer(StatusCode::OK, CONTENT_TYPE, json!({ "SecretValues": values, "Errors": [] }).to_string())
}

fn value(id: &str) -> Value {
    let name = name(id);
    json!({
        "ARN": arn(name),
        "Name": name,
        "VersionId": VERSION,
        "SecretString": secret_value(name),
        "VersionStages": ["AWSCURRENT"],
        "CreatedDate": CREATED,
    })
}

fn description(id: &str) -> Value {
    let name = name(id);
    json!({
        "ARN": arn(name),
        "Name": name,
        "CreatedDate": CREATED,
        "LastChangedDate": CREATED,
        "Tags": [],
        "VersionIdsToStages": { VERSION: ["AWSCURRENT"] },
    })
}

fn arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:{name}-AbCdEf")
}

/// A secret is named by its name or its ARN.
fn name(id: &str) -> &str {
    let name = id.starts_with("arn:").then(|| id.rsplit(':').next()).flatten().unwrap_or(id);
    name.strip_suffix("-AbCdEf").unwrap_or(name)
}

fn refusal(code: &str, message: &str) -> Answer {
    Answer(StatusCode::BAD_REQUEST, CONTENT_TYPE, json!({ "__type": code, "message": message }).to_string())
}
