//! One connection: TLS, then requests until it ends.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::patience::{HEAD_WITHIN, Patient};

/// Largest buffer for headers and for a piece of a body, in bytes.
const BUFFER: usize = 16 << 10;

/// Serves one connection. Once `stop` is cancelled, the request in work is answered and no other is taken.
pub(crate) async fn serve(stream: TcpStream, tls: Arc<ServerConfig>, router: Router, stop: CancellationToken) {
    // An answer is one small piece; waiting for more of it would only delay it.
    let _ = stream.set_nodelay(true);
    let accepted = timeout(HEAD_WITHIN, TlsAcceptor::from(tls).accept(stream)).await;
    match accepted {
        Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2".as_slice()) => {
            serve_h2(stream, router, stop).await;
        }
        Ok(Ok(stream)) => serve_h1(stream, router, stop).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn serve_h1(stream: TlsStream<TcpStream>, router: Router, stop: CancellationToken) {
    let (stream, phase) = Patient::new(stream);
    let service = service_fn(move |request: Request<Incoming>| {
        let (phase, router) = (phase.clone(), router.clone());
        phase.work();
        async move {
            let response = router.oneshot(request.map(Body::new)).await;
            phase.rest();
            response
        }
    });
    let mut http = http1::Builder::new();
    http.max_buf_size(BUFFER).timer(TokioTimer::new()).header_read_timeout(None);
    let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    report(ended);
}

async fn serve_h2(stream: TlsStream<TcpStream>, router: Router, stop: CancellationToken) {
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move {
            Ok::<_, Infallible>(router.oneshot(request.map(Body::new)).await.unwrap_or_else(|never| match never {}))
        }
    });
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new()).keep_alive_interval(HEAD_WITHIN * 6).keep_alive_timeout(HEAD_WITHIN);
    http.max_concurrent_streams(100).max_header_list_size(16 << 10);
    let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    report(ended);
}

fn report(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
