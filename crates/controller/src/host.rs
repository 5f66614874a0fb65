//! What a provider may do in the cluster: the one place with the rule who may read what across namespaces.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use eso_core::crd::{RetrySettings, SecretKeySelector, ServiceAccountSelector};
use eso_core::provider::{ApiCall, Host, ServiceAccountFacts, StoreKind, StoreScope};
use eso_core::{Fault, FaultKind, SecretBytes};
use eso_runtime::client::api_fault;
use eso_runtime::metrics::Metrics;
use jiff::Timestamp;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{ConfigMap, Secret, ServiceAccount};
use kube::Api;
use kube::api::PostParams;

/// The cluster, seen by one store from one namespace.
pub(crate) struct ClusterHost {
    /// The API server.
    pub client: kube::Client,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// The store.
    pub scope: StoreScope,
    /// The namespace that uses it; empty while a `ClusterSecretStore` is validated.
    pub namespace: String,
    /// `spec.retrySettings` of the store.
    pub retry_settings: Option<RetrySettings>,
}

impl ClusterHost {
    /// A `ClusterSecretStore` reads the namespace that a reference names, else the one that uses it. A `SecretStore` never
    /// leaves its own.
    fn namespace_for<'a>(&'a self, named: Option<&'a str>) -> &'a str {
        match (self.scope.kind, named) {
            (StoreKind::ClusterSecretStore, Some(named)) if !named.is_empty() => named,
            _ => &self.namespace,
        }
    }
}

#[async_trait]
impl Host for ClusterHost {
    fn scope(&self) -> &StoreScope {
        &self.scope
    }

    fn namespace(&self) -> &str {
        &self.namespace
    }

    fn retry_settings(&self) -> Option<&RetrySettings> {
        self.retry_settings.as_ref()
    }

    async fn secret_value(&self, selector: &SecretKeySelector) -> Result<SecretBytes, Fault> {
        let namespace = self.namespace_for(selector.namespace.as_deref());
        let name = selector.name.as_deref().unwrap_or_default();
        let key = selector.key.as_deref().unwrap_or_default();
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), namespace);
        let doing = format!("read Kubernetes secret \"{name}\" in namespace \"{namespace}\"");
        let secret = secrets.get_opt(name).await.map_err(|error| api_fault(&error, &doing))?.ok_or_else(|| {
            let text = format!(
                "cannot get Kubernetes secret \"{name}\" from namespace \"{namespace}\": secrets \"{name}\" not found"
            );
            Fault::new(FaultKind::Misconfigured, text)
        })?;
        let value = secret.data.and_then(|mut data| data.remove(key)).ok_or_else(|| {
            let text =
                format!("cannot find key \"{key}\" in Kubernetes secret \"{name}\" of namespace \"{namespace}\"");
            Fault::new(FaultKind::Misconfigured, text)
        })?;
        Ok(SecretBytes::new(value.0))
    }

    async fn config_map_value(&self, selector: &SecretKeySelector) -> Result<String, Fault> {
        let namespace = self.namespace_for(selector.namespace.as_deref());
        let name = selector.name.as_deref().unwrap_or_default();
        let key = selector.key.as_deref().unwrap_or_default();
        let maps: Api<ConfigMap> = Api::namespaced(self.client.clone(), namespace);
        let doing = format!("read ConfigMap \"{name}\" in namespace \"{namespace}\"");
        let map = maps.get_opt(name).await.map_err(|error| api_fault(&error, &doing))?.ok_or_else(|| {
            let text = format!(
                "cannot get ConfigMap \"{name}\" from namespace \"{namespace}\": configmaps \"{name}\" not found"
            );
            Fault::new(FaultKind::Misconfigured, text)
        })?;
        map.data.and_then(|mut data| data.remove(key)).ok_or_else(|| {
            let text = format!("cannot find key \"{key}\" in ConfigMap \"{name}\" of namespace \"{namespace}\"");
            Fault::new(FaultKind::Misconfigured, text)
        })
    }

    async fn service_account(&self, selector: &ServiceAccountSelector) -> Result<ServiceAccountFacts, Fault> {
        let namespace = self.namespace_for(selector.namespace.as_deref());
        let name = &selector.name;
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), namespace);
        let doing = format!("read ServiceAccount \"{name}\" in namespace \"{namespace}\"");
        let account = accounts.get_opt(name).await.map_err(|error| api_fault(&error, &doing))?.ok_or_else(|| {
            let text = format!("ServiceAccount \"{name}\" does not exist in namespace \"{namespace}\". Create it.");
            Fault::new(FaultKind::Misconfigured, text)
        })?;
        let annotations = account.metadata.annotations.unwrap_or_default();
        let secrets = account.secrets.into_iter().flatten().filter_map(|secret| secret.name).collect();
        Ok(ServiceAccountFacts { namespace: namespace.to_owned(), annotations, secrets })
    }

    async fn service_account_token(
        &self,
        selector: &ServiceAccountSelector,
        audiences: &[String],
        life: Option<Duration>,
    ) -> Result<SecretBytes, Fault> {
        let namespace = self.namespace_for(selector.namespace.as_deref());
        let name = &selector.name;
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), namespace);
        let expiration_seconds = life.and_then(|life| i64::try_from(life.as_secs()).ok());
        let spec =
            TokenRequestSpec { audiences: audiences.to_vec(), expiration_seconds, ..TokenRequestSpec::default() };
        let request = TokenRequest { spec, ..TokenRequest::default() };
        let doing = format!("request a token of ServiceAccount \"{name}\" in namespace \"{namespace}\"");
        let answer = accounts.create_token_request(name, &PostParams::default(), &request).await;
        let token = answer.map_err(|error| api_fault(&error, &doing))?.status.map(|status| status.token);
        token.map(SecretBytes::from).ok_or_else(|| {
            Fault::new(FaultKind::Unavailable, format!("the API server gave no token when asked to {doing}"))
        })
    }

    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn count(&self, call: ApiCall) {
        self.metrics.api_call(call);
    }
}
