//! `/metrics`, `/healthz` and `/readyz`.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use eso_core::{Fault, FaultKind};
use futures::StreamExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;

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

/// Binds the servers and serves them in the background until `stop`. Gives the addresses that were bound, of interest where a port
/// was 0.
///
/// Faults: Misconfigured, when an address cannot be bound.
pub async fn serve(
    at: Addresses,
    metrics: Arc<Metrics>,
    ready: Readiness,
    stop: CancellationToken,
) -> Result<Addresses, Fault> {
    let metrics = Router::new().route("/metrics", get(move || std::future::ready(show(Arc::clone(&metrics)))));
    let live = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(move || std::future::ready(readyz(&ready))));
    Ok(Addresses {
        metrics: start(at.metrics, "--metrics-addr", metrics, &stop).await?,
        live: start(at.live, "--live-addr", live, &stop).await?,
    })
}

async fn start(
    at: Option<SocketAddr>,
    flag: &str,
    router: Router,
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
    let server = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    tokio::spawn(server.into_future());
    Ok(Some(bound))
}

/// All interfaces means both families where the machine has both, and IPv4 alone where IPv6 is switched off.
async fn bind(at: SocketAddr) -> std::io::Result<TcpListener> {
    match TcpListener::bind(at).await {
        Err(error) if at.ip() == Ipv6Addr::UNSPECIFIED && error.kind() != std::io::ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, at.port())).await
        }
        other => other,
    }
}

fn show(metrics: Arc<Metrics>) -> Response {
    let pieces = futures::stream::iter(metrics.encode_stream()).map(Ok::<_, std::convert::Infallible>);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], Body::from_stream(pieces)).into_response()
}

fn readyz(ready: &Readiness) -> (StatusCode, &'static str) {
    if ready.is_set() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "The first lists of the watched objects are not complete yet.")
    }
}

#[cfg(test)]
#[path = "admin_tests.rs"]
mod tests;
