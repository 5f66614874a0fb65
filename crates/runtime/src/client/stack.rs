//! Connections to the API server, and what every request passes on its way there.
//!
//! As kube's own stack, but for this: connections that nobody uses are closed after a while. kube gives its pool no timer, so the
//! connections of a busy minute would be kept for good, at some 50 kB each: TLS state, read and write buffers, the channel to
//! the connection's task. They would be most of the memory of a process at rest.

use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::Config;
use kube::client::{Body, ClientBuilder, ConfigExt, DynBody};
use tower::timeout::Timeout;
use tower::util::{BoxCloneSyncService, BoxService};
use tower::{BoxError, ServiceBuilder, ServiceExt};

/// How long a connection may take to be made, TLS included.
const CONNECT: Duration = Duration::from_secs(10);
/// After which time without use a connection is closed.
const IDLE: Duration = Duration::from_secs(20);
/// Size of a connection's read buffer: what one TLS record can hold.
const READ_BUFFER: usize = 16 * 1024;

/// What carries requests to the API server.
pub(super) type Stack = ClientBuilder<BoxService<Request<Body>, Response<Box<DynBody>>, BoxError>>;

/// Makes no connection yet. With a proxy it is kube's own stack, which knows how to use one.
pub(super) fn stack(mut config: Config) -> Result<Stack, kube::Error> {
    if config.proxy_url.is_some() {
        config.connect_timeout = Some(CONNECT);
        return ClientBuilder::try_from(config);
    }
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let tls = config.rustls_https_connector_with_connector(tcp)?;
    let connector = BoxCloneSyncService::new(Timeout::new(tls, CONNECT));
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .http1_read_buf_exact_size(READ_BUFFER)
        .build::<_, Body>(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(client)
        .map_response(|response: Response<hyper::body::Incoming>| {
            response.map(|body| Box::new(body.map_err(BoxError::from)) as Box<DynBody>)
        });
    Ok(ClientBuilder::new(service.boxed(), config.default_namespace))
}
