//! The chart's roles: named templates with the rules, each under the condition that it is needed at all.

use anyhow::Result;
use serde_json::json;

use super::{CERT_CONTROLLER, CERT_CONTROLLER_OWN, CONTROLLER, CONTROLLER_OWN, METRICS_READERS, Names, READ, Right};
use crate::generate::yaml;

/// Where the templates go.
pub const FILE: &str = "charts/external-secrets/templates/_rules.tpl";
/// The Secret's name as the chart makes it.
const WEBHOOK_SECRET: &str = "WEBHOOK-SECRET";
const WEBHOOK_SECRET_TEMPLATE: &str = r#"{{ include "eso.fullname" . }}-webhook"#;
/// Verbs of whoever may change custom resources.
const CHANGE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];
/// Kinds that lead to a Secret, for Service Binding controllers.
const BINDABLE: [&str; 2] = ["externalsecrets", "pushsecrets"];

/// The file's text. `resources` are (API group, plural name) of the custom resources.
pub fn templates(mut resources: Vec<(String, String)>) -> Result<String> {
    resources.sort();
    let mut text = String::from(
        "{{/* Written by `cargo xtask gen` from the rights that are declared in xtask. Do not edit. */}}\n",
    );
    for (name, rights) in [
        ("controller", CONTROLLER),
        ("controllerOwn", CONTROLLER_OWN),
        ("certController", CERT_CONTROLLER),
        ("certControllerOwn", CERT_CONTROLLER_OWN),
        ("metricsReaders", METRICS_READERS),
    ] {
        text.push_str(&template(name, &rights.iter().map(declared).collect::<Result<Vec<_>>>()?));
    }
    text.push_str(&template("view", &on_custom_resources(&resources, READ)?));
    text.push_str(&template("edit", &on_custom_resources(&resources, CHANGE)?));
    resources.retain(|(_, plural)| BINDABLE.contains(&plural.as_str()));
    text.push_str(&template("serviceBinding", &on_custom_resources(&resources, READ)?));
    Ok(text)
}

fn template(name: &str, rules: &[String]) -> String {
    format!("\n{{{{- define \"eso.rules.{name}\" -}}}}\n{}{{{{- end }}}}\n", rules.concat())
}

/// A rule with its reason and its condition.
fn declared(right: &Right) -> Result<String> {
    let rule = yaml::document(&json!([right.rule(WEBHOOK_SECRET)]))?;
    let rule = match right.names {
        Names::WebhookSecret => rule.replace(WEBHOOK_SECRET, WEBHOOK_SECRET_TEMPLATE),
        Names::All | Names::Fixed(_) => rule,
    };
    let rule = format!("# {}\n{rule}", right.why);
    Ok(match right.when.condition() {
        Some(condition) => format!("{{{{- if {condition} }}}}\n{rule}{{{{- end }}}}\n"),
        None => rule,
    })
}

/// One rule for each API group.
fn on_custom_resources(resources: &[(String, String)], verbs: &[&str]) -> Result<Vec<String>> {
    let mut groups: Vec<&str> = resources.iter().map(|(group, _)| group.as_str()).collect();
    groups.dedup();
    let rule = |group: &str| {
        let plurals: Vec<_> = resources.iter().filter(|(of, _)| of == group).map(|(_, plural)| plural).collect();
        yaml::document(&json!([{ "apiGroups": [group], "resources": plurals, "verbs": verbs }]))
    };
    groups.into_iter().map(rule).collect()
}
