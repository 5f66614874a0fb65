//! Serving TLS with a certificate that changes while the process runs.

mod files;
mod suites;

use std::sync::Arc;

use eso_core::{Fault, FaultKind};
use parking_lot::RwLock;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, SupportedProtocolVersion};

pub use files::{KeyFiles, keep_fresh};
pub use suites::{MinVersion, Suites};

/// The certificate that is shown, and its key. Clones share it.
#[derive(Clone, Default)]
pub struct Shown(Arc<RwLock<Option<Arc<CertifiedKey>>>>);

impl Shown {
    /// Shows this one to every connection from now on. Connections that stand go on with what they saw.
    pub fn set(&self, key: CertifiedKey) {
        *self.0.write() = Some(Arc::new(key));
    }

    fn get(&self) -> Option<Arc<CertifiedKey>> {
        self.0.read().clone()
    }
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown")
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.get()
    }
}

/// Whether HTTP/2 is offered beside HTTP/1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Http2 {
    /// Offered.
    On,
    /// Not offered, the default since HTTP/2's rapid resets.
    Off,
}

/// How a server speaks TLS.
///
/// Faults: Misconfigured, when versions and suites leave nothing.
pub fn server_config(shown: Shown, least: MinVersion, suites: &Suites, http2: Http2) -> Result<ServerConfig, Fault> {
    let nothing = |error: rustls::Error| {
        Fault::new(FaultKind::Misconfigured, "The TLS versions and cipher suites leave nothing to speak.")
            .with_detail(error.to_string())
    };
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|suite| suites.admits(suite));
    let versions: &[&SupportedProtocolVersion] = least.versions();
    let builder = ServerConfig::builder_with_provider(Arc::new(provider));
    let builder = builder.with_protocol_versions(versions).map_err(nothing)?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::new(shown));
    config.alpn_protocols = match http2 {
        Http2::On => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        Http2::Off => vec![b"http/1.1".to_vec()],
    };
    // Sessions would keep a connection's memory alive for clients that come once.
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
