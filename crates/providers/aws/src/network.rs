//! What all requests of the process share: one HTTP client and one set of deadlines.

use std::sync::OnceLock;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{IdentityCache, StalledStreamProtectionConfig};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};

/// Time to reach AWS.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// Time for a whole request.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Time after which an unused connection is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// See the module. The HTTP client, and with it the system's certificates, comes to be with the first store.
#[derive(Default)]
pub(crate) struct Network {
    http: OnceLock<SharedHttpClient>,
}

impl Network {
    /// The common configuration of clients in `region`: no retries of the SDK's own, no credentials, no identity cache.
    ///
    /// Endpoints from the SDK's own variables (`AWS_ENDPOINT_URL...`, `AWS_USE_FIPS_ENDPOINT`) and the shared files count.
    pub(crate) async fn sdk_config(&self, region: &str) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(REQUEST_TIMEOUT)
            .operation_attempt_timeout(REQUEST_TIMEOUT)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.to_owned()))
            .http_client(self.http.get_or_init(http_client).clone())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .identity_cache(IdentityCache::no_cache())
            .no_credentials();
        if let Ok(name) = AppName::new("external-secrets") {
            loader = loader.app_name(name);
        }
        loader.load().await
    }
}

/// One connector for all clients, so that all share its connections. `HTTPS_PROXY` and its kin count.
fn http_client() -> SharedHttpClient {
    let settings =
        HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(REQUEST_TIMEOUT).build();
    let connector = Connector::builder()
        .connector_settings(settings)
        .proxy_config(ProxyConfig::from_env())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
        .build();
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}
