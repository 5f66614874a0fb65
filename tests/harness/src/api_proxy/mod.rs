//! Stands between an operator and the API server: counts what is asked, silences watches, cuts connections.
//!
//! HTTP/1.1 on both sides, one connection to the API server per client connection. Bearer tokens pass through; client
//! certificates cannot. Upgrades (exec, port-forward) are not supported.

mod body;
mod requests;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::control_plane::{ApiCalls, ControlPlane};
use crate::front::{Connection, Front};
use crate::kubeconfig::{self, Credentials};
use crate::pki::Authority;
use body::Silenceable;
use requests::About;

/// A running proxy; it ends when it is dropped.
pub struct ApiProxy {
    front: Front,
    ca: String,
    inner: Arc<Inner>,
}

struct Inner {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
    upstream: String,
    calls: Mutex<ApiCalls>,
    refused: Mutex<ApiCalls>,
    silences: watch::Sender<u64>,
}

impl ApiProxy {
    /// Starts one in front of a control plane, with a CA and a certificate of its own.
    ///
    /// # Errors
    /// When there is no port for it.
    pub async fn start(plane: &ControlPlane) -> anyhow::Result<Self> {
        crate::install_crypto();
        let authority = Authority::new("api-proxy-ca")?;
        let inner = Arc::new(Inner {
            acceptor: acceptor(&authority)?,
            connector: connector(&plane.ca())?,
            upstream: plane.url().trim_start_matches("https://").to_owned(),
            calls: Mutex::default(),
            refused: Mutex::default(),
            silences: watch::Sender::new(0),
        });
        let shared = Arc::clone(&inner);
        let front = Front::start(move |connection| serve(Arc::clone(&shared), connection)).await?;
        Ok(Self { front, ca: authority.certificate(), inner })
    }

    /// `https://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("https://{}", self.front.address())
    }

    /// The CA that its certificate is signed with, PEM.
    pub fn ca(&self) -> &str {
        &self.ca
    }

    /// As [`ControlPlane::kubeconfig_for_service_account`], but through this proxy.
    ///
    /// # Errors
    /// When there is no token, or a file cannot be written.
    pub async fn kubeconfig_for_service_account(
        &self,
        plane: &ControlPlane,
        namespace: &str,
        name: &str,
        path: &Path,
    ) -> anyhow::Result<()> {
        plane.kubeconfig_for_service_account(namespace, name, path).await?;
        let mut token_path = path.as_os_str().to_owned();
        token_path.push(".token");
        let config = kubeconfig::kubeconfig(&self.url(), &self.ca, &Credentials::TokenFile(Path::new(&token_path)));
        kubeconfig::write_private(path, &config.to_string())
    }

    /// Requests by verb and resource since the start or the last reset, each counted when it arrives.
    pub fn calls(&self) -> ApiCalls {
        self.inner.calls.lock().clone()
    }

    /// Those of them that were answered 403, Forbidden.
    pub fn refused(&self) -> ApiCalls {
        self.inner.refused.lock().clone()
    }

    /// Starts counting requests anew.
    pub fn reset_calls(&self) {
        *self.inner.calls.lock() = ApiCalls::default();
    }

    /// TCP connections accepted since the start.
    pub fn connections(&self) -> u64 {
        self.front.accepted()
    }

    /// TCP connections open now.
    pub fn open_connections(&self) -> u64 {
        self.front.open()
    }

    /// Silences watches: those that are open never deliver another byte, nor their end, and those opened from now on deliver none
    /// but their headers. Everything else works.
    pub fn mute_watches(&self) {
        self.inner.silences.send_modify(|count| *count |= 1);
    }

    /// Lets new watches deliver again. Those that fell silent stay so: what they missed is gone.
    pub fn unmute_watches(&self) {
        self.inner.silences.send_modify(|count| *count += *count % 2);
    }

    /// Resets every open connection. New ones are accepted.
    pub fn cut_connections(&self) {
        self.front.cut();
    }
}

async fn serve(inner: Arc<Inner>, connection: Connection) {
    let Ok(tls) = inner.acceptor.accept(connection.stream).await else { return };
    let upstream = Arc::new(tokio::sync::Mutex::new(None));
    let service = service_fn(move |request| {
        let (inner, upstream) = (Arc::clone(&inner), Arc::clone(&upstream));
        async move { inner.forward(request, &upstream).await }
    });
    // An error is one side's going away.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(tls), service).await;
}

/// The connection to the API server that belongs to a client's connection.
struct Upstream {
    send: SendRequest<Incoming>,
    driver: tokio::task::JoinHandle<()>,
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Inner {
    /// An error closes the client's connection without an answer, as a lost API server would.
    async fn forward(
        &self,
        request: Request<Incoming>,
        upstream: &tokio::sync::Mutex<Option<Upstream>>,
    ) -> anyhow::Result<Response<Silenceable>> {
        let about = About::parse(request.method(), request.uri().path(), request.uri().query().unwrap_or_default());
        about.count_in(&mut self.calls.lock());
        let mut slot = upstream.lock().await;
        if slot.as_mut().is_none_or(|upstream| upstream.send.is_closed()) {
            *slot = Some(self.connect().await?);
        }
        let upstream = slot.as_mut().context("there is no connection")?;
        upstream.send.ready().await.context("the API server closed the connection")?;
        let response = upstream.send.send_request(request).await.context("the API server does not answer")?;
        if response.status() == StatusCode::FORBIDDEN {
            about.count_in(&mut self.refused.lock());
        }
        anyhow::ensure!(response.status() != StatusCode::SWITCHING_PROTOCOLS, "upgrades are not supported");
        let silences = about.is_watch().then(|| self.silences.subscribe());
        Ok(response.map(|body| Silenceable::new(body, silences)))
    }

    async fn connect(&self) -> anyhow::Result<Upstream> {
        let tcp = TcpStream::connect(&self.upstream).await.context("the API server is not there")?;
        tcp.set_nodelay(true).context("no TCP_NODELAY")?;
        let name = ServerName::try_from("localhost").context("not a server name")?;
        let tls = self.connector.connect(name, tcp).await.context("no TLS with the API server")?;
        let (send, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tls)).await?;
        let driver = tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(Upstream { send, driver })
    }
}

fn acceptor(authority: &Authority) -> anyhow::Result<TlsAcceptor> {
    let identity = authority.server("api-proxy", &["127.0.0.1", "localhost"])?;
    let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes()).context("not a certificate")?;
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).context("not a key")?;
    let mut config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn connector(ca: &str) -> anyhow::Result<TlsConnector> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).context("not a certificate")?)?;
    let mut config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}
