//! `ValidatingWebhookConfiguration`s: which of their entries are ours, and what these shall say.

use eso_core::Fault;
use eso_core::names::{COMPONENT_LABEL, GROUP, OPERATOR_FIELD_MANAGER};
use eso_runtime::certificates::Certificate;
use eso_runtime::client::api_fault;
use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::{ValidatingWebhook, ValidatingWebhookConfiguration};
use kube::api::{ListParams, PostParams};
use kube::{Api, Client};

/// Value of the component label on configurations that are ours.
const COMPONENT: &str = "webhook";

/// Where the webhook is, and whom to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    pub service: &'a str,
    pub namespace: &'a str,
    /// PEM.
    pub bundle: &'a str,
}

/// The label selector of configurations that are ours.
pub(crate) fn selector() -> String {
    format!("{COMPONENT_LABEL}={COMPONENT}")
}

/// Those that are ours.
///
/// Faults: those of the API server.
pub(crate) async fn list(client: &Client) -> Result<Vec<ValidatingWebhookConfiguration>, Fault> {
    let api: Api<ValidatingWebhookConfiguration> = Api::all(client.clone());
    let listed = api.list(&ListParams::default().labels(&selector())).await;
    Ok(listed.map_err(|error| api_fault(&error, "list the ValidatingWebhookConfigurations"))?.items)
}

/// Writes one, provided that nobody wrote it since it was read.
///
/// Faults: those of the API server; Conflict when somebody did.
pub(crate) async fn write(client: &Client, configuration: &ValidatingWebhookConfiguration) -> Result<(), Fault> {
    let api: Api<ValidatingWebhookConfiguration> = Api::all(client.clone());
    let name = configuration.metadata.name.as_deref().unwrap_or_default();
    let params = PostParams { field_manager: Some(OPERATOR_FIELD_MANAGER.to_owned()), ..PostParams::default() };
    let written = api.replace(name, &params, configuration).await;
    written.map(drop).map_err(|error| api_fault(&error, &format!("write the ValidatingWebhookConfiguration {name}")))
}

/// The configuration as it shall be; `None` when it is so already.
pub(crate) fn pointed(
    configuration: &ValidatingWebhookConfiguration,
    target: &Target<'_>,
) -> Option<ValidatingWebhookConfiguration> {
    let mut wanted = configuration.clone();
    for hook in wanted.webhooks.iter_mut().flatten().filter(|hook| is_ours(hook)) {
        if let Some(service) = &mut hook.client_config.service {
            target.service.clone_into(&mut service.name);
            target.namespace.clone_into(&mut service.namespace);
            hook.client_config.ca_bundle = Some(ByteString(target.bundle.as_bytes().to_vec()));
        }
    }
    (wanted != *configuration).then_some(wanted)
}

/// Whether every entry of ours trusts this authority.
pub(crate) fn all_trust(configurations: &[ValidatingWebhookConfiguration], authority: &Certificate) -> bool {
    let mut ours = configurations.iter().flat_map(|one| one.webhooks.iter().flatten()).filter(|hook| is_ours(hook));
    ours.all(|hook| {
        let bundle = hook.client_config.ca_bundle.as_ref().map(|bundle| bundle.0.as_slice()).unwrap_or_default();
        Certificate::read_all(bundle).is_ok_and(|trusted| trusted.contains(authority))
    })
}

/// By the end of its name, as ESO tells them. One that names a URL is somebody else's server ([B26]).
fn is_ours(hook: &ValidatingWebhook) -> bool {
    hook.name.ends_with(GROUP) && hook.client_config.service.is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn hook(name: &str, client: Value) -> Value {
        json!({"name": name, "clientConfig": client, "sideEffects": "None", "admissionReviewVersions": ["v1"]})
    }

    fn configuration(hooks: &[Value]) -> ValidatingWebhookConfiguration {
        serde_json::from_value(json!({"metadata": {"name": "hooks"}, "webhooks": hooks})).unwrap()
    }

    #[test]
    fn parity_221_entries_of_ours_get_service_and_bundle_and_others_stay() {
        let ours = hook(
            "validate.externalsecret.external-secrets.io",
            json!({"service": {"name": "x", "namespace": "y", "path": "/p", "port": 10250}}),
        );
        let foreign = hook("validate.example.org", json!({"service": {"name": "x", "namespace": "y"}}));
        let by_url = hook("validate.url.external-secrets.io", json!({"url": "https://elsewhere"}));
        let before = configuration(&[ours, foreign, by_url]);
        let target = Target { service: "hook", namespace: "ns", bundle: "pem" };
        let after = pointed(&before, &target).unwrap();
        let (before, hooks) = (before.webhooks.unwrap(), after.webhooks.clone().unwrap());
        let service = hooks[0].client_config.service.as_ref().unwrap();
        assert_eq!((service.name.as_str(), service.namespace.as_str()), ("hook", "ns"));
        assert_eq!((service.path.as_deref(), service.port), (Some("/p"), Some(10250)), "path and port stay");
        assert_eq!(hooks[0].client_config.ca_bundle.as_ref().unwrap().0, b"pem");
        assert_eq!(hooks[1..], before[1..]);
        assert_eq!(pointed(&after, &target), None, "a second time there is nothing to write");
    }
}
