//! What a template may not ask for: Secrets that would give a tenant more than the tenant's own rights, and targets that a Secret
//! does not have.

use eso_core::Fault;
use eso_core::crd::{TargetManifest, Template};

use super::wrong;
use crate::externalsecret::template::Target;

/// Type of Secrets that let nodes join the cluster.
const BOOTSTRAP_TOKEN: &str = "bootstrap.kubernetes.io/token";
/// Type of Secrets that the cluster fills with a token of the `ServiceAccount` named by [`SERVICE_ACCOUNT_NAME`].
const SERVICE_ACCOUNT_TOKEN: &str = "kubernetes.io/service-account-token";
/// Annotation that names it.
const SERVICE_ACCOUNT_NAME: &str = "kubernetes.io/service-account.name";

/// The rules about one template. `manifest` is what is written in place of a Secret.
pub(in crate::externalsecret) fn check(template: &Template, manifest: Option<&TargetManifest>) -> Vec<Fault> {
    let mut faults: Vec<Fault> = type_(template).into_iter().collect();
    let secret = manifest.is_none_or(|manifest| manifest.api_version == "v1" && manifest.kind == "Secret");
    if secret {
        faults.extend(targets(template));
    }
    faults
}

/// The first of the rules about the Secret's type.
fn type_(template: &Template) -> Option<Fault> {
    let type_ = template.type_.as_deref().unwrap_or_default();
    let refused = |what: &str| {
        let text = format!("template.type=\"{type_}\"{what} is not allowed: it would hand out more rights than yours.");
        Some(wrong("spec.target.template.type", text))
    };
    if type_ == SERVICE_ACCOUNT_TOKEN {
        let annotations = template.metadata.as_ref().and_then(|metadata| metadata.annotations.as_ref());
        if annotations.is_some_and(|annotations| annotations.contains_key(SERVICE_ACCOUNT_NAME)) {
            return refused(&format!(" with annotation \"{SERVICE_ACCOUNT_NAME}\""));
        }
        if template.template_from.iter().flatten().any(|from| Target::of(from) == Some(Target::Annotations)) {
            return refused(" with templateFrom target=\"Annotations\"");
        }
    }
    if type_ == BOOTSTRAP_TOKEN { refused("") } else { None }
}

fn targets(template: &Template) -> impl Iterator<Item = Fault> {
    let entries = template.template_from.iter().flatten().enumerate();
    entries.filter(|(_, from)| Target::of(from).is_none()).map(|(index, from)| {
        let text = format!(
            "templateFrom target=\"{}\" is not allowed when targeting a Secret, must be one of \"Data\", \"Annotations\" or \
             \"Labels\"",
            from.target.as_deref().unwrap_or_default()
        );
        wrong(format!("spec.target.template.templateFrom[{index}].target"), text)
    })
}
