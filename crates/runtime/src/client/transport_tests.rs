#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, StreamBody};
use kube::client::{Body, DynBody};
use tokio::time::Instant;
use tower::{BoxError, Layer, Service, service_fn};

use super::{Limits, TooLate, Transport, TransportLayer};
use crate::client::bucket::Bucket;
use crate::client::requests_total;

/// What a fake server does with one request.
#[derive(Clone, Copy)]
enum Does {
    Answer(u16),
    AskToWait(u64),
    Reset,
    Hang,
    HangInBody,
}

type Future = BoxFuture<'static, Result<Response<Box<DynBody>>, BoxError>>;

async fn act(does: Does) -> Result<Response<Box<DynBody>>, BoxError> {
    let full = |text: &'static str| Box::new(Full::new(Bytes::from(text)).map_err(BoxError::from)) as Box<DynBody>;
    match does {
        Does::Answer(code) => Ok(Response::builder().status(code).body(full("body")).unwrap()),
        Does::AskToWait(seconds) => {
            Ok(Response::builder().status(429).header("retry-after", seconds).body(full("")).unwrap())
        }
        Does::Reset => Err("connection reset".into()),
        Does::Hang => std::future::pending().await,
        Does::HangInBody => {
            let silent = futures::stream::pending::<Result<_, BoxError>>();
            Ok(Response::new(Box::new(StreamBody::new(silent)) as Box<DynBody>))
        }
    }
}

struct Server {
    calls: Arc<AtomicU32>,
    transport: Transport<tower::util::BoxService<Request<Body>, Response<Box<DynBody>>, BoxError>>,
}

/// A server that does `first` with the first requests and answers 200 from then on.
fn server(host: &str, first: &'static [Does]) -> Server {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let service = service_fn(move |_: Request<Body>| -> Future {
        let number = counted.fetch_add(1, Ordering::SeqCst) as usize;
        Box::pin(act(first.get(number).copied().unwrap_or(Does::Answer(200))))
    });
    let limits = Limits { bucket: Bucket::new(0.0, 1), deadline: Duration::from_secs(30), host: host.to_owned() };
    Server { calls, transport: TransportLayer::new(limits).layer(tower::util::BoxService::new(service)) }
}

impl Server {
    async fn send(&mut self, method: &str, path: &str) -> (Result<u16, BoxError>, f64) {
        let began = Instant::now();
        let request = Request::builder().method(method).uri(path).body(Body::from(b"x".to_vec())).unwrap();
        let answer = self.transport.call(request).await;
        (answer.map(|answer| answer.status().as_u16()), began.elapsed().as_secs_f64())
    }

    fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }
}

fn counted(code: &str, method: &str, host: &str) -> u64 {
    requests_total().with_label_values(&[code, method, host]).get()
}

#[tokio::test(start_paused = true)]
async fn a_get_is_repeated_after_503_and_after_a_reset_and_each_try_is_counted() {
    let mut server = server("repeat", &[Does::Answer(503), Does::Reset]);
    assert_eq!(server.send("GET", "/api").await.0.unwrap(), 200);
    assert_eq!(server.calls(), 3);
    assert_eq!(counted("503", "GET", "repeat"), 1);
    assert_eq!(counted("<error>", "GET", "repeat"), 1);
    assert_eq!(counted("200", "GET", "repeat"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_get_is_sent_three_times_at_most() {
    let mut server = server("bounded", &[Does::Answer(504); 10]);
    assert_eq!(server.send("GET", "/api").await.0.unwrap(), 504);
    assert_eq!(server.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_write_is_never_repeated() {
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let mut refused = server("write", &[Does::Answer(429)]);
        assert_eq!(refused.send(method, "/api").await.0.unwrap(), 429);
        assert_eq!(refused.calls(), 1);
        let mut lost = server("write", &[Does::Reset]);
        assert!(lost.send(method, "/api").await.0.is_err());
        assert_eq!(lost.calls(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn other_codes_are_final() {
    for code in [200, 400, 403, 404, 409, 410, 500, 502] {
        let does: &'static [Does] = Box::leak(Box::new([Does::Answer(code)]));
        let mut server = server("final", does);
        assert_eq!(server.send("GET", "/api").await.0.unwrap(), code);
        assert_eq!(server.calls(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wish_to_wait_is_honoured_up_to_one_second() {
    let (_, took) = server("wait", &[Does::AskToWait(1)]).send("GET", "/api").await;
    assert!((1.0..1.1).contains(&took), "{took}");
    let (_, took) = server("wait", &[Does::AskToWait(60)]).send("GET", "/api").await;
    assert!((1.0..1.1).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_ends_at_the_deadline_and_is_not_repeated() {
    for does in [&[Does::Hang][..], &[Does::HangInBody]] {
        let does: &'static [Does] = Box::leak(does.to_vec().into_boxed_slice());
        let mut server = server("late", does);
        let (answer, took) = server.send("GET", "/api").await;
        let error = answer.unwrap_err();
        assert!(error.is::<TooLate>());
        assert_eq!(error.to_string(), "the API server did not answer within 30 s");
        assert!((30.0..30.1).contains(&took), "{took}");
        assert_eq!(server.calls(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_covers_all_tries_together() {
    let mut server = server("all", &[Does::Reset, Does::Hang]);
    let (answer, took) = server.send("GET", "/api").await;
    assert!(answer.is_err());
    assert!((30.0..30.1).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_watch_must_begin_in_fifteen_seconds_and_may_then_be_silent() {
    let mut server = server("watch", &[Does::Hang, Does::HangInBody]);
    let (answer, took) = server.send("GET", "/api/v1/secrets?limit=1&watch=true").await;
    assert!(answer.is_err() && (15.0..15.1).contains(&took), "{took}");
    let (answer, took) = server.send("GET", "/api/v1/secrets?watch=true").await;
    assert_eq!(answer.unwrap(), 200);
    assert!(took < 0.1, "{took}");
    assert_eq!(server.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_looks_like_a_watch_is_none() {
    let mut server = server("name", &[Does::HangInBody]);
    let (answer, took) = server.send("GET", "/api/v1/secrets/watch?labelSelector=watch=true2").await;
    assert!(answer.is_err() && took > 29.0, "{took}");
}
