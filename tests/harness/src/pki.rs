//! Certificates and keys for one control plane, made on the spot.

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};

/// A private key and the certificate for it, both PEM.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// A certificate authority (ECDSA P-256).
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new(common_name: &str) -> anyhow::Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = subject(common_name, None);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().context("no key can be made")?;
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, key).context("no CA certificate can be made")? })
    }

    /// The CA's certificate, PEM.
    pub(crate) fn certificate(&self) -> String {
        self.issuer.pem()
    }

    /// For a server that is reached by these DNS names and addresses.
    pub(crate) fn server(&self, common_name: &str, names: &[&str]) -> anyhow::Result<Identity> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).context("a name is not one a certificate can hold")?;
        params.distinguished_name = subject(common_name, None);
        self.issue(params, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// For a client: to Kubernetes the common name is the user and the organisation is the group.
    pub(crate) fn client(&self, common_name: &str, organisation: Option<&str>) -> anyhow::Result<Identity> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = subject(common_name, organisation);
        self.issue(params, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(&self, mut params: CertificateParams, usage: ExtendedKeyUsagePurpose) -> anyhow::Result<Identity> {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().context("no key can be made")?;
        let certificate = params.signed_by(&key, &self.issuer).context("no certificate can be signed")?;
        Ok(Identity { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

/// An RSA 2048 key in PKCS#8 PEM, as service-account tokens are signed with (RS256, the only kind that AWS accepts).
pub(crate) fn rsa_key() -> anyhow::Result<KeyPair> {
    KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).context("no RSA key can be made")
}

fn subject(common_name: &str, organisation: Option<&str>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    if let Some(organisation) = organisation {
        name.push(DnType::OrganizationName, organisation);
    }
    name
}
