//! Makes keys and certificates, in ESO's form, so that either program reads what the other one wrote.

use std::time::Duration;

use eso_core::{Fault, FaultKind};
use eso_plan::certs::{BACKDATED, LIFE};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, SerialNumber,
};
use rustls_pki_types::CertificateDer;
use x509_parser::asn1_rs::{Any, FromDer, OctetString, Sequence};

/// Name of the authority. Source: ESO.
const AUTHORITY: &str = "external-secrets";

/// A certificate and its key, both PEM. The key is RSA 2048 in PKCS#1.
pub struct Minted {
    /// The certificate.
    pub certificate: String,
    /// The key.
    pub key: String,
}

impl std::fmt::Debug for Minted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Minted")
    }
}

/// A new authority that holds from an hour ago for ten years.
///
/// Faults: Internal, when the cryptography fails.
pub fn authority(now: Timestamp) -> Result<Minted, Fault> {
    let mut params = params(AUTHORITY, now)?;
    params.distinguished_name.push(DnType::OrganizationName, AUTHORITY);
    params.serial_number = Some(SerialNumber::from_slice(&[0]));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages.push(KeyUsagePurpose::KeyCertSign);
    let key = new_key()?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    Ok(Minted { certificate: certificate.pem(), key: pkcs1(&key)? })
}

/// A new certificate for the server `name`, signed by an authority.
///
/// Faults: Internal, when the authority's key cannot be used or the cryptography fails.
pub fn leaf(name: &str, now: Timestamp, authority: &CertificateDer<'_>, key: &str) -> Result<Minted, Fault> {
    let mut params = params(name, now)?;
    params.serial_number = Some(SerialNumber::from_slice(&[1]));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let issuer_key = KeyPair::from_pem(key).map_err(failed)?;
    let issuer = Issuer::from_ca_cert_der(authority, issuer_key).map_err(failed)?;
    let key = new_key()?;
    let certificate = params.signed_by(&key, &issuer).map_err(failed)?;
    Ok(Minted { certificate: certificate.pem(), key: pkcs1(&key)? })
}

fn params(name: &str, now: Timestamp) -> Result<CertificateParams, Fault> {
    let mut params = CertificateParams::new(vec![name.to_owned()]).map_err(failed)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    let seconds = |time: Timestamp| Duration::from_secs(u64::try_from(time.as_second()).unwrap_or_default());
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + seconds(now - BACKDATED);
    params.not_after = epoch + seconds(now + LIFE);
    Ok(params)
}

fn new_key() -> Result<KeyPair, Fault> {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(failed)
}

/// The key in the older form that Go's programs write: what PKCS#8 wraps.
fn pkcs1(key: &KeyPair) -> Result<String, Fault> {
    let der = key.serialize_der();
    let unreadable = || Fault::new(FaultKind::Internal, "A key that was just made cannot be read.");
    let (_, outer) = Sequence::from_der(&der).map_err(|_| unreadable())?;
    let (rest, _version) = Any::from_der(&outer.content).map_err(|_| unreadable())?;
    let (rest, _algorithm) = Any::from_der(rest).map_err(|_| unreadable())?;
    let (_, inner) = OctetString::from_der(rest).map_err(|_| unreadable())?;
    let lines = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    Ok(pem::encode_config(&pem::Pem::new("RSA PRIVATE KEY", inner.as_ref()), lines))
}

fn failed(error: rcgen::Error) -> Fault {
    Fault::new(FaultKind::Internal, "A certificate cannot be made.").with_detail(error.to_string())
}

#[cfg(test)]
mod tests {
    use eso_plan::certs::{Action, CertsSeen, Served, certs};
    use eso_runtime::certificates::Certificate;
    use x509_parser::prelude::X509Certificate;

    use super::*;

    fn read(pem: &str) -> Certificate {
        Certificate::read_all(pem.as_bytes()).unwrap().remove(0)
    }

    #[test]
    fn what_is_made_is_good_and_stays() {
        eso_runtime::client::install_crypto();
        let now = Timestamp::now();
        let ca = authority(now).unwrap();
        let leaf = leaf("hook.ns.svc", now, read(&ca.certificate).der(), &ca.key).unwrap();
        let authorities = [read(&ca.certificate)];
        let seen = CertsSeen {
            now,
            name: "hook.ns.svc".to_owned(),
            authorities: vec![authorities[0].as_authority(Some(ca.key.as_bytes()))],
            leaf: Some(read(&leaf.certificate).as_leaf(Some(leaf.key.as_bytes()), &authorities)),
            trusted: true,
            served: Served::Everywhere,
        };
        assert_eq!(certs(&seen).action, Action::Keep, "{seen:?}");
        let other = authority(now).unwrap();
        let stranger = read(&leaf.certificate).as_leaf(Some(other.key.as_bytes()), &[read(&other.certificate)]);
        assert!(!stranger.has_key && stranger.issuer.is_none(), "the same name is not enough");
    }

    /// Throw-away certificates in ESO's form, made by another program.
    const OTHERS: [&str; 4] = [
        include_str!("../testdata/ca.crt"),
        include_str!("../testdata/ca.key"),
        include_str!("../testdata/tls.crt"),
        include_str!("../testdata/tls.key"),
    ];

    #[test]
    fn parity_220_certificates_of_another_program_load_are_kept_and_sign_new_leaves() {
        eso_runtime::client::install_crypto();
        let [ca, ca_key, tls, tls_key] = OTHERS;
        let now = "2027-01-01T00:00:00Z".parse().unwrap();
        let seen = |leaf: &str, key: &str| CertsSeen {
            now,
            name: "hook.ns.svc".to_owned(),
            authorities: vec![read(ca).as_authority(Some(ca_key.as_bytes()))],
            leaf: Some(read(leaf).as_leaf(Some(key.as_bytes()), &[read(ca)])),
            trusted: true,
            served: Served::Unknown,
        };
        assert_eq!(certs(&seen(tls, tls_key)).action, Action::Keep);
        let ours = leaf("hook.ns.svc", now, read(ca).der(), ca_key).unwrap();
        assert_eq!(certs(&seen(&ours.certificate, &ours.key)).action, Action::Keep);
        assert_eq!(crate::authorities::bundle(&[read(ca)]), ca, "what was read is written as it was");
    }

    #[test]
    fn certificates_have_the_form_that_eso_gives_them() {
        eso_runtime::client::install_crypto();
        let now = Timestamp::now();
        let ca = authority(now).unwrap();
        let leaf = leaf("hook.ns.svc", now, read(&ca.certificate).der(), &ca.key).unwrap();
        assert!(ca.key.starts_with("-----BEGIN RSA PRIVATE KEY-----") && leaf.key.starts_with("-----BEGIN RSA"));
        let (ca, leaf) = (read(&ca.certificate), read(&leaf.certificate));
        let (_, ca) = X509Certificate::from_der(ca.der()).unwrap();
        let (_, leaf) = X509Certificate::from_der(leaf.der()).unwrap();
        assert_eq!((ca.raw_serial_as_string().as_str(), leaf.raw_serial_as_string().as_str()), ("00", "01"));
        assert_eq!(ca.subject().to_string(), "CN=external-secrets, O=external-secrets");
        assert_eq!(leaf.subject().to_string(), "CN=hook.ns.svc");
        assert!(ca.is_ca() && !leaf.is_ca());
        let usage = ca.key_usage().unwrap().unwrap().value;
        assert!(usage.digital_signature() && usage.key_encipherment() && usage.key_cert_sign());
        let usage = leaf.key_usage().unwrap().unwrap().value;
        assert!(usage.digital_signature() && usage.key_encipherment() && !usage.key_cert_sign());
        assert!(leaf.extended_key_usage().unwrap().unwrap().value.server_auth);
        let life = leaf.validity().not_after.timestamp() - leaf.validity().not_before.timestamp();
        assert_eq!(life, 87_601 * 3600);
        assert_eq!(leaf.validity().not_before.timestamp(), (now - BACKDATED).as_second());
    }
}
