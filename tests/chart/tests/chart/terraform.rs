//! The Terraform module says what it should, and AWS (as moto plays it) takes its policies.

use std::collections::BTreeSet;
use std::path::PathBuf;

use eso_harness::aws_proxy::AUDIENCE;
use eso_harness::cluster::{NAMESPACE, SERVICE_ACCOUNT};
use eso_harness::{Moto, Part, ensure, workspace};
use hcl::eval::{Context, Evaluate as _, FuncArgs, FuncDef, ParamType};
use hcl::{Block, Body};
use serde_json::{Value, json};

const ISSUER: &str = "https://issuer.example/cluster";

fn folder() -> PathBuf {
    workspace::root().unwrap().join("deploy/terraform")
}

/// All files of the module as one.
fn module() -> Body {
    let mut structures = Vec::new();
    for name in ["versions.tf", "variables.tf", "main.tf", "outputs.tf"] {
        let text = std::fs::read_to_string(folder().join(name)).unwrap();
        structures.extend(hcl::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}")));
    }
    structures.into_iter().collect()
}

fn blocks<'a>(module: &'a Body, kind: &'a str) -> impl Iterator<Item = &'a Block> {
    module.blocks().filter(move |block| block.identifier() == kind)
}

fn label(block: &Block, at: usize) -> &str {
    block.labels()[at].as_str()
}

/// The variables' defaults, overlaid with `given`.
fn variables(module: &Body, given: &Value) -> Value {
    let mut found = json!({});
    for block in blocks(module, "variable") {
        let default = block.body().attributes().find(|attribute| attribute.key() == "default");
        if let Some(default) = default {
            found[label(block, 0)] = serde_json::to_value(default.expr().evaluate(&Context::new()).unwrap()).unwrap();
        }
    }
    for (name, value) in given.as_object().unwrap() {
        found[name] = value.clone();
    }
    found
}

fn value(value: &Value) -> hcl::Value {
    serde_json::from_value(value.clone()).unwrap()
}

#[allow(clippy::unnecessary_wraps)] // the type of functions that expressions call
fn trim_prefix(args: FuncArgs) -> Result<hcl::Value, String> {
    let [text, prefix] = [0, 1].map(|at| args[at].as_str().unwrap_or_default());
    Ok(text.strip_prefix(prefix).unwrap_or(text).into())
}

#[allow(clippy::unnecessary_wraps)] // the type of functions that expressions call
fn concat(args: FuncArgs) -> Result<hcl::Value, String> {
    Ok(args.iter().flat_map(|list| list.as_array().cloned().unwrap_or_default()).collect::<Vec<_>>().into())
}

fn length(args: FuncArgs) -> Result<hcl::Value, String> {
    args[0].as_array().map(|list| list.len().into()).ok_or_else(|| "no list".to_owned())
}

fn json_text(args: FuncArgs) -> Result<hcl::Value, String> {
    serde_json::to_string(&args[0]).map(Into::into).map_err(|error| error.to_string())
}

fn context(variables: &Value, locals: &Value) -> Context<'static> {
    let text = || [ParamType::String, ParamType::String];
    let mut context = Context::new();
    context.declare_var("var", value(variables));
    context.declare_var("local", value(locals));
    context.declare_var("aws_iam_openid_connect_provider", value(&json!({ "cluster": [{ "arn": "arn:made" }] })));
    context.declare_func("trimprefix", FuncDef::builder().params(text()).build(trim_prefix));
    context.declare_func("concat", FuncDef::builder().variadic_param(ParamType::Any).build(concat));
    context.declare_func("length", FuncDef::builder().param(ParamType::Any).build(length));
    context.declare_func("jsonencode", FuncDef::builder().param(ParamType::Any).build(json_text));
    context
}

/// The context in which everything of the module has a value: locals are evaluated until none is left.
fn evaluated(module: &Body, given: &Value) -> Context<'static> {
    let variables = variables(module, given);
    let mut waiting: Vec<_> = blocks(module, "locals").flat_map(|block| block.body().attributes()).collect();
    let mut locals = json!({});
    while !waiting.is_empty() {
        let before = waiting.len();
        let context = context(&variables, &locals);
        waiting.retain(|attribute| match attribute.expr().evaluate(&context) {
            Ok(value) => {
                locals[attribute.key()] = serde_json::to_value(value).unwrap();
                false
            }
            Err(_) => true,
        });
        let why = || waiting[0].expr().evaluate(&context).unwrap_err().to_string();
        assert!(waiting.len() < before, "{} has no value: {}", waiting[0].key(), why());
    }
    context(&variables, &locals)
}

/// An attribute of a resource.
fn attribute(module: &Body, given: &Value, resource: &str, name: &str) -> Value {
    let block = blocks(module, "resource").find(|block| label(block, 0) == resource).unwrap();
    let attribute = block.body().attributes().find(|attribute| attribute.key() == name).unwrap();
    serde_json::to_value(attribute.expr().evaluate(&evaluated(module, given)).unwrap()).unwrap()
}

/// An attribute of a resource that is JSON as text.
fn policy(module: &Body, given: &Value, resource: &str, name: &str) -> Value {
    serde_json::from_str(attribute(module, given, resource, name).as_str().unwrap()).unwrap()
}

fn given() -> Value {
    json!({ "issuer_url": ISSUER, "secret_arns": ["arn:aws:secretsmanager:us-west-2:123456789012:secret:team-a/*"] })
}

#[test]
fn the_role_trusts_one_service_account_with_a_token_for_aws() {
    let module = module();
    let trust = policy(&module, &given(), "aws_iam_role", "assume_role_policy");
    let subject = format!("system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}");
    let expected = json!([{
        "Sid": "ServiceAccount",
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": { "Federated": "arn:made" },
        "Condition": { "StringEquals": { "issuer.example/cluster:sub": subject, "issuer.example/cluster:aud": AUDIENCE } }
    }]);
    assert_eq!(trust["Statement"], expected);
    let mut other = given();
    other["oidc_provider_arn"] = json!("arn:there");
    other["service_account"] = json!("mine");
    let trust = policy(&module, &other, "aws_iam_role", "assume_role_policy");
    assert_eq!(trust["Statement"][0]["Principal"]["Federated"], "arn:there");
    assert!(trust.to_string().contains("system:serviceaccount:external-secrets:mine"));
}

#[test]
fn what_may_be_read_is_what_was_named() {
    let module = module();
    let sids = |given: &Value| -> Vec<String> {
        let policy = policy(&module, given, "aws_iam_role_policy", "policy");
        let statements = policy["Statement"].as_array().unwrap().clone();
        statements
            .iter()
            .map(|statement| format!("{} {}", statement["Sid"].as_str().unwrap(), statement["Resource"]))
            .collect()
    };
    let arns = given()["secret_arns"].to_string();
    assert_eq!(sids(&given()), [format!("Read {arns}")]);
    let mut all = given();
    all["find_secrets"] = json!(true);
    all["kms_key_arns"] = json!(["arn:key"]);
    assert_eq!(sids(&all), [format!("Read {arns}"), "Find \"*\"".to_owned(), "Decrypt [\"arn:key\"]".to_owned()]);
}

#[test]
fn every_variable_is_used_and_told_in_the_readme() {
    let module = module();
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let main = std::fs::read_to_string(folder().join("main.tf")).unwrap();
    let names: BTreeSet<&str> = blocks(&module, "variable").map(|block| label(block, 0)).collect();
    for name in &names {
        assert!(readme.contains(&format!("| `{name}` |")), "{name}");
        assert!(main.contains(&format!("var.{name}")), "{name}");
    }
    for output in blocks(&module, "output") {
        assert!(readme.contains(&format!("`{}`", label(output, 0))));
    }
    assert_eq!(readme.matches("\n| `").count(), names.len());
}

#[tokio::test]
async fn aws_takes_provider_role_and_policies() {
    let module = module();
    let installed = ensure(&[Part::Moto, Part::AwsCli]).await.unwrap();
    let moto = Moto::start(&installed).await.unwrap();
    let mut given = given();
    given["find_secrets"] = json!(true);
    given["kms_key_arns"] = json!(["arn:aws:kms:us-west-2:123456789012:key/a"]);
    let of = |resource: &str, name: &str| attribute(&module, &given, resource, name).as_str().unwrap().to_owned();
    let provider = "aws_iam_openid_connect_provider";
    let clients: Vec<String> = serde_json::from_value(attribute(&module, &given, provider, "client_id_list")).unwrap();
    let url = of(provider, "url");
    let mut command = vec!["iam", "create-open-id-connect-provider", "--url", &url, "--client-id-list"];
    command.extend(clients.iter().map(String::as_str));
    let made: Value = serde_json::from_str(&moto.aws_ok(&command).await.unwrap()).unwrap();
    given["oidc_provider_arn"] = made["OpenIDConnectProviderArn"].clone();

    let of = |resource: &str, name: &str| attribute(&module, &given, resource, name).as_str().unwrap().to_owned();
    let (role, trust) = (of("aws_iam_role", "name"), of("aws_iam_role", "assume_role_policy"));
    moto.aws_ok(&["iam", "create-role", "--role-name", &role, "--assume-role-policy-document", &trust]).await.unwrap();
    let (name, permissions) = (of("aws_iam_role_policy", "name"), of("aws_iam_role_policy", "policy"));
    let put =
        ["iam", "put-role-policy", "--role-name", &role, "--policy-name", &name, "--policy-document", &permissions];
    moto.aws_ok(&put).await.unwrap();

    let stored: Value =
        serde_json::from_str(&moto.aws_ok(&["iam", "get-role", "--role-name", &role]).await.unwrap()).unwrap();
    let document = &stored["Role"]["AssumeRolePolicyDocument"];
    assert_eq!(*document, serde_json::from_str::<Value>(&trust).unwrap());
    assert_eq!(document["Statement"][0]["Principal"]["Federated"], made["OpenIDConnectProviderArn"]);
    let get = ["iam", "get-role-policy", "--role-name", &role, "--policy-name", &name];
    let stored: Value = serde_json::from_str(&moto.aws_ok(&get).await.unwrap()).unwrap();
    assert_eq!(stored["PolicyDocument"], serde_json::from_str::<Value>(&permissions).unwrap());
    // what is not a policy is refused, so AWS does look
    let wrong = permissions.replace("Allow", "Perhaps");
    assert!(
        moto.aws_ok(&[
            "iam",
            "put-role-policy",
            "--role-name",
            &role,
            "--policy-name",
            "w",
            "--policy-document",
            &wrong
        ])
        .await
        .is_err()
    );
}
