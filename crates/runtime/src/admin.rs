//! `/metrics`, `/healthz` and `/readyz`.

mod door;
mod guard;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use eso_core::{Fault, FaultKind};
use futures::StreamExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::metrics::Metrics;
use door::Listener;
pub use door::{Door, MetricsArgs};
pub use guard::Guard;

/// Longest time for the head of a request, and that a connection may rest.
const HEAD_WITHIN: Duration = Duration::from_mins(1);

/// Whether the process knows enough of the cluster to do its work. Clones share one flag, which is off at first.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Turns `/readyz` to 200 from now on.
    pub fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether [`Readiness::set`] was called.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What `/readyz` asks at every request: why the process is not ready, in a sentence, when it is not.
#[derive(Clone)]
pub struct Check(Arc<dyn Fn() -> Result<(), String> + Send + Sync>);

impl Check {
    /// Asks this function.
    pub fn new(ask: impl Fn() -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }
}

impl From<Readiness> for Check {
    fn from(ready: Readiness) -> Self {
        let lists = "The first lists of the watched objects are not complete yet.";
        Self::new(move || if ready.is_set() { Ok(()) } else { Err(lists.to_owned()) })
    }
}

/// Where to listen; `None` is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Addresses {
    /// For `/metrics`.
    pub metrics: Option<SocketAddr>,
    /// For `/healthz` and `/readyz`.
    pub live: Option<SocketAddr>,
}

/// Reads an address flag, for clap: `0` or nothing turns the server off, `:8080` is port 8080 on all interfaces, otherwise
/// `host:port` or `[ipv6]:port`.
pub fn parse_addr(text: &str) -> Result<Option<SocketAddr>, String> {
    let wrong = |why: &str| {
        format!("{text:?} is not an address to listen on: {why}. Use :8080, 127.0.0.1:8080, [::1]:8080 or 0 for off.")
    };
    if text.is_empty() || text == "0" {
        return Ok(None);
    }
    let (host, port) = text.rsplit_once(':').ok_or_else(|| wrong("it has no port"))?;
    let port: u16 = port.parse().map_err(|_| wrong("the port is not a number from 0 to 65535"))?;
    if host.is_empty() {
        return Ok(Some(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))));
    }
    if let Ok(address) = text.parse() {
        return Ok(Some(address));
    }
    let mut found = (host, port).to_socket_addrs().map_err(|_| wrong("the host has no address"))?;
    found.next().map(Some).ok_or_else(|| wrong("the host has no address"))
}

/// [`serve_behind`] a door that is open.
///
/// Faults: as there.
pub async fn serve(
    at: Addresses,
    metrics: Arc<Metrics>,
    ready: impl Into<Check>,
    stop: CancellationToken,
) -> Result<Addresses, Fault> {
    serve_behind(Door::Open, at, metrics, ready, stop).await
}

/// Binds the servers and serves them in the background until `stop`, the metrics behind `door`. Gives the addresses that were bound, of interest where a port
/// was 0.
///
/// Faults: Misconfigured, when an address cannot be bound.
pub async fn serve_behind(
    door: Door,
    at: Addresses,
    metrics: Arc<Metrics>,
    ready: impl Into<Check>,
    stop: CancellationToken,
) -> Result<Addresses, Fault> {
    let (tls, guard) = match door {
        Door::Open => (None, None),
        Door::Secure { tls, guard } => (Some(tls), guard),
    };
    let metrics =
        Router::new().route("/metrics", get(move |headers| guarded(guard.clone(), headers, Arc::clone(&metrics))));
    let ready = ready.into();
    let live = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(move || std::future::ready(readyz(&ready))));
    Ok(Addresses {
        metrics: start(at.metrics, "--metrics-addr", (metrics, tls), &stop).await?,
        live: start(at.live, "--live-addr or --healthz-addr", (live, None), &stop).await?,
    })
}

async fn start(
    at: Option<SocketAddr>,
    flag: &str,
    (router, tls): (Router, Option<Arc<ServerConfig>>),
    stop: &CancellationToken,
) -> Result<Option<SocketAddr>, Fault> {
    let Some(at) = at else { return Ok(None) };
    let refused = |error: std::io::Error| {
        Fault::new(
            FaultKind::Misconfigured,
            format!("Cannot listen on {at} ({error}); choose another address with {flag}."),
        )
    };
    let listener = bind(at).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    tokio::spawn(serve_router(Listener::new(listener, tls), router, stop.clone()));
    Ok(Some(bound))
}

/// Serves until `stop`; connections that are in the midst of an answer may end it. Not `axum::serve`, which brings HTTP/2 and waits
/// for the head of a request for ever.
async fn serve_router(mut listener: Listener, router: Router, stop: CancellationToken) {
    loop {
        let stream = tokio::select! {
            stream = listener.accept() => stream,
            () = stop.cancelled() => return,
        };
        let (router, stop) = (router.clone(), stop.clone());
        let service = service_fn(move |request: Request<Incoming>| router.clone().oneshot(request.map(Body::new)));
        tokio::spawn(async move {
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
            let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "A connection to /metrics or /healthz ended early.");
            }
        });
    }
}

/// Listens. All interfaces means both families where the machine has both, and IPv4 alone where IPv6 is switched off.
pub async fn bind(at: SocketAddr) -> std::io::Result<TcpListener> {
    match TcpListener::bind(at).await {
        Err(error) if at.ip() == Ipv6Addr::UNSPECIFIED && error.kind() != std::io::ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, at.port())).await
        }
        other => other,
    }
}

async fn guarded(guard: Option<Guard>, headers: HeaderMap, metrics: Arc<Metrics>) -> Response {
    match guard {
        None => show(metrics),
        Some(guard) => match guard.admits(&headers).await {
            StatusCode::OK => show(metrics),
            refused => refused.into_response(),
        },
    }
}

fn show(metrics: Arc<Metrics>) -> Response {
    let pieces = futures::stream::iter(metrics.encode_stream()).map(Ok::<_, std::convert::Infallible>);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], Body::from_stream(pieces)).into_response()
}

fn readyz(ready: &Check) -> (StatusCode, String) {
    match (ready.0)() {
        Ok(()) => (StatusCode::OK, "ok".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, why),
    }
}

#[cfg(test)]
#[path = "admin_tests.rs"]
mod tests;
