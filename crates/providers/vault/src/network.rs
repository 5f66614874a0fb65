//! HTTP clients: one for all stores that trust the system's certificates, and one for each other choice of certificates.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use eso_core::{Fault, FaultKind, SecretBytes, hash};
use parking_lot::Mutex;
use reqwest::redirect::Policy;
use reqwest::tls::{Certificate, Identity};

/// Time to reach the server.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// Time for a whole request.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Time after which an unused connection is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// What a store says about TLS.
#[derive(Default)]
pub(crate) struct Tls {
    /// Certificates to trust instead of the system's, DER; none for the system's.
    pub(crate) roots: Vec<Vec<u8>>,
    /// Certificate and private key, PEM, that show who connects.
    pub(crate) identity: Option<ClientCertificate>,
}

/// See [`Tls::identity`].
pub(crate) struct ClientCertificate {
    pub(crate) certificate: SecretBytes,
    pub(crate) key: SecretBytes,
    /// Path of the field that names it.
    pub(crate) field: &'static str,
}

/// The clients of the process. Connections are shared as far as certificates are.
#[derive(Default)]
pub(crate) struct Network(Mutex<HashMap<String, Arc<reqwest::Client>>>);

impl Network {
    /// The client for `tls`, and the name of this choice. It loads the system's certificates if it needs them.
    ///
    /// Faults: Misconfigured, when a certificate or key cannot be used.
    pub(crate) fn client(&self, tls: &Tls) -> Result<(String, Arc<reqwest::Client>), Fault> {
        let name = tls.name();
        let mut clients = self.0.lock();
        if let Some(client) = clients.get(&name) {
            return Ok((name, Arc::clone(client)));
        }
        clients.retain(|_, client| Arc::strong_count(client) > 1);
        let client = Arc::new(tls.client()?);
        clients.insert(name.clone(), Arc::clone(&client));
        Ok((name, client))
    }
}

impl Tls {
    /// A hash of what is in it, so that nothing secret becomes a key.
    fn name(&self) -> String {
        let mut text = String::new();
        let identity = self.identity.iter().flat_map(|it| [it.certificate.expose(), it.key.expose()]);
        for part in self.roots.iter().map(Vec::as_slice).chain(identity) {
            let _ = write!(text, "{}:", part.len());
            text.extend(part.iter().copied().map(char::from));
        }
        let name = hash::of_text(&text);
        drop(SecretBytes::from(text));
        name
    }

    fn client(&self) -> Result<reqwest::Client, Fault> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .user_agent("external-secrets")
            .redirect(Policy::custom(|attempt| {
                // A standby names the active node. One step, and never out of TLS: the token goes along.
                let from_tls = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
                if attempt.previous().len() > 1 || (from_tls && attempt.url().scheme() != "https") {
                    return attempt.stop();
                }
                attempt.follow()
            }));
        if !self.roots.is_empty() {
            let roots = self.roots.iter().map(|root| Certificate::from_der(root));
            let roots = roots.collect::<Result<Vec<_>, _>>().map_err(|error| unusable_root(&error))?;
            builder = builder.tls_certs_only(roots);
        }
        if let Some(identity) = &self.identity {
            let mut pem = Vec::with_capacity(identity.certificate.len() + identity.key.len() + 1);
            pem.extend_from_slice(identity.certificate.expose());
            pem.push(b'\n');
            pem.extend_from_slice(identity.key.expose());
            let pem = SecretBytes::new(pem);
            let parsed = Identity::from_pem(pem.expose()).map_err(|error| identity.unusable(&error))?;
            builder = builder.identity(parsed);
        }
        builder.build().map_err(|error| match &self.identity {
            Some(identity) => identity.unusable(&error),
            None => unusable_root(&error),
        })
    }
}

impl ClientCertificate {
    fn unusable(&self, error: &reqwest::Error) -> Fault {
        let text = "the client certificate and its private key cannot be used: both must be PEM, and belong together.";
        Fault::new(FaultKind::Misconfigured, text).at(self.field).with_detail(error.to_string())
    }
}

fn unusable_root(error: &reqwest::Error) -> Fault {
    let text =
        "the CA certificates to trust cannot be used. Check caBundle or caProvider, or the system's certificates.";
    Fault::new(FaultKind::Misconfigured, text).at("spec.provider.vault").with_detail(error.to_string())
}
