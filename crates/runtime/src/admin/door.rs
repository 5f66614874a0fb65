//! Who may read `/metrics`, and whether over TLS: ESO's five flags about it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::ArgAction;
use eso_core::{Fault, FaultKind};
use prometheus::IntCounter;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use super::guard::Guard;
use crate::client::ReadYaml;
use crate::flags::{Listen, parse_listen};
use crate::tls::{Http2, KeyFiles, MinVersion, Shown, Suites, keep_fresh, server_config};

/// Longest time for a handshake.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);

/// The flags about `/metrics`, equal for all programs (core.md §8).
#[derive(Debug, Clone, clap::Args)]
pub struct MetricsArgs {
    /// Where /metrics is served; 0 switches it off.
    #[arg(long, value_name = "ADDRESS", default_value = ":8080", value_parser = parse_listen)]
    pub metrics_addr: Listen,
    /// Serve /metrics over TLS.
    #[arg(long, value_name = "BOOL", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    pub metrics_secure: bool,
    /// Serve /metrics only to those whom the API server lets get the path /metrics. Needs --metrics-secure.
    #[arg(long, value_name = "BOOL", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    pub metrics_auth: bool,
    /// Folder with the certificate for /metrics; without one a certificate is made that nobody vouches for.
    #[arg(long, value_name = "FOLDER", default_value = "")]
    pub metrics_cert_dir: String,
    /// Name of the certificate's file.
    #[arg(long, value_name = "NAME", default_value = "tls.crt")]
    pub metrics_cert_name: String,
    /// Name of the key's file.
    #[arg(long, value_name = "NAME", default_value = "tls.key")]
    pub metrics_key_name: String,
}

impl MetricsArgs {
    /// How `/metrics` is served. `yaml` reads the kubeconfig, if the API server is asked who may read.
    ///
    /// Faults: Misconfigured, when the flags do not fit together or the certificate cannot be used, or when those who read have to be
    /// known and no API server is configured.
    pub async fn door(&self, yaml: ReadYaml) -> Result<Door, Fault> {
        if !self.metrics_secure {
            let text = "--metrics-auth needs --metrics-secure: tokens must not travel in the clear.";
            let wrong = || Fault::new(FaultKind::Misconfigured, text);
            return if self.metrics_auth { Err(wrong()) } else { Ok(Door::Open) };
        }
        let shown = Shown::default();
        if self.metrics_cert_dir.is_empty() {
            shown.set(self_signed()?);
        } else {
            let folder = Path::new(&self.metrics_cert_dir);
            let files = KeyFiles {
                certificate: folder.join(&self.metrics_cert_name),
                key: folder.join(&self.metrics_key_name),
            };
            shown.set(files.read()?);
            tokio::spawn(keep_fresh(files, shown.clone(), || Ok(()), (counter()?, counter()?)));
        }
        let tls = server_config(shown, MinVersion::Tls12, &Suites::default(), Http2::Off)?;
        let guard = if self.metrics_auth { Some(Guard::new(yaml).await?) } else { None };
        Ok(Door::Secure { tls: Arc::new(tls), guard })
    }
}

/// One that nobody reads: the figures about certificates are the webhook's own.
fn counter() -> Result<IntCounter, Fault> {
    IntCounter::new("unread", "unread").map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))
}

fn self_signed() -> Result<CertifiedKey, Fault> {
    let failed = |detail: String| {
        Fault::new(FaultKind::Internal, "No certificate for /metrics can be made.").with_detail(detail)
    };
    let made =
        rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).map_err(|error| failed(error.to_string()))?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(|error| failed(error.to_owned()))?;
    CertifiedKey::from_der(vec![made.cert.der().clone()], key, &aws_lc_rs::default_provider())
        .map_err(|error| failed(error.to_string()))
}

/// How `/metrics` is served.
#[derive(Clone, Default)]
pub enum Door {
    /// To everybody, in the clear.
    #[default]
    Open,
    /// Over TLS.
    Secure {
        /// How it is spoken.
        tls: Arc<ServerConfig>,
        /// Who may read; `None` is everybody.
        guard: Option<Guard>,
    },
}

/// Gives out connections that can be spoken on, in the clear or over TLS: one type, so that HTTP is compiled once.
pub(super) enum Listener {
    Plain(TcpListener),
    /// Their handshakes are done.
    Tls(mpsc::Receiver<TlsStream<TcpStream>>),
}

impl Listener {
    pub fn new(listener: TcpListener, tls: Option<Arc<ServerConfig>>) -> Self {
        let Some(tls) = tls else { return Self::Plain(listener) };
        let (sender, ready) = mpsc::channel(16);
        tokio::spawn(accept(listener, TlsAcceptor::from(tls), sender));
        Self::Tls(ready)
    }
}

/// Ends when nobody takes connections any more.
async fn accept(listener: TcpListener, tls: TlsAcceptor, sender: mpsc::Sender<TlsStream<TcpStream>>) {
    loop {
        let stream = tokio::select! {
            stream = next(&listener) => stream,
            () = sender.closed() => return,
        };
        let (tls, sender) = (tls.clone(), sender.clone());
        tokio::spawn(async move {
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await {
                let _ = sender.send(stream).await;
            }
        });
    }
}

impl Listener {
    /// The next connection.
    pub async fn accept(&mut self) -> Either<TcpStream, TlsStream<TcpStream>> {
        match self {
            Self::Plain(listener) => Either::Left(next(listener).await),
            Self::Tls(ready) => match ready.recv().await {
                Some(stream) => Either::Right(stream),
                // The task that accepts ends only after this value.
                None => std::future::pending().await,
            },
        }
    }
}

/// Waits for a moment where the machine has no room for a connection.
async fn next(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

#[cfg(test)]
#[path = "door_tests.rs"]
mod tests;
