//! What a template for a Secret may not ask for.

use eso_core::crd::{Template, TemplateFrom};
use eso_core::{Fault, FaultKind};

/// Tokens that let nodes join the cluster.
const BOOTSTRAP_TOKEN: &str = "bootstrap.kubernetes.io/token";
/// Tokens that the cluster makes for a ServiceAccount, named by an annotation.
const SERVICE_ACCOUNT_TOKEN: &str = "kubernetes.io/service-account-token";
/// That annotation.
const SERVICE_ACCOUNT_NAME: &str = "kubernetes.io/service-account.name";

/// Refuses templates that would give a tenant more than the tenant's own rights: a token of any ServiceAccount or for joining the
/// cluster. Also targets that a Secret does not have.
///
/// Faults: Invalid; the texts are ESO's, as its events show them.
pub fn check(template: &Template) -> Result<(), Fault> {
    let type_ = template.type_.as_deref().unwrap_or_default();
    if type_ == BOOTSTRAP_TOKEN {
        return refused(format!("template.type=\"{type_}\" is not allowed"));
    }
    if type_ == SERVICE_ACCOUNT_TOKEN {
        let mut annotations = template.metadata.iter().flat_map(|it| it.annotations.iter().flatten());
        if annotations.any(|(key, _)| key == SERVICE_ACCOUNT_NAME) {
            return refused(format!(
                "template.type=\"{type_}\" with annotation \"{SERVICE_ACCOUNT_NAME}\" is not allowed"
            ));
        }
        if template.template_from.iter().flatten().any(|from| target(from) == Some(Target::Annotations)) {
            return refused(format!(
                "template.type=\"{type_}\" with templateFrom target=\"Annotations\" is not allowed"
            ));
        }
    }
    match template.template_from.iter().flatten().find(|from| target(from).is_none()) {
        None => Ok(()),
        Some(from) => refused(format!(
            "templateFrom target=\"{}\" is not allowed when targeting a Secret, must be one of \"Data\", \"Annotations\" or \
             \"Labels\"",
            from.target.as_deref().unwrap_or_default()
        )),
    }
}

fn refused(message: String) -> Result<(), Fault> {
    Err(Fault::new(FaultKind::Invalid, message))
}

/// Where rendered keys and values go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Data,
    Labels,
    Annotations,
}

/// Names of targets are read in any case; nothing means Data. `None` for what a Secret does not have.
pub(super) fn target(from: &TemplateFrom) -> Option<Target> {
    match from.target.as_deref().unwrap_or_default().to_ascii_lowercase().as_str() {
        "" | "data" => Some(Target::Data),
        "labels" => Some(Target::Labels),
        "annotations" => Some(Target::Annotations),
        _ => None,
    }
}
