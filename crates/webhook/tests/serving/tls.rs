//! What is spoken.

use eso_runtime::tls::{Http2, MinVersion};
use rustls::ClientConfig;

use crate::client::Client;
use crate::{rules, start};

async fn negotiated(http2: Http2) -> Option<Vec<u8>> {
    let running = start(rules(), MinVersion::Tls12, http2).await;
    let mut config = running.authority.trusting(&[]);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let client = Client::connect(running.port, &config).await.unwrap();
    client.stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec)
}

#[tokio::test]
async fn http_2_is_spoken_only_where_it_is_switched_on() {
    assert_eq!(negotiated(Http2::Off).await.as_deref(), Some(b"http/1.1".as_slice()));
    assert_eq!(negotiated(Http2::On).await.as_deref(), Some(b"h2".as_slice()));
}

#[tokio::test]
async fn the_least_version_is_kept() {
    for (least, spoken) in [(MinVersion::Tls12, true), (MinVersion::Tls13, false)] {
        let running = start(rules(), least, Http2::Off).await;
        let roots = running.authority.roots();
        let versions = [&rustls::version::TLS12];
        let old = ClientConfig::builder_with_protocol_versions(&versions).with_root_certificates(roots);
        let connected = Client::connect(running.port, &old.with_no_client_auth()).await;
        assert_eq!(connected.is_ok(), spoken, "{least:?}");
    }
}
