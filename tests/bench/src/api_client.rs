//! The cheapest client of an API server: one HTTP/1.1 connection for each worker, bodies as bytes, answers mostly unread.
//!
//! The benchmark shares the machine with what it measures, so every microsecond here is taken from there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use kube::client::ConfigExt as _;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Where the API server is, and who we are to it.
#[derive(Clone)]
pub(crate) struct ApiServer {
    authority: String,
    name: ServerName<'static>,
    tls: TlsConnector,
}

/// One connection.
pub(crate) struct Connection {
    authority: String,
    sender: SendRequest<Full<Bytes>>,
}

impl ApiServer {
    /// From a kubeconfig, with its client certificate if it has one.
    ///
    /// # Errors
    /// When it is not one.
    pub(crate) async fn new(kubeconfig: &serde_json::Value) -> anyhow::Result<Self> {
        let parsed: Kubeconfig = serde_json::from_value(kubeconfig.clone()).context("not a kubeconfig")?;
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(parsed, &options).await.context("not a usable kubeconfig")?;
        let tls = config.rustls_client_config().context("the kubeconfig's certificates cannot be used")?;
        let authority = config.cluster_url.authority().context("the kubeconfig names no server")?;
        let name = config.tls_server_name.clone().unwrap_or_else(|| authority.host().to_owned());
        let name = ServerName::try_from(name).context("the server's name is not one")?;
        Ok(Self { authority: authority.to_string(), name, tls: TlsConnector::from(Arc::new(tls)) })
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        let tcp = TcpStream::connect(&self.authority).await.context("the API server cannot be reached")?;
        tcp.set_nodelay(true).context("a socket cannot be set up")?;
        let stream = self.tls.connect(self.name.clone(), tcp).await.context("TLS to the API server fails")?;
        let (sender, connection) =
            handshake(TokioIo::new(stream)).await.context("the API server speaks no HTTP/1.1")?;
        // Ends when the sender is dropped.
        tokio::spawn(connection);
        Ok(Connection { authority: self.authority.clone(), sender })
    }

    /// Calls `job` with the numbers from 0 to `count`, on that many connections, each with one call at a time.
    ///
    /// # Errors
    /// The first error of a job; the others are given up.
    pub(crate) async fn spread(
        &self,
        connections: usize,
        count: usize,
        job: impl AsyncFn(&mut Connection, usize) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let open = futures::future::try_join_all((0..connections).map(|_| self.connect())).await?;
        let next = AtomicUsize::new(0);
        let worker = async |mut connection: Connection| {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(());
                }
                job(&mut connection, number).await?;
            }
        };
        futures::future::try_join_all(open.into_iter().map(worker)).await?;
        Ok(())
    }
}

impl Connection {
    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When the answer is not a success; the message holds it.
    pub(crate) async fn call(&mut self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Bytes> {
        let what = format!("{method} {path}");
        let response = self.open(method, path, body).await?;
        let status = response.status();
        let body = response.into_body().collect().await.with_context(|| format!("{what} broke off"))?.to_bytes();
        anyhow::ensure!(status.is_success(), "{what} was answered {status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }

    /// POST; a name that exists already is no error.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub(crate) async fn ensure(&mut self, path: &str, body: Bytes) -> anyhow::Result<()> {
        let response = self.open(Method::POST, path, body).await?;
        let status = response.status();
        let body = response.into_body().collect().await.with_context(|| format!("POST {path} broke off"))?.to_bytes();
        let fine = status.is_success() || status == StatusCode::CONFLICT;
        anyhow::ensure!(fine, "POST {path} was answered {status}: {}", String::from_utf8_lossy(&body));
        Ok(())
    }

    /// Sends a request and gives the head of the answer.
    ///
    /// # Errors
    /// When none comes.
    pub(crate) async fn open(&mut self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Response<Incoming>> {
        let uri: Uri = path.parse().context("not a path")?;
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header(http::header::HOST, &self.authority)
            .header(http::header::CONTENT_TYPE, "application/json")
            .header(http::header::ACCEPT, "application/json")
            .body(Full::new(body))?;
        self.sender.ready().await.context("the API server closed the connection")?;
        self.sender.send_request(request).await.with_context(|| format!("{path} was not answered"))
    }
}

/// The resource version in an object's JSON: the first one is that of its metadata, where the API server puts it before anything
/// that a client wrote.
pub(crate) fn resource_version(object: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(object).ok()?;
    let (_, rest) = text.split_once("\"resourceVersion\":\"")?;
    rest.split_once('"').map(|(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::resource_version;

    #[test]
    fn the_resource_version_is_found_without_parsing() {
        assert_eq!(resource_version(br#"{"metadata":{"name":"a","resourceVersion":"17","uid":"u"}}"#), Some("17"));
        assert_eq!(resource_version(b"{}"), None);
    }
}
