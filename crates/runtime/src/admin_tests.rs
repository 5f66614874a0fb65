#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::{Addresses, Readiness, parse_addr, serve};
use crate::metrics::{ExtendedLabels, Metrics, Obj};

fn local() -> Option<SocketAddr> {
    parse_addr("127.0.0.1:0").unwrap()
}

async fn get(at: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

fn metrics() -> Arc<Metrics> {
    Arc::new(Metrics::new(ExtendedLabels::Off))
}

#[test]
fn addresses_are_read_as_go_reads_them() {
    for (text, address) in
        [(":8080", "[::]:8080"), ("127.0.0.1:9", "127.0.0.1:9"), ("0.0.0.0:9", "0.0.0.0:9"), ("[::1]:9", "[::1]:9")]
    {
        assert_eq!(parse_addr(text).unwrap().unwrap().to_string(), address);
    }
    assert!(parse_addr("localhost:9").unwrap().unwrap().ip().is_loopback());
    assert_eq!((parse_addr("0").unwrap(), parse_addr("").unwrap()), (None, None));
    for text in ["8080", ":", ":x", ":70000", "::1:x"] {
        let error = parse_addr(text).unwrap_err();
        assert!(error.contains(text) && error.contains("Use :8080"), "{error}");
    }
}

#[tokio::test]
async fn readyz_tells_the_truth_and_healthz_is_ok_from_the_start() {
    let ready = Readiness::default();
    let at = Addresses { metrics: None, live: local() };
    let bound = serve(at, metrics(), ready.clone(), CancellationToken::new()).await.unwrap();
    assert_eq!(bound.metrics, None);
    let live = bound.live.unwrap();
    assert!(get(live, "/healthz").await.starts_with("HTTP/1.1 200"));
    let early = get(live, "/readyz").await;
    assert!(early.starts_with("HTTP/1.1 503") && early.ends_with("not complete yet."), "{early}");
    ready.set();
    let late = get(live, "/readyz").await;
    assert!(late.starts_with("HTTP/1.1 200") && late.ends_with("ok"), "{late}");
}

#[tokio::test]
async fn metrics_are_served_in_the_text_format() {
    let metrics = metrics();
    for number in 0..2000 {
        metrics.sync_calls(Obj { namespace: "team", name: &number.to_string(), labels: None });
    }
    let at = Addresses { metrics: local(), live: None };
    let bound = serve(at, metrics, Readiness::default(), CancellationToken::new()).await.unwrap();
    let text = get(bound.metrics.unwrap(), "/metrics").await;
    assert!(text.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{}", &text[..300]);
    assert_eq!(text.matches("externalsecret_sync_calls_total{").count(), 2000);
    assert!(text.contains("process_resident_memory_bytes"));
}

#[tokio::test]
async fn an_address_in_use_is_a_fault_that_names_it_and_its_flag() {
    let at = Addresses { metrics: local(), live: None };
    let stop = CancellationToken::new();
    let bound = serve(at, metrics(), Readiness::default(), stop.clone()).await.unwrap();
    let again = Addresses { metrics: None, live: bound.metrics };
    let fault = serve(again, metrics(), Readiness::default(), stop).await.unwrap_err();
    assert!(
        fault.message.contains(&bound.metrics.unwrap().to_string()) && fault.message.contains("--live-addr"),
        "{fault}"
    );
}

#[tokio::test]
async fn all_interfaces_include_ipv4() {
    let at = Addresses { metrics: None, live: parse_addr(":0").unwrap() };
    let bound = serve(at, metrics(), Readiness::default(), CancellationToken::new()).await.unwrap();
    let port = bound.live.unwrap().port();
    assert!(get(SocketAddr::from(([127, 0, 0, 1], port)), "/healthz").await.ends_with("ok"));
}

#[tokio::test]
async fn the_servers_end_with_the_token() {
    let stop = CancellationToken::new();
    let at = Addresses { metrics: None, live: local() };
    let live = serve(at, metrics(), Readiness::default(), stop.clone()).await.unwrap().live.unwrap();
    stop.cancel();
    let closed = async {
        while TcpStream::connect(live).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), closed).await.unwrap();
}
