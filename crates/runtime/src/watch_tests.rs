#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{Request, Response};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::client::Body;
use kube::{Api, Client, ResourceExt};
use parking_lot::Mutex;
use tokio::time::{Instant, timeout};
use tower::BoxError;

use super::{BACKOFF_CAP, Backoff, InitialList, WatchConfig, WatchEvent, watch};

type Reply = UnsyncBoxBody<Bytes, BoxError>;

/// What a fake server answers, in the order of the requests.
#[derive(Clone, Copy)]
enum Says {
    /// A list with these names and the token of the next page.
    Page(&'static [&'static str], &'static str),
    /// A watch with these events, which then stays open without a word.
    Silent(&'static [&'static str]),
    /// A watch with these events, which then ends.
    Ends(&'static [&'static str]),
    Code(u16),
    Refuses,
}

#[derive(Clone, Default)]
struct Server {
    /// When, and which path and query.
    asked: Arc<Mutex<Vec<(Instant, String)>>>,
}

impl Server {
    fn api(&self, says: &'static [Says]) -> Api<ConfigMap> {
        let asked = Arc::clone(&self.asked);
        let service = tower::service_fn(move |request: Request<Body>| {
            let number = asked.lock().len();
            asked.lock().push((Instant::now(), request.uri().to_string()));
            let says = says.get(number).copied().unwrap_or(Says::Silent(&[]));
            async move { answer(says) }
        });
        Api::all(Client::new(service, "default"))
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().iter().map(|(_, url)| url.clone()).collect()
    }

    fn seconds_between(&self, earlier: usize, later: usize) -> f64 {
        let asked = self.asked.lock();
        asked[later].0.duration_since(asked[earlier].0).as_secs_f64()
    }
}

fn answer(says: Says) -> Result<Response<Reply>, BoxError> {
    let full = |text: String| Full::new(Bytes::from(text)).map_err(BoxError::from).boxed_unsync();
    let lines = |events: &[&str]| events.iter().flat_map(|event| [*event, "\n"]).collect::<String>();
    let body = match says {
        Says::Page(names, token) => full(page(names, token)),
        Says::Ends(events) => full(lines(events)),
        Says::Silent(events) => {
            let first = futures::stream::iter([Ok::<_, BoxError>(lines(events))]);
            axum::body::Body::from_stream(first.chain(futures::stream::pending()))
                .map_err(BoxError::from)
                .boxed_unsync()
        }
        Says::Code(code) => {
            let status = format!(
                r#"{{"kind":"Status","apiVersion":"v1","status":"Failure","message":"canary","reason":"Reason","code":{code}}}"#
            );
            return Ok(Response::builder().status(code).body(full(status)).unwrap());
        }
        Says::Refuses => return Err("connection refused".into()),
    };
    Ok(Response::new(body))
}

fn page(names: &[&str], token: &str) -> String {
    let items: Vec<String> = names
        .iter()
        .map(|name| format!(r#"{{"metadata":{{"name":"{name}","namespace":"default","resourceVersion":"5"}}}}"#))
        .collect();
    format!(
        r#"{{"kind":"ConfigMapList","apiVersion":"v1","metadata":{{"resourceVersion":"10","continue":"{token}"}},"items":[{}]}}"#,
        items.join(",")
    )
}

const ADDED: &str = r#"{"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"new","resourceVersion":"11"}}}"#;
const DELETED: &str = r#"{"type":"DELETED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"old","resourceVersion":"12"}}}"#;
const BOOKMARK: &str =
    r#"{"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"99"}}}"#;
const GONE: &str = r#"{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too old","reason":"Expired","code":410}}"#;
const INITIAL_END: &str = r#"{"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}}"#;

async fn told(stream: &mut (impl Stream<Item = WatchEvent<ConfigMap>> + Unpin), count: usize) -> Vec<String> {
    let mut words = Vec::new();
    for _ in 0..count {
        let event = timeout(Duration::from_mins(10), stream.next()).await.expect("an event within 10 min").unwrap();
        words.push(match event {
            WatchEvent::Restarted => "restarted".to_owned(),
            WatchEvent::Seen(object) => format!("seen {}", object.name_any()),
            WatchEvent::Listed => "listed".to_owned(),
            WatchEvent::Applied(object) => format!("applied {}", object.name_any()),
            WatchEvent::Deleted(object) => format!("deleted {}", object.name_any()),
        });
    }
    words
}

#[tokio::test(start_paused = true)]
async fn the_first_list_comes_in_pages_and_the_watch_goes_on_from_it() {
    let server = Server::default();
    let api = server.api(&[Says::Page(&["a", "b"], "more"), Says::Page(&["c"], ""), Says::Silent(&[ADDED, DELETED])]);
    let config = WatchConfig { labels: Some("x=y".to_owned()), ..WatchConfig::default() };
    let mut stream = Box::pin(watch(api, config));
    assert_eq!(
        told(&mut stream, 7).await,
        ["restarted", "seen a", "seen b", "seen c", "listed", "applied new", "deleted old"]
    );
    let asked = server.asked();
    assert!(asked[0].contains("limit=500") && asked[0].contains("labelSelector=x%3Dy"), "{}", asked[0]);
    assert!(asked[1].contains("continue=more"), "{}", asked[1]);
    for part in
        ["watch=true", "timeoutSeconds=50", "resourceVersion=10", "allowWatchBookmarks=true", "labelSelector=x%3Dy"]
    {
        assert!(asked[2].contains(part), "{part} is not in {}", asked[2]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_watch_is_replaced_within_65_seconds_and_goes_on_where_it_stopped() {
    let server = Server::default();
    let api = server.api(&[Says::Page(&[], ""), Says::Silent(&[BOOKMARK]), Says::Silent(&[ADDED])]);
    let mut stream = Box::pin(watch(api, WatchConfig::default()));
    assert_eq!(told(&mut stream, 3).await, ["restarted", "listed", "applied new"]);
    let took = server.seconds_between(1, 2);
    assert!((50.0..65.0).contains(&took), "{took}");
    assert!(server.asked()[2].contains("resourceVersion=99"), "{}", server.asked()[2]);
}

#[tokio::test(start_paused = true)]
async fn a_shorter_timeout_notices_silence_sooner() {
    let server = Server::default();
    let api = server.api(&[Says::Page(&[], ""), Says::Silent(&[]), Says::Silent(&[ADDED])]);
    let config = WatchConfig { timeout: Duration::from_secs(2), ..WatchConfig::default() };
    let mut stream = Box::pin(watch(api, config));
    told(&mut stream, 3).await;
    let took = server.seconds_between(1, 2);
    assert!((2.0..8.0).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_normally_goes_on_without_a_new_list() {
    let server = Server::default();
    let api = server.api(&[Says::Page(&[], ""), Says::Ends(&[ADDED]), Says::Silent(&[DELETED])]);
    let mut stream = Box::pin(watch(api, WatchConfig::default()));
    assert_eq!(told(&mut stream, 4).await, ["restarted", "listed", "applied new", "deleted old"]);
    assert!(server.asked()[2].contains("resourceVersion=11"));
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_gone_leads_to_a_new_list() {
    for says in [
        &[Says::Page(&["a"], ""), Says::Ends(&[GONE]), Says::Page(&["b"], "")][..],
        &[Says::Page(&["a"], ""), Says::Code(410), Says::Page(&["b"], "")],
        &[Says::Page(&["a"], ""), Says::Code(404), Says::Page(&["b"], "")],
    ] {
        let server = Server::default();
        let mut stream =
            Box::pin(watch(server.api(Box::leak(says.to_vec().into_boxed_slice())), WatchConfig::default()));
        assert_eq!(told(&mut stream, 6).await, ["restarted", "seen a", "listed", "restarted", "seen b", "listed"]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_server_is_asked_less_and_less_often_and_then_listed() {
    let server = Server::default();
    let api = server.api(&[Says::Refuses, Says::Code(500), Says::Code(403), Says::Page(&["a"], "")]);
    let mut stream = Box::pin(watch(api, WatchConfig::default()));
    assert_eq!(told(&mut stream, 6).await, ["restarted", "restarted", "restarted", "restarted", "seen a", "listed"]);
    for (number, usual) in [0.8, 1.6, 3.2].into_iter().enumerate() {
        let took = server.seconds_between(number, number + 1);
        assert!((usual * 0.5..=usual * 1.5 + 0.01).contains(&took), "{number}: {took}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_streaming_list_falls_back_to_pages_at_once() {
    let server = Server::default();
    let api = server.api(&[Says::Code(422), Says::Page(&["a"], "")]);
    let config = WatchConfig { initial: InitialList::Stream, ..WatchConfig::default() };
    let mut stream = Box::pin(watch(api, config));
    assert_eq!(told(&mut stream, 3).await, ["restarted", "seen a", "listed"]);
    assert!(server.asked()[0].contains("sendInitialEvents=true"));
    assert!(!server.asked()[1].contains("watch=true"));
    assert!(server.seconds_between(0, 1) < 0.1);
}

#[tokio::test(start_paused = true)]
async fn a_streaming_list_is_used_where_the_server_can() {
    let server = Server::default();
    let api = server.api(&[Says::Silent(&[ADDED, INITIAL_END, DELETED])]);
    let config = WatchConfig { initial: InitialList::Stream, ..WatchConfig::default() };
    let mut stream = Box::pin(watch(api, config));
    assert_eq!(told(&mut stream, 4).await, ["restarted", "seen new", "listed", "deleted old"]);
}

#[tokio::test(start_paused = true)]
async fn the_backoff_is_capped_and_starts_again_after_a_quiet_time() {
    let mut backoff = Backoff { failures: 0, since: Instant::now() };
    let waits: Vec<Duration> = (0..20).map(|_| backoff.next_wait()).collect();
    assert!(waits.iter().all(|wait| *wait <= BACKOFF_CAP.mul_f64(1.5)));
    assert!(waits[19] >= BACKOFF_CAP / 2);
    tokio::time::sleep(Duration::from_mins(2)).await;
    assert!(backoff.next_wait() <= Duration::from_millis(1200));
}
