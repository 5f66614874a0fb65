//! Programs accept every flag that the chart gives them.

use eso_chart::Helm;
use eso_controller::args::Args;
use eso_runtime::flags::parse;
use serde_json::Value;

use crate::values::everything_set;

/// The arguments that a Deployment gives its program.
pub fn arguments(deployment: &Value) -> Vec<String> {
    let args = deployment.pointer("/spec/template/spec/containers/0/args").unwrap().as_array().unwrap();
    args.iter().map(|arg| arg.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_controller_accepts_every_flag_that_values_lead_to() {
    let helm = Helm::obtain().await.unwrap();
    let mut values = everything_set();
    let root = values.as_object_mut().unwrap();
    root.remove("extraArgs");
    // The controller cannot protect its metrics yet: with these flags it refuses to start, rather than show them openly.
    root.remove("metrics");
    let rendered = helm.render(&values, &[]).await.unwrap();
    let given = arguments(
        rendered.of_kind("Deployment").find(|object| object["metadata"]["name"] == "external-secrets-other").unwrap(),
    );
    assert!(given.len() > 15, "{given:?}");
    let command_line = std::iter::once("eso-controller".to_owned()).chain(given).map(Into::into);
    let args: Args = parse(command_line).unwrap_or_else(|(text, _)| panic!("{text}"));
    assert_eq!((args.concurrent, args.namespace.as_str(), args.controller_class.as_str()), (4, "a", "a"));
}
