//! The client of the API server.
//!
//! kube's own retry is off: it repeats a POST, up to 15 times within one call. In its place stand, from the outside in:
//!
//! 1. a token bucket (flags `--client-qps` and `--client-burst`),
//! 2. a deadline on every call, its body included. Of a watch only the wait for the answer's head is limited; kube's watcher ends a
//!    watch that stays silent for 5 s longer than the server-side timeout, see [`crate::watch`],
//! 3. at most two repetitions of a GET that found no connection or was answered 429, 503 or 504. Nothing else is repeated here:
//!    whether a write that failed was carried out is for the caller to find out.
//!
//! There is no read timeout on connections: it would count the time a pooled connection stood idle against its next answer. The
//! deadline and the watcher's idle limit cover what it is for.

mod bucket;
mod fault;
mod kubeconfig;
mod stack;
mod transport;

use std::sync::OnceLock;
use std::time::Duration;

use eso_core::{Fault, FaultKind};
use http::HeaderValue;
use http::header::USER_AGENT;
use kube::Config;
use prometheus::{IntCounterVec, Opts};

use bucket::Bucket;
pub use fault::api_fault;
pub use kubeconfig::ReadYaml;
use stack::stack;
use transport::{Limits, TransportLayer};

/// How to talk to the API server.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientSettings {
    /// Requests per second in the long run; 0 or less means no limit.
    pub qps: f32,
    /// How many requests may go out at once after a quiet time; 0 counts as 1.
    pub burst: u32,
    /// Value of the header `User-Agent`.
    pub user_agent: String,
    /// Longest time for a call with its repetitions, from the first request to the last byte of the answer.
    pub deadline: Duration,
}

impl Default for ClientSettings {
    /// ESO's limits, 50 requests per second with bursts of 100, and 30 s per call.
    fn default() -> Self {
        Self {
            qps: 50.0,
            burst: 100,
            user_agent: concat!("external-secrets-rs/", env!("CARGO_PKG_VERSION")).to_owned(),
            deadline: Duration::from_secs(30),
        }
    }
}

/// Makes aws-lc-rs the process's TLS provider. To be called once, early in `main`; later calls change nothing.
pub fn install_crypto() {
    // Refused only when one is installed already, and then ours is, as no other one is linked.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// A client for the cluster that `KUBECONFIG`, the home directory's kubeconfig or the pod's environment names, in this order.
/// Makes no connection yet. `yaml` reads kubeconfigs.
///
/// Faults: Misconfigured, when there is no usable configuration.
pub async fn client(settings: &ClientSettings, yaml: ReadYaml) -> Result<kube::Client, Fault> {
    let config = kubeconfig::config(yaml).await.map_err(|why| {
        Fault::new(
            FaultKind::Misconfigured,
            "There is no way to a Kubernetes cluster: neither KUBECONFIG nor the kubeconfig in the home directory nor the \
             environment of a pod gives a usable configuration.",
        )
        .with_detail(why)
    })?;
    from_config(config, settings)
}

/// The same for a given configuration, whose timeouts and retries are replaced. Needs a running async runtime.
pub fn from_config(mut config: Config, settings: &ClientSettings) -> Result<kube::Client, Fault> {
    config.default_retry = false;
    config.read_timeout = None;
    config.write_timeout = Some(settings.deadline);
    let user_agent = HeaderValue::from_str(&settings.user_agent).map_err(|_| {
        Fault::new(FaultKind::Misconfigured, "The user agent holds characters that a header may not have.")
    })?;
    config.headers.push((USER_AGENT, user_agent));
    let host = config.cluster_url.authority().map_or_else(String::new, ToString::to_string);
    let limits = Limits { bucket: Bucket::new(settings.qps, settings.burst), deadline: settings.deadline, host };
    let stack = stack(config).map_err(|error| {
        Fault::new(
            FaultKind::Misconfigured,
            "The configuration of the cluster cannot be used; check its certificates and credentials.",
        )
        .with_detail(error.to_string())
    })?;
    Ok(stack.with_layer(&TransportLayer::new(limits)).build())
}

/// `rest_client_requests_total`, one for the process: clients are made before and after the registry that shows it.
pub(crate) fn requests_total() -> &'static IntCounterVec {
    static TOTAL: OnceLock<IntCounterVec> = OnceLock::new();
    #[allow(clippy::expect_used)] // name and labels are constants
    TOTAL.get_or_init(|| {
        let opts =
            Opts::new("rest_client_requests_total", "Number of requests to the API server by code, method and host");
        IntCounterVec::new(opts, &["code", "method", "host"]).expect("the name and the labels are valid")
    })
}
