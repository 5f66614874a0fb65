//! The API server's side, down to single bytes; and an authority with certificates for the server.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// DNS name of the server.
pub const NAME: &str = "hook.ns.svc";

/// Signs certificates for the server.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A new certificate for the server.
    pub fn leaf(&self) -> CertifiedKey {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        CertifiedKey::from_der(vec![certificate.der().clone()], key, &aws_lc_rs::default_provider()).unwrap()
    }

    /// A new certificate for the server that holds for so long from an hour ago, and its key, as PEM.
    pub fn pem(&self, life: std::time::Duration) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        let now = std::time::SystemTime::now();
        params.not_before = (now - std::time::Duration::from_hours(1)).into();
        params.not_after = (now + life).into();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    /// Its own certificate, as PEM.
    pub fn certificate(&self) -> String {
        self.0.pem()
    }

    /// A client that trusts this authority and these.
    pub fn trusting(&self, others: &[&Self]) -> ClientConfig {
        let mut roots = self.roots();
        for authority in others {
            roots.add(authority.0.der().clone()).unwrap();
        }
        ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
    }

    /// This authority alone.
    pub fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        roots
    }
}

/// A connection.
pub struct Client {
    pub stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

impl Client {
    pub async fn connect(port: u16, config: &ClientConfig) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(NAME)?;
        let stream = TlsConnector::from(Arc::new(config.clone())).connect(name, stream).await?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    pub async fn post(&mut self, path: &str, body: &str) -> Result<(u16, String)> {
        self.request("POST", path, "application/json", body).await
    }

    pub async fn request(&mut self, method: &str, path: &str, kind: &str, body: &str) -> Result<(u16, String)> {
        self.begin((method, path), kind, body, body.len()).await?;
        self.answer().await
    }

    /// Sends the headers and so many bytes of the body.
    pub async fn begin(&mut self, line: (&str, &str), kind: &str, body: &str, bytes: usize) -> Result<()> {
        let (method, path) = line;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let request = [head.as_bytes(), &body.as_bytes()[..bytes]].concat();
        self.stream.write_all(&request).await?;
        Ok(self.stream.flush().await?)
    }

    /// Sends the body from there on.
    pub async fn finish(&mut self, body: &str, from: usize) -> Result<()> {
        self.stream.write_all(&body.as_bytes()[from..]).await?;
        Ok(self.stream.flush().await?)
    }

    /// Reads one answer.
    pub async fn answer(&mut self) -> Result<(u16, String)> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8(self.buffer[..end].to_vec())?.to_ascii_lowercase();
        let status = head.split(' ').nth(1).context("no status")?.parse()?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.context("no length")?.parse()?;
        while self.buffer.len() < end + length {
            self.more().await?;
        }
        let body = String::from_utf8(self.buffer[end..end + length].to_vec())?;
        self.buffer.drain(..end + length);
        Ok((status, body))
    }

    async fn more(&mut self) -> Result<()> {
        let read = self.stream.read_buf(&mut self.buffer).await?;
        anyhow::ensure!(read > 0, "the connection ended");
        Ok(())
    }
}
