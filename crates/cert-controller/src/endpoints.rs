//! Endpoints of the webhook: whether there are any, and which certificate they show.

use std::sync::Arc;
use std::time::Duration;

use eso_core::Fault;
use eso_plan::certs::Served;
use eso_runtime::certificates::Certificate;
use eso_runtime::client::api_fault;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::ListParams;
use kube::{Api, Client};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Longest time to ask one endpoint.
const ASK_WITHIN: Duration = Duration::from_secs(2);

/// The label selector of the slices of a Service.
pub(crate) fn selector(service: &str) -> String {
    format!("kubernetes.io/service-name={service}")
}

/// Address and port of every endpoint that says that it is ready.
///
/// Faults: those of the API server.
pub(crate) async fn ready(client: &Client, namespace: &str, service: &str) -> Result<Vec<(String, u16)>, Fault> {
    let api: Api<EndpointSlice> = Api::namespaced(client.clone(), namespace);
    let slices = api.list(&ListParams::default().labels(&selector(service))).await;
    let slices = slices.map_err(|error| api_fault(&error, &format!("list the endpoints of {namespace}/{service}")))?;
    Ok(slices.items.iter().flat_map(ready_of).collect())
}

fn ready_of(slice: &EndpointSlice) -> Vec<(String, u16)> {
    let port = slice.ports.iter().flatten().find_map(|port| u16::try_from(port.port?).ok()).unwrap_or_default();
    let is_ready = |conditions: Option<bool>| conditions == Some(true);
    let endpoints = slice.endpoints.iter();
    let ready = endpoints.filter(|one| is_ready(one.conditions.as_ref().and_then(|conditions| conditions.ready)));
    ready.flat_map(|one| &one.addresses).map(|address| (address.clone(), port)).collect()
}

/// Who of these shows `leaf`.
pub(crate) async fn served(endpoints: &[(String, u16)], leaf: &Certificate) -> Served {
    if endpoints.is_empty() {
        return Served::Unknown;
    }
    let shown = futures::future::join_all(endpoints.iter().map(|(host, port)| shown_by(host, *port))).await;
    if shown.iter().flatten().any(|shown| shown != leaf.der()) {
        Served::NotYet
    } else if shown.iter().all(Option::is_some) {
        Served::Everywhere
    } else {
        Served::Unknown
    }
}

/// The certificate that a server shows; `None` when it shows none in time.
async fn shown_by(host: &str, port: u16) -> Option<CertificateDer<'static>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().ok()?;
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)));
    let connector = TlsConnector::from(Arc::new(config.with_no_client_auth()));
    let name = ServerName::try_from(host.to_owned()).ok()?;
    let ask = async {
        let stream = TcpStream::connect((host, port)).await.ok()?;
        let stream = connector.connect(name, stream).await.ok()?;
        stream.get_ref().1.peer_certificates()?.first().map(|shown| shown.clone().into_owned())
    };
    tokio::time::timeout(ASK_WITHIN, ask).await.ok().flatten()
}

/// Takes any certificate: it is only looked at, and nothing is said on the connection.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_endpoints_that_say_that_they_are_ready_count() {
        let slice: EndpointSlice = serde_json::from_value(json!({
            "metadata": {"name": "x"}, "addressType": "IPv4", "ports": [{"port": 10250}],
            "endpoints": [
                {"addresses": ["10.0.0.1", "10.0.0.2"], "conditions": {"ready": true}},
                {"addresses": ["10.0.0.3"], "conditions": {"ready": false}},
                {"addresses": ["10.0.0.4"], "conditions": {}},
                {"addresses": ["10.0.0.5"]},
            ],
        }))
        .unwrap();
        assert_eq!(ready_of(&slice), [("10.0.0.1".to_owned(), 10250), ("10.0.0.2".to_owned(), 10250)]);
    }
}
