//! A stand-in for AWS that does next to nothing for a call, so that the operator is what is measured: moto manages some hundred
//! calls a second, this one many thousand.
//!
//! It speaks the two protocols that AWS documents: STS takes a form and answers XML (query protocol), Secrets Manager takes and
//! answers JSON, with the action in the header `X-Amz-Target` (JSON 1.1). Signatures and tokens are not looked at: the harness's
//! proxy before moto is where those are checked.

mod secrets_manager;
mod sts;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Collected, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

pub use secrets_manager::secret_value;

/// A running stand-in on 127.0.0.1, plain HTTP. It ends, with its connections, when it is dropped.
#[derive(Debug)]
pub struct AwsStandIn {
    address: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    latency: Duration,
    calls: Mutex<BTreeMap<String, u64>>,
    connections: AtomicU64,
    in_flight: AtomicU64,
    most_in_flight: AtomicU64,
}

/// What the stand-in has counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct AwsCounts {
    /// Calls by action; one that is not known counts as `unknown`.
    pub calls: BTreeMap<String, u64>,
    /// TCP connections accepted.
    pub connections: u64,
    /// The most calls that were under way at the same time.
    pub most_in_flight: u64,
}

/// An answer: status code, content type, body.
struct Answer(StatusCode, &'static str, String);

impl AwsStandIn {
    /// Starts one on a free port. Each call is answered after `latency`.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start(latency: Duration) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port for the stand-in for AWS")?;
        let address = listener.local_addr().context("no port for the stand-in for AWS")?;
        let state = Arc::new(State { latency, ..State::default() });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { address, state, accepting })
    }

    /// `http://127.0.0.1:<port>`, for both services.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What has been counted since the start or the last [`Self::reset`].
    pub fn counts(&self) -> AwsCounts {
        AwsCounts {
            calls: self.state.calls.lock().clone(),
            connections: self.state.connections.load(Ordering::Relaxed),
            most_in_flight: self.state.most_in_flight.load(Ordering::Relaxed),
        }
    }

    /// Starts counting anew.
    pub fn reset(&self) {
        self.state.calls.lock().clear();
        self.state.connections.store(0, Ordering::Relaxed);
        self.state.most_in_flight.store(self.state.in_flight.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Drop for AwsStandIn {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    // Dropped, and with it every connection, when this task is aborted.
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((tcp, _)) = accepted else { continue };
        state.connections.fetch_add(1, Ordering::Relaxed);
        connections.spawn(serve(tcp, Arc::clone(&state)));
    }
}

async fn serve(tcp: TcpStream, state: Arc<State>) {
    let _ = tcp.set_nodelay(true);
    let service = service_fn(|request| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Infallible>(answer(&state, request).await) }
    });
    // An error is a client that went away.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(tcp), service).await;
}

async fn answer(state: &State, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let now_in_flight = state.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
    state.most_in_flight.fetch_max(now_in_flight, Ordering::Relaxed);
    let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok());
    let target = target.and_then(|target| target.strip_prefix("secretsmanager.")).map(str::to_owned);
    let body = request.into_body().collect().await.map(Collected::to_bytes).unwrap_or_default();
    let (action, answer) = match target {
        Some(action) => secrets_manager::answer(&action, &body),
        None => sts::answer(&body),
    };
    *state.calls.lock().entry(action.to_owned()).or_default() += 1;
    if !state.latency.is_zero() {
        tokio::time::sleep(state.latency).await;
    }
    state.in_flight.fetch_sub(1, Ordering::Relaxed);
    let Answer(status, content_type, text) = answer;
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    response.headers_mut().insert("x-amzn-requestid", http::HeaderValue::from_static(REQUEST_ID));
    response
}

/// The same for every call: nobody looks one up here.
const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";
/// The account that is played.
const ACCOUNT: &str = "123456789012";
