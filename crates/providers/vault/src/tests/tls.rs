//! Certificates: whom we trust, and what we show.

use std::net::SocketAddr;

use axum::serve::Listener;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::*;

/// A CA, and certificates for server and client.
struct Pki {
    ca: CertifiedIssuer<'static, KeyPair>,
}

impl Pki {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { ca: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    fn leaf(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.ca).unwrap(), key)
    }
}

struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, from) = self.listener.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, from);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    Nobody,
    Certificate,
}

/// A server for `localhost` that answers everything; gives its URL.
async fn serve(pki: &Pki, wants: Wants) -> String {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(pki.ca.der().clone()).unwrap();
    let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match wants {
        Wants::Nobody => builder.with_no_client_auth(),
        Wants::Certificate => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let (certificate, key) = pki.leaf("localhost");
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (app, _) = mock::app(|seen| match seen.path.as_str() {
        path if path.contains("login") => granted("t", 3600),
        _ => version_2(&json!({"a": "b"})),
    });
    let tls = Tls { listener, acceptor: TlsAcceptor::from(Arc::new(config)) };
    tokio::spawn(async move { axum::serve(tls, app).await });
    format!("https://localhost:{port}")
}

async fn answer(server: &str, cluster: &Cluster, more: Value) -> Result<String, Fault> {
    let store = provider().parse(&block(server, more)).unwrap().connect(Arc::new(cluster.clone())).await?;
    read_one(&store, property("db", "a")).await
}

fn with(more: Value) -> Value {
    let mut block = with_token();
    for (key, value) in more.as_object().unwrap() {
        block[key] = value.clone();
    }
    block
}

#[tokio::test]
async fn s_08_s_10_trust_comes_from_the_bundle_else_from_a_secret_or_config_map() {
    let (pki, stranger) = (Pki::new(), Pki::new());
    let server = serve(&pki, Wants::Nobody).await;
    let cluster =
        Cluster::new(&[("vault/token", "good"), ("ca/crt", &pki.ca.pem()), ("stranger/crt", &stranger.ca.pem())]);
    let bundle = STANDARD.encode(pki.ca.pem());
    let from = |kind: &str, name: &str| json!({"type": kind, "name": name, "key": "crt"});
    for more in [
        json!({ "caBundle": bundle }),
        json!({"caBundle": STANDARD.encode(&bundle)}),
        json!({"caProvider": from("Secret", "ca")}),
        json!({"caProvider": from("ConfigMap", "ca")}),
        json!({"caBundle": bundle, "caProvider": from("Secret", "stranger")}),
    ] {
        assert_eq!(answer(&server, &cluster, with(more.clone())).await.as_deref(), Ok("b"), "{more}");
    }
    for more in [json!({"caBundle": STANDARD.encode(stranger.ca.pem())}), json!({})] {
        let fault = answer(&server, &cluster, with(more)).await.unwrap_err();
        assert!(fault.message.contains("certificate") && fault.message.contains("caBundle"), "{fault}");
    }
    for (more, field) in [
        (json!({"caBundle": "%"}), "caBundle"),
        (json!({"caBundle": STANDARD.encode("junk")}), "caBundle"),
        (json!({"caProvider": from("Secret", "nope")}), "caProvider"),
    ] {
        let fault = answer(&server, &cluster, with(more)).await.unwrap_err();
        assert_eq!(fault.field, Some(format!("spec.provider.vault.{field}")));
    }
}

#[tokio::test]
async fn s_11_a_cluster_store_names_the_namespace_of_its_ca() {
    let cluster = Cluster::new(&[("vault/token", "good")]).cluster_wide("team");
    let more = json!({"caProvider": {"type": "Secret", "name": "ca", "key": "crt"}});
    let fault = answer("https://localhost:1", &cluster, with(more)).await.unwrap_err();
    assert_eq!(fault.field.as_deref(), Some("spec.provider.vault.caProvider.namespace"));
}

#[tokio::test]
async fn client_certificates_are_shown_for_tls_and_for_the_login_cert() {
    let (pki, stranger) = (Pki::new(), Pki::new());
    let server = serve(&pki, Wants::Certificate).await;
    let ((certificate, key), (strange, strange_key)) = (pki.leaf("me"), stranger.leaf("me"));
    let cluster = Cluster::new(&[
        ("vault/token", "good"),
        ("me/tls.crt", &certificate.pem()),
        ("me/tls.key", &key.serialize_pem()),
        ("strange/tls.crt", &strange.pem()),
        ("strange/tls.key", &strange_key.serialize_pem()),
        ("junk/tls.crt", "canary"),
        ("junk/tls.key", "canary"),
    ]);
    let bundle = STANDARD.encode(pki.ca.pem());
    let tls = |name: &str| {
        with(json!({"caBundle": bundle, "tls": {"certSecretRef": {"name": name}, "keySecretRef": {"name": name}}}))
    };
    assert_eq!(answer(&server, &cluster, tls("me")).await.as_deref(), Ok("b"));
    let cert =
        json!({"caBundle": bundle, "auth": {"cert": {"clientCert": {"name": "me"}, "secretRef": {"name": "me"}}}});
    assert_eq!(answer(&server, &cluster, cert).await.as_deref(), Ok("b"));
    let none = answer(&server, &cluster, with(json!({ "caBundle": bundle }))).await.unwrap_err();
    assert_eq!(none.kind, FaultKind::Unavailable);
    assert!(answer(&server, &cluster, tls("strange")).await.is_err());
    let junk = answer(&server, &cluster, tls("junk")).await.unwrap_err();
    assert_eq!(
        (junk.kind, junk.field.as_deref()),
        (FaultKind::Misconfigured, Some("spec.provider.vault.tls.certSecretRef"))
    );
    assert!(!format!("{junk}").contains("canary"));
}
