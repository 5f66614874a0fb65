//! The flags, and what a client sees.

use std::sync::Arc;

use clap::Parser;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use super::super::{Addresses, Readiness, serve_behind};
use super::{Door, MetricsArgs};
use crate::metrics::{ExtendedLabels, Metrics};

#[derive(Parser)]
struct Args {
    #[command(flatten)]
    metrics: MetricsArgs,
}

async fn door(arguments: &[&str]) -> Result<Door, eso_core::Fault> {
    crate::client::install_crypto();
    Args::try_parse_from(std::iter::once("x").chain(arguments.iter().copied()))
        .unwrap()
        .metrics
        .door(|_| Err("unread".to_owned()))
        .await
}

#[tokio::test]
async fn parity_225_who_asks_is_told_only_over_tls() {
    let Err(fault) = door(&["--metrics-auth"]).await else { panic!("it is taken") };
    assert!(fault.message.contains("--metrics-auth needs --metrics-secure"), "{fault}");
    assert!(matches!(door(&[]).await, Ok(Door::Open)));
    assert!(matches!(door(&["--metrics-secure=true"]).await, Ok(Door::Secure { guard: None, .. })));
    assert!(door(&["--metrics-secure", "--metrics-cert-dir=/nowhere"]).await.is_err());
}

#[tokio::test]
async fn metrics_are_served_over_tls_with_the_certificate_of_the_folder() {
    let made = rcgen::generate_simple_self_signed(vec!["metrics.ns.svc".to_owned()]).unwrap();
    let folder = std::env::temp_dir().join(format!("eso-door-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("own.crt"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("own.key"), made.signing_key.serialize_pem()).unwrap();
    let dir = format!("--metrics-cert-dir={}", folder.display());
    let flags = ["--metrics-secure", &dir, "--metrics-cert-name=own.crt", "--metrics-key-name=own.key"];
    let door = door(&flags).await.unwrap();
    let _ = std::fs::remove_dir_all(&folder);
    let at = Addresses { metrics: Some(([127, 0, 0, 1], 0).into()), live: None };
    let metrics = Arc::new(Metrics::new(ExtendedLabels::Off));
    let bound = serve_behind(door, at, metrics, Readiness::default(), CancellationToken::new()).await.unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    // A client that says nothing keeps nobody waiting.
    let _silent = TcpStream::connect(bound.metrics.unwrap()).await.unwrap();
    let stream = TcpStream::connect(bound.metrics.unwrap()).await.unwrap();
    let name = ServerName::try_from("metrics.ns.svc").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text).await;
    assert!(String::from_utf8(text).unwrap().contains("process_resident_memory_bytes"));
}
