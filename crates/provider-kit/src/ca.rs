//! Certificates that a store trusts: `caBundle`, else `caProvider`. Source: ESO.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eso_core::crd::{CaProvider, CaSource, SecretKeySelector};
use eso_core::provider::{Host, StoreKind};
use eso_core::{Fault, FaultKind};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// What a store says about the certificates that it trusts.
pub struct Wanted<'a> {
    /// `caBundle`: PEM in base64, or base64 of that, which users write often enough.
    pub bundle: Option<&'a str>,
    /// `caProvider`.
    pub provider: Option<&'a CaProvider>,
    /// Path of the block that has the two, as `spec.provider.x`.
    pub path: &'a str,
}

/// The certificates that the store trusts instead of the system's; none where it says nothing. `caBundle` wins.
///
/// Faults: Misconfigured, where a reference leads nowhere or no certificate is found; those of the host.
pub async fn certificates(wanted: &Wanted<'_>, host: &dyn Host) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let path = wanted.path;
    if let Some(bundle) = wanted.bundle.filter(|bundle| !bundle.is_empty()) {
        let field = format!("{path}.caBundle");
        let bytes = base64(bundle.as_bytes())
            .ok_or_else(|| Fault::new(FaultKind::Misconfigured, "is not base64 of PEM certificates.").at(&field))?;
        return parsed(&bytes, &field);
    }
    match wanted.provider {
        Some(provider) => from_provider(provider, &format!("{path}.caProvider"), host).await,
        None => Ok(Vec::new()),
    }
}

async fn from_provider(
    provider: &CaProvider,
    field: &str,
    host: &dyn Host,
) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let unnamed = provider.namespace.as_deref().is_none_or(str::is_empty);
    if host.scope().kind == StoreKind::ClusterSecretStore && unnamed {
        let text = "a ClusterSecretStore must name the namespace of the object that holds its CA certificates.";
        return Err(Fault::new(FaultKind::Misconfigured, text).at(format!("{field}.namespace")));
    }
    let CaProvider { name, key, namespace, .. } = provider.clone();
    let selector = SecretKeySelector { name: Some(name), namespace, key };
    let bytes = match provider.kind {
        CaSource::Secret => host.secret_value(&selector).await.map(eso_core::SecretBytes::into_vec),
        CaSource::ConfigMap => host.config_map_value(&selector).await.map(String::into_bytes),
    };
    let at = |fault: Fault| if fault.field.is_none() { fault.at(field) } else { fault };
    parsed(&bytes.map_err(at)?, field)
}

/// The certificates in PEM, or in base64 of PEM.
fn parsed(bytes: &[u8], field: &str) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let inner = base64(bytes);
    let pem = inner.as_deref().unwrap_or(bytes);
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect();
    if certificates.is_empty() {
        let text =
            "holds no certificate. It takes one or more CA certificates as PEM, each from BEGIN to END CERTIFICATE.";
        return Err(Fault::new(FaultKind::Misconfigured, text).at(field));
    }
    Ok(certificates)
}

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test that fails may panic

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::{base64, parsed};

    /// The form of a certificate; what is inside is not looked at here.
    const PEM: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    #[test]
    fn s_09_pem_and_base64_of_pem_are_taken_and_junk_is_refused() {
        assert_eq!(parsed(PEM.as_bytes(), "f").unwrap().len(), 1);
        assert_eq!(parsed(format!("{PEM}{PEM}").as_bytes(), "f").unwrap().len(), 2);
        assert_eq!(parsed(STANDARD.encode(PEM).as_bytes(), "f").unwrap().len(), 1);
        for junk in ["", "canary", "-----BEGIN CERTIFICATE-----", "AAAA"] {
            let fault = parsed(junk.as_bytes(), "spec.x.caBundle").unwrap_err();
            assert_eq!(fault.field.as_deref(), Some("spec.x.caBundle"), "{junk}");
            assert!(!fault.to_string().contains("canary"));
        }
    }

    #[test]
    fn line_breaks_in_base64_do_not_matter() {
        assert_eq!(base64(b"QU\nFB\r\n"), Some(b"AAA".to_vec()));
        assert_eq!(base64(b"-"), None);
    }
}
