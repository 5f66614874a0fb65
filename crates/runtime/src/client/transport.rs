//! One call to the API server: rate, deadline, repetition, counting.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Full};
use kube::client::{Body, DynBody};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use tower::{BoxError, Layer, Service, ServiceExt};

use super::bucket::Bucket;
use super::requests_total;
use crate::jitter::jittered;

/// How often a GET is sent at most.
const TRIES: u32 = 3;
/// Wait before the first repetition; the second waits twice as long.
const PAUSE: Duration = Duration::from_millis(100);
/// Longest wait that a server's `Retry-After` can ask for here. Longer waits are for the work queue.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Longest wait for the head of a watch's answer: the server sends it before it looks for events.
const WATCH_HEAD: Duration = Duration::from_secs(15);

/// What one client shares between its calls.
pub(super) struct Limits {
    pub bucket: Bucket,
    pub deadline: Duration,
    /// Label `host` of the request counter.
    pub host: String,
}

/// Puts [`Transport`] around kube's own stack.
pub(super) struct TransportLayer(Arc<Limits>);

impl TransportLayer {
    pub fn new(limits: Limits) -> Self {
        Self(Arc::new(limits))
    }
}

impl<S> Layer<S> for TransportLayer {
    type Service = Transport<S>;

    fn layer(&self, inner: S) -> Transport<S> {
        Transport { limits: Arc::clone(&self.0), inner: Arc::new(Mutex::new(inner)) }
    }
}

/// See the module.
pub(super) struct Transport<S> {
    limits: Arc<Limits>,
    /// kube's stack cannot be cloned. It is locked only to start a request, not while one is under way.
    inner: Arc<Mutex<S>>,
}

/// A watch's body as it comes, or any other one complete.
type Answer = Either<Full<Bytes>, Box<DynBody>>;

impl<S> Service<Request<Body>> for Transport<S>
where
    S: Service<Request<Body>, Response = Response<Box<DynBody>>, Error = BoxError> + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Answer>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let call = Call {
            limits: Arc::clone(&self.limits),
            inner: Arc::clone(&self.inner),
            method: request.method().clone(),
            watch: is_watch(&request),
        };
        Box::pin(call.run(request))
    }
}

/// The server did not answer in time. The text is ours and safe to show.
#[derive(Debug)]
pub(super) struct TooLate(Duration);

impl std::fmt::Display for TooLate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the API server did not answer within {} s", self.0.as_secs_f32())
    }
}

impl std::error::Error for TooLate {}

struct Call<S> {
    limits: Arc<Limits>,
    inner: Arc<Mutex<S>>,
    method: Method,
    watch: bool,
}

impl<S> Call<S>
where
    S: Service<Request<Body>, Response = Response<Box<DynBody>>, Error = BoxError>,
{
    async fn run(self, request: Request<Body>) -> Result<Response<Answer>, BoxError> {
        self.limits.bucket.take().await;
        let limit = if self.watch { self.limits.deadline.min(WATCH_HEAD) } else { self.limits.deadline };
        let deadline = Instant::now() + limit;
        let (parts, body) = request.into_parts();
        let mut body = Some(body);
        let mut tried = 0;
        loop {
            tried += 1;
            let request = Request::from_parts(parts.clone(), body.take().unwrap_or_else(Body::empty));
            let answer = match timeout_at(deadline, self.once(request)).await {
                Ok(answer) => answer,
                Err(_) => Err(TooLate(limit).into()),
            };
            self.count(&answer);
            match self.pause(&answer, tried) {
                Some(pause) if Instant::now() + pause < deadline => tokio::time::sleep(pause).await,
                _ => return answer,
            }
            self.limits.bucket.take().await;
        }
    }

    async fn once(&self, request: Request<Body>) -> Result<Response<Answer>, BoxError> {
        let answer = {
            let mut inner = self.inner.lock().await;
            inner.ready().await?.call(request)
        };
        let (parts, body) = answer.await?.into_parts();
        let body = if self.watch && parts.status.is_success() {
            Either::Right(body)
        } else {
            Either::Left(Full::new(body.collect().await?.to_bytes()))
        };
        Ok(Response::from_parts(parts, body))
    }

    /// How long to wait before the call is repeated; `None` when it is not.
    fn pause(&self, answer: &Result<Response<Answer>, BoxError>, tried: u32) -> Option<Duration> {
        // A watch has a loop of its own around it, with a backoff.
        if self.method != Method::GET || self.watch || tried >= TRIES {
            return None;
        }
        let usual = jittered(PAUSE * tried);
        match answer {
            Ok(answer) => match answer.status() {
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                    Some(retry_after(answer).map_or(usual, |wish| wish.min(LONGEST_PAUSE)))
                }
                _ => None,
            },
            Err(error) if error.is::<TooLate>() => None,
            Err(_) => Some(usual),
        }
    }

    fn count(&self, answer: &Result<Response<Answer>, BoxError>) {
        // client-go's word for a request without an answer.
        let code = answer.as_ref().map_or_else(|_| "<error>".to_owned(), |answer| answer.status().as_u16().to_string());
        requests_total().with_label_values(&[code.as_str(), self.method.as_str(), &self.limits.host]).inc();
    }
}

fn is_watch(request: &Request<Body>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    query.split('&').any(|pair| pair == "watch=true" || pair == "watch=1")
}

/// The server's wish in whole seconds; the API server never sends the form with a date.
fn retry_after<B>(answer: &Response<B>) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
